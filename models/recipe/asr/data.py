"""Makes the recogniser's training speech with espeak: `python -m recipe.asr.data --shards 110`.

A shard is made from its own number as the seed, so that an interrupted run goes on where it
stopped.
"""

import argparse
import random
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from evaluation.sentences import all_test_texts, held_out_words
from recipe.asr.shards import MelFrames, cache_folder, has_shard, write_missing, write_shard
from recipe.asr.sound import Spoken, any_manner, nothing_said, recorded, speak
from recipe.asr.text import TextSource
from recipe.phonetics.espeak import Espeak

UTTERANCES = 500
"""In a shard: about 22 minutes of speech."""
CHECKED = 80
"""In the shard of held-out sentences, whose error rate is reported during training."""


def training_texts(*, held_out: bool = False) -> TextSource:
    """Returns the training texts: none of the evaluation's, and none with its unknown words."""
    return TextSource(all_test_texts(), held_out_words(), held_out=held_out)


def espeak_shard(
    number: int, espeak: Espeak, texts: TextSource, utterances: int = UTTERANCES
) -> list[Spoken]:
    """Returns the utterances of one shard of speech."""
    rng, noise_rng = random.Random(number), np.random.default_rng(number + 1)
    spoken = []
    for _ in range(utterances):
        item = speak(espeak, texts.text(rng), any_manner(rng), rng)
        spoken.append(Spoken(item.text, recorded(item.samples, rng, noise_rng), item.starts_s))
    return spoken


def noise_shard(number: int) -> list[Spoken]:
    """Returns the clips of one shard without speech: their text is empty."""
    rng, noise_rng = random.Random(-number - 1), np.random.default_rng(10**6 + number)
    return [Spoken("", nothing_said(rng, noise_rng), (0.0,)) for _ in range(UTTERANCES)]


def make(folder: Path, shards: int) -> None:
    """Writes the shards that are not there yet."""
    mel = MelFrames()
    if not has_shard(folder, "noise-0000"):
        write_shard(folder, "noise-0000", noise_shard(0), mel)
    espeak = Espeak()
    if not has_shard(folder, "check-espeak-0000"):
        kept = espeak_shard(-1, espeak, training_texts(held_out=True), CHECKED)
        write_shard(folder, "check-espeak-0000", kept, mel)
    texts = training_texts()
    made = partial(espeak_shard, espeak=espeak, texts=texts)
    write_missing(folder, "espeak", shards, made, mel)


def main(argv: Sequence[str] | None = None) -> int:
    """Makes training speech; see `--help`."""
    parser = argparse.ArgumentParser(prog="recipe.asr.data", description=__doc__)
    parser.add_argument("--shards", type=int, default=110, help="of 22 minutes of speech (110)")
    parser.add_argument("--folder", type=Path, default=cache_folder() / "shards")
    arguments = parser.parse_args(argv)
    make(arguments.folder, arguments.shards)
    return 0


if __name__ == "__main__":
    sys.exit(main())
