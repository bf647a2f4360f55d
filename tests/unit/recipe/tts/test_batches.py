"""What FastPitch is given to learn from."""

import random

import numpy as np
import pytest
import torch

from recipe.tts.batches import Corpus, Example, Marks, collate, plan_epoch, varied
from recipe.tts.items import Item, Letters

SPACE, A, B, HYPHEN, QUOTE, BRACKET, CLOSE, APOSTROPHE, LETTER = range(9)
MARKS = Marks({" ": SPACE, "-": HYPHEN, '"': QUOTE, "(": BRACKET, ")": CLOSE, "'": APOSTROPHE})


def item(words: int) -> Item:
    """Words of two phonemes and three letters, four frames each, one between."""
    tokens, durations, spelled = [SPACE], [1], []
    for _ in range(words):
        start = len(tokens)
        spelled.append(Letters(start, start + 2, [LETTER] * 3, [1, 2, 1], [100.0, 0.0, 100.0]))
        tokens += [A, B, SPACE]
        durations += [2, 2, 1]
    frames = sum(durations)
    return Item("", tokens, durations, [100.0] * len(tokens), spelled, 0, frames)


def corpus(frames: int) -> Corpus:
    mels = np.zeros((frames, 80), np.float16)
    return Corpus(
        [], [], mels, np.zeros(frames * 256, np.int16), pitch_mean_hz=100, pitch_std_hz=20
    )


@pytest.mark.parametrize("seed", range(20))
def test_a_varied_item_lasts_as_long_as_it_did(seed: int) -> None:
    whole = item(words=30)
    example = varied(corpus(whole.frames), whole, MARKS, random.Random(seed))  # noqa: S311 - repeatable
    assert sum(example.durations) == whole.frames == len(example.mel)
    assert len(example.tokens) == len(example.durations) == len(example.pitch)


def test_some_words_are_spelled_and_some_marks_are_silent() -> None:
    whole = item(words=300)
    example = varied(corpus(whole.frames), whole, MARKS, random.Random(0))  # noqa: S311 - repeatable
    assert 0.1 < example.tokens.count(LETTER) / 900 < 0.7
    quotes = [d for t, d in zip(example.tokens, example.durations, strict=True) if t == QUOTE]
    assert quotes
    assert not any(quotes)


def test_every_item_is_in_one_batch_of_an_epoch() -> None:
    lengths = [100 + 7 * index for index in range(200)]
    plan = plan_epoch(lengths, seed=1, epoch=0)
    assert sorted(index for batch in plan for index in batch) == list(range(200))
    assert all(len(batch) * max(lengths[i] for i in batch) <= 5000 for batch in plan)
    assert plan == plan_epoch(lengths, seed=1, epoch=0) != plan_epoch(lengths, seed=1, epoch=1)


def test_pitch_is_normalised_to_deviations_and_silence_stays_zero() -> None:
    assert corpus(1).level([0.0, 100.0, 120.0, 900.0]).tolist() == [0, 0, 1, 3]


def test_short_examples_are_padded_and_masked() -> None:
    long = Example([A, B], [1, 2], np.zeros(2, np.float32), np.ones((3, 80), np.float16))
    short = Example([A], [1], np.zeros(1, np.float32), np.ones((1, 80), np.float16))
    batch = collate([long, short], padding=9)
    assert batch.tokens.tolist() == [[A, B], [A, 9]]
    assert batch.frame_mask[:, :, 0].tolist() == [[1, 1, 1], [1, 0, 0]]
    assert torch.equal(batch.token_mask.sum(1), torch.tensor([2.0, 1.0]))
    assert float(batch.mels[1, 1:].sum()) == 0
