"""The voice's training data in memory, and the batches FastPitch learns from.

Which items meet in a batch, and what is changed in them, follows from the seed and the step alone.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from recipe.tts.align import HOP_SAMPLES
from recipe.tts.items import AUDIO, HELD_OUT, MEL_BINS, MELS, Item, Letters, read_items

_BATCH_FRAMES = 5000
_SORTED_TOGETHER = 640
_LETTERS_OFTEN, _LETTERS_SELDOM = 0.6, 0.2
_OFTEN_SHARE = 0.2  # of the utterances have most words as letters
_MARK_PROBABILITY = 0.012  # of a silent mark before or after a word


@dataclass(frozen=True)
class Corpus:
    """All items with their mels and samples, which stay on the disk."""

    items: list[Item]
    held_out: list[Item]
    mels: npt.NDArray[np.float16]
    samples: npt.NDArray[np.int16]
    pitch_mean_hz: float
    pitch_std_hz: float

    def mel(self, item: Item) -> npt.NDArray[np.float16]:
        """Returns the mel spectrogram of an item, 80 numbers a frame."""
        return self.mels[item.first_frame : item.first_frame + item.frames]

    def audio(self, item: Item, start: int, frames: int) -> npt.NDArray[np.int16]:
        """Returns the samples of some frames of an item."""
        first = item.first_frame + start
        return self.samples[first * HOP_SAMPLES : (first + frames) * HOP_SAMPLES]

    def level(self, pitch_hz: Sequence[float]) -> npt.NDArray[np.float32]:
        """Returns pitch in standard deviations from the mean, 0 where there is no voice."""
        pitch = np.asarray(pitch_hz, np.float32)
        scaled = np.clip((pitch - self.pitch_mean_hz) / self.pitch_std_hz, -3, 3)
        return np.where(pitch > 0, scaled, 0).astype(np.float32)


def load_corpus(folder: Path) -> Corpus:
    """Returns the corpus that `data.py` wrote into a folder."""
    items = read_items(folder)
    voiced = np.array([pitch for item in items for pitch in item.pitch_hz if pitch > 0])
    return Corpus(
        items=items[:-HELD_OUT],
        held_out=items[-HELD_OUT:],
        mels=np.memmap(folder / MELS, np.float16, "r").reshape(-1, MEL_BINS),
        samples=np.memmap(folder / AUDIO, np.int16, "r"),
        pitch_mean_hz=float(voiced.mean()),
        pitch_std_hz=float(voiced.std()),
    )


@dataclass(frozen=True)
class Example:
    """One utterance as FastPitch sees it."""

    tokens: list[int]
    durations: list[int]
    pitch: npt.NDArray[np.float32]
    mel: npt.NDArray[np.float16]


@dataclass(frozen=True)
class Batch:
    """Padded tensors of some examples; the masks are 1 where there is something."""

    tokens: Any
    durations: Any
    pitch: Any
    mels: Any
    frame_mask: Any
    token_mask: Any


def plan_epoch(lengths: Sequence[int], seed: int, epoch: int) -> list[list[int]]:
    """Returns the items of every batch of an epoch: of like length, in random order."""
    rng = random.Random(seed * 1_000_003 + epoch)
    order = list(range(len(lengths)))
    rng.shuffle(order)
    plan: list[list[int]] = []
    for first in range(0, len(order), _SORTED_TOGETHER):
        batch: list[int] = []
        for index in sorted(order[first : first + _SORTED_TOGETHER], key=lengths.__getitem__):
            if batch and lengths[index] * (len(batch) + 1) > _BATCH_FRAMES:
                plan.append(batch)
                batch = []
            batch.append(index)
        plan.append(batch)
    rng.shuffle(plan)
    return plan


class Marks:
    """Written marks without a sound, as token numbers."""

    def __init__(self, numbers: dict[str, int]) -> None:
        self.before = [numbers['"'], numbers["("], numbers["'"]]
        self.after = [numbers['"'], numbers[")"], numbers["'"]]
        self.space, self.hyphen = numbers[" "], numbers["-"]


def varied(corpus: Corpus, item: Item, marks: Marks, rng: random.Random) -> Example:
    """Returns an item with some words as letters, and a few marks that make no sound."""
    often = rng.random() < _OFTEN_SHARE
    letters_probability = _LETTERS_OFTEN if often else _LETTERS_SELDOM
    tokens: list[int] = []
    durations: list[int] = []
    pitch: list[float] = []

    def say(numbers: Sequence[int], lasting: Sequence[int], heights: Sequence[float]) -> None:
        tokens.extend(numbers)
        durations.extend(lasting)
        pitch.extend(heights)

    at = 0
    for word in item.words:
        between = item.tokens[at : word.start]
        if at and between == [marks.space] and rng.random() < _MARK_PROBABILITY:
            between = [marks.hyphen]
        say(between, item.durations[at : word.start], item.pitch_hz[at : word.start])
        if rng.random() < _MARK_PROBABILITY:
            say([rng.choice(marks.before)], [0], [0.0])
        _say_word(item, word, spelled=rng.random() < letters_probability, say=say)
        if rng.random() < _MARK_PROBABILITY:
            say([rng.choice(marks.after)], [0], [0.0])
        at = word.end
    say(item.tokens[at:], item.durations[at:], item.pitch_hz[at:])
    return Example(tokens, durations, corpus.level(pitch), corpus.mel(item))


def plain(corpus: Corpus, item: Item) -> Example:
    """An item as it is."""
    return Example(item.tokens, item.durations, corpus.level(item.pitch_hz), corpus.mel(item))


def collate(examples: Sequence[Example], padding: int) -> Batch:
    """Returns the examples as padded tensors."""
    count = len(examples)
    width = max(len(example.tokens) for example in examples)
    height = max(len(example.mel) for example in examples)
    tokens = torch.full((count, width), padding)
    durations, pitch, token_mask = (torch.zeros(count, width) for _ in range(3))
    mels, frame_mask = torch.zeros(count, height, MEL_BINS), torch.zeros(count, height, 1)
    for row, example in enumerate(examples):
        length, frames = len(example.tokens), len(example.mel)
        tokens[row, :length] = torch.tensor(example.tokens)
        durations[row, :length] = torch.tensor(example.durations, dtype=torch.float32)
        pitch[row, :length] = torch.from_numpy(example.pitch)
        mels[row, :frames] = torch.from_numpy(example.mel.astype(np.float32))
        frame_mask[row, :frames] = 1
        token_mask[row, :length] = 1
    return Batch(tokens, durations, pitch, mels, frame_mask, token_mask)


def _say_word(item: Item, word: Letters, *, spelled: bool, say: Any) -> None:
    if spelled and word.tokens:
        say(word.tokens, word.durations, word.pitch_hz)
    else:
        span = slice(word.start, word.end)
        say(item.tokens[span], item.durations[span], item.pitch_hz[span])
