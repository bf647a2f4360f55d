"""Puts the newest trained voice into `models/demo`, after it has spoken.

`python -m recipe deliver-voice` calls `main`.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from nemo.collections.tts.models import FastPitchModel, HifiGanModel

from recipe.espeak import SAMPLE_RATE_HZ
from recipe.snapshots import latest
from recipe.voice_config import restored
from recipe.voice_items import data_folder

_DEMO = Path(__file__).parents[1] / "demo"
_LARGEST_BYTES = 10_000_000
_TEXT = "The quick brown fox, a zorblax and doctor b c jumped over it; who saw them?"
_LOUDNESS = (0.04, 0.15)  # root mean square of the whole clip
_SECONDS = (3.0, 10.0)
_QUIET = 0.01  # what counts as silence


@dataclass(frozen=True)
class Sound:
    """What can be told of speech without understanding it."""

    seconds: float
    loudness: float
    peak: float
    silence_before_s: float
    silence_after_s: float

    def faults(self) -> list[str]:
        """What is wrong with it; empty for a sound voice."""
        checks = {
            f"lasts {self.seconds:.1f} s": _SECONDS[0] < self.seconds < _SECONDS[1],
            f"loudness {self.loudness:.3f}": _LOUDNESS[0] < self.loudness < _LOUDNESS[1],
            f"peak {self.peak:.2f}": self.peak < 1,
            f"{self.silence_before_s:.2f} s of silence before": self.silence_before_s < 0.3,
            f"{self.silence_after_s:.2f} s of silence after": self.silence_after_s < 0.3,
        }
        return [name for name, passed in checks.items() if not passed]


def sound_of(samples: npt.NDArray[np.float32]) -> Sound:
    """The length, loudness, peak and silences of some speech."""
    loud = np.flatnonzero(np.abs(samples) > _QUIET)
    first, last = (loud[0], loud[-1] + 1) if len(loud) else (len(samples), len(samples))
    return Sound(
        seconds=len(samples) / SAMPLE_RATE_HZ,
        loudness=float(np.sqrt(np.mean(samples**2))),
        peak=float(np.abs(samples).max()),
        silence_before_s=float(first) / SAMPLE_RATE_HZ,
        silence_after_s=float(len(samples) - last) / SAMPLE_RATE_HZ,
    )


def speak(fastpitch: Path, vocoder: Path, text: str) -> npt.NDArray[np.float32]:
    """The speech two `.nemo` files make of a text, by NeMo's own calls."""
    voice = restored(FastPitchModel, fastpitch).eval()
    waves = restored(HifiGanModel, vocoder).eval()
    with torch.inference_mode():
        spectrogram = voice.generate_spectrogram(tokens=voice.parse(text, normalize=False))
        samples: npt.NDArray[np.float32] = waves.convert_spectrogram_to_audio(spec=spectrogram)[
            0
        ].numpy()
    return samples


def main(argv: Sequence[str] | None = None) -> int:
    """Checks the newest pair of snapshots and copies it; returns 1 if it is not fit."""
    snapshots = data_folder().parent / "snapshots"
    parser = argparse.ArgumentParser(prog="python -m recipe deliver-voice", description=__doc__)
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
        part = arguments.to / f".{name}.part"
        shutil.copyfile(source, part)
        part.replace(arguments.to / name)
    return 0


def _fits(path: Path) -> bool:
    return path.stat().st_size <= _LARGEST_BYTES


if __name__ == "__main__":
    sys.exit(main())
