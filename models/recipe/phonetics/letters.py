"""Which letters of a word make which of its phonemes, learnt from a lexicon.

The voice hears some words as letters while training; this says how long each letter lasts.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from recipe.phonetics.lexicon import Lexicon

_ROUNDS = 3
_MAX_PHONEMES = 2  # "x" makes two, no letter more
_SILENT_START = -3.0  # log score of a letter without sound before anything is learnt

Score = Callable[[str, Sequence[str]], float]


@dataclass(frozen=True)
class LetterSounds:
    """How many phonemes, none to two, each letter of a word makes."""

    counts: dict[str, list[int]]

    def __getitem__(self, word: str) -> list[int]:
        """Returns the counts of a word; empty if it has too few letters for its sounds."""
        return self.counts.get(word, [])


def align_letters(lexicon: Lexicon) -> LetterSounds:
    """Aligns every word that can be aligned, by hard expectation-maximisation."""
    bare = {
        word: [phoneme.rstrip("012") for phoneme in phonemes] for word, phonemes in lexicon.items()
    }
    score = _score_by_place(bare)
    for _ in range(_ROUNDS):
        score = _score_by_alignment(bare, score)
    found = ((word, best_split(word, phonemes, score)) for word, phonemes in bare.items())
    return LetterSounds({word: counts for word, counts in found if counts})


def best_split(word: str, phonemes: Sequence[str], score: Score) -> list[int]:
    """Returns the phonemes of each letter on the best path; empty if there is no path."""
    letters, sounds = len(word), len(phonemes)
    best = [[-math.inf] * (sounds + 1) for _ in range(letters + 1)]
    taken = [[0] * (sounds + 1) for _ in range(letters + 1)]
    best[0][0] = 0.0
    for i, letter in enumerate(word):
        for j in range(sounds + 1):
            if best[i][j] == -math.inf:
                continue
            for count in range(min(_MAX_PHONEMES, sounds - j) + 1):
                total = best[i][j] + score(letter, phonemes[j : j + count])
                if total > best[i + 1][j + count]:
                    best[i + 1][j + count] = total
                    taken[i + 1][j + count] = count
    if best[letters][sounds] == -math.inf:
        return []
    counts, j = [], sounds
    for i in range(letters, 0, -1):
        counts.append(taken[i][j])
        j -= taken[i][j]
    return counts[::-1]


def _score_by_place(bare: Lexicon) -> Score:
    """Returns a first guess: a letter makes the phoneme at about the same place of the word."""
    pairs: Counter[tuple[str, str]] = Counter()
    for word, phonemes in bare.items():
        for index, letter in enumerate(word):
            place = min(len(phonemes) - 1, index * len(phonemes) // len(word))
            pairs[letter, phonemes[place]] += 1
    totals: Counter[str] = Counter()
    for (letter, _), count in pairs.items():
        totals[letter] += count

    def score(letter: str, phonemes: Sequence[str]) -> float:
        if not phonemes:
            return _SILENT_START
        logs = [math.log((pairs[letter, p] + 0.1) / (totals[letter] + 5)) for p in phonemes]
        return sum(logs) - 3.0 * (len(logs) - 1)

    return score


def _score_by_alignment(bare: Lexicon, score: Score) -> Score:
    """Returns the score that the alignments under another score suggest."""
    pairs: Counter[tuple[str, tuple[str, ...]]] = Counter()
    totals: Counter[str] = Counter()
    for word, phonemes in list(bare.items())[::3]:
        j = 0
        for letter, count in zip(word, best_split(word, phonemes, score), strict=False):
            pairs[letter, tuple(phonemes[j : j + count])] += 1
            totals[letter] += 1
            j += count

    def improved(letter: str, phonemes: Sequence[str]) -> float:
        prior = 0.02 if len(phonemes) == 2 else 0.1
        return math.log((pairs[letter, tuple(phonemes)] + prior) / (totals[letter] + 5))

    return improved
