"""Word error rates while training goes on: `python -m recipe.asr.check MODEL.nemo`.

On held-out sentences of the training's own kind; the figures that count are those of `evaluation`.
"""

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import editdistance
import numpy as np

from evaluation.models import Recogniser, quieten
from evaluation.speech import Clip, joined, noises, noisy, spoken, surrounded, varied
from recipe.asr.data import training_texts
from recipe.asr.demo_voice import DEMO, DemoVoice
from recipe.asr.shards import cache_folder
from recipe.phonetics.espeak import Espeak

_SEED = 77_000


def held_out_texts(count: int) -> list[str]:
    """Returns sentences that are not in the training texts."""
    texts, rng = training_texts(held_out=True), random.Random(_SEED)
    found: list[str] = []
    while len(found) < count:
        text = texts.text(rng)
        if len(text.split()) >= 3:
            found.append(text)
    return found


def clip_sets(count: int, voice: DemoVoice) -> dict[str, list[Clip]]:
    """Returns the same sentences spoken by espeak in every condition, and by the demo voice."""
    espeak, texts = Espeak(), held_out_texts(count)
    plain = [spoken(espeak, text) for text in texts]
    rng = random.Random(_SEED)
    said = [item for text in texts if (item := voice.speak(text, rng)) is not None]
    return {
        "espeak": plain,
        "varied": varied(espeak, texts),
        "noise at 20 dB": noisy(plain, 20),
        "silence around": [surrounded(clip, 1.0) for clip in plain],
        "joined": joined(plain),
        "demo voice": [Clip(item.text, item.samples, item.starts_s) for item in said],
        "nobody": [Clip("", samples) for _, samples in noises(12)],
    }


def measured(recogniser: Recogniser, clips: Sequence[Clip]) -> tuple[float, list[float], list[str]]:
    """Returns the word error rate (words a clip if the texts are empty), start errors, mistakes."""
    errors = words = 0
    late_s: list[float] = []
    mistakes = []
    for clip, heard in zip(
        clips, recogniser.transcripts([clip.samples for clip in clips]), strict=True
    ):
        errors += editdistance.eval(clip.text.split(), heard.text.split())
        words += len(clip.text.split())
        if clip.text != heard.text:
            mistakes.append(f"{clip.text} | {heard.text}")
        elif len(heard.starts_s) <= len(clip.starts_s):
            pairs = zip(heard.starts_s, clip.starts_s, strict=False)
            late_s += [abs(found - true) for found, true in pairs if true is not None]
    return errors / (words or len(clips)), late_s, mistakes


def main(argv: Sequence[str] | None = None) -> int:
    """Measures one recogniser; see `--help`."""
    parser = argparse.ArgumentParser(prog="recipe.asr.check", description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--sentences", type=int, default=100)
    parser.add_argument("--voice", type=Path, default=DEMO / "fastpitch.nemo")
    parser.add_argument("--vocoder", type=Path, default=DEMO / "hifigan.nemo")
    parser.add_argument("--show", type=int, default=0, help="mistakes to list of each kind")
    arguments = parser.parse_args(argv)
    quieten()
    folder = cache_folder() / "check"
    folder.mkdir(parents=True, exist_ok=True)
    shown = folder / "fastconformer-tdt.nemo"
    shown.unlink(missing_ok=True)
    shown.symlink_to(arguments.model.resolve())
    recogniser = Recogniser(folder)
    sets = clip_sets(arguments.sentences, DemoVoice(arguments.voice, arguments.vocoder))
    for name, clips in sets.items():
        rate, late_s, mistakes = measured(recogniser, clips)
        start = f", word starts {np.median(late_s) * 1000:.0f} ms" if late_s else ""
        sys.stdout.write(f"{name}: {rate:.1%} of {len(clips)}{start}\n")
        sys.stdout.writelines(f"    {mistake}\n" for mistake in mistakes[: arguments.show])
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
