"""Puts the newest trained voice into `models/demo`, after it has spoken.

`python -m recipe tts-deliver` calls `main`.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy.typing as npt
import torch
from nemo.collections.tts.models import FastPitchModel, HifiGanModel

from recipe.files import written_whole
from recipe.snapshots import latest
from recipe.tts.config import restored
from recipe.tts.items import data_folder
from recipe.tts.sound import sound_of

_DEMO = Path(__file__).parents[2] / "demo"
_LARGEST_BYTES = 10_000_000
_TEXT = "The quick brown fox, a zorblax and doctor b c jumped over it; who saw them?"


def speak(fastpitch: Path, vocoder: Path, text: str) -> npt.NDArray[Any]:
    """Returns the speech two `.nemo` files make of a text, by NeMo's own calls."""
    voice = restored(FastPitchModel, fastpitch).eval()
    waves = restored(HifiGanModel, vocoder).eval()
    with torch.inference_mode():
        spectrogram = voice.generate_spectrogram(tokens=voice.parse(text, normalize=False))
        samples: npt.NDArray[Any] = waves.convert_spectrogram_to_audio(spec=spectrogram)[0].numpy()
    return samples


def main(argv: Sequence[str] | None = None) -> int:
    """Checks the newest pair of snapshots and copies it; returns 1 if it is not fit."""
    snapshots = data_folder().parent / "snapshots"
    parser = argparse.ArgumentParser(prog="python -m recipe tts-deliver", description=__doc__)
    parser.add_argument("--fastpitch", type=Path, help="default: the newest snapshot")
    parser.add_argument("--vocoder", type=Path, help="default: the newest snapshot")
    parser.add_argument("--to", type=Path, default=_DEMO, help="folder (default: models/demo)")
    arguments = parser.parse_args(argv)
    fastpitch = arguments.fastpitch or latest(snapshots, "fastpitch")
    vocoder = arguments.vocoder or latest(snapshots, "hifigan")
    sound = sound_of(speak(fastpitch, vocoder, _TEXT))
    faults = sound.faults()
    faults += [f"{path} is large" for path in (fastpitch, vocoder) if not _fits(path)]
    sys.stdout.write(f"{fastpitch.name} and {vocoder.name}: {sound}\n")
    if faults:
        sys.stdout.write(f"not delivered: {', '.join(faults)}\n")
        return 1
    for source, name in ((fastpitch, "fastpitch.nemo"), (vocoder, "hifigan.nemo")):
        with written_whole(arguments.to / name) as file:
            shutil.copyfile(source, file)
    return 0


def _fits(path: Path) -> bool:
    return path.stat().st_size <= _LARGEST_BYTES


if __name__ == "__main__":
    sys.exit(main())
