"""Training text for the demo voice: sentences from a small grammar and strings of dictionary words.

The grammar teaches everyday rhythm, the word strings teach every sound beside every other.
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from wordfreq import word_frequency

from recipe.asr.text import read_grammar

GRAMMAR = Path(__file__).with_name("grammar.txt")

_ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen")
_SMALL = (*_ONES, *_TEENS, "eighteen", "nineteen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_LETTERS = "bcdefghjklmnopqrstuvwxyz"
_RANGES = {
    "digit": (0, 9),
    "hour": (1, 12),
    "small": (2, 99),
    "hundreds": (100, 999),
    "thousands": (1000, 9999),
}


def in_words(number: int) -> str:
    """Returns a number from 0 to 999,999,999 as English words."""
    if number < 20:
        return _SMALL[number]
    if number < 100:
        rest = "" if number % 10 == 0 else " " + _ONES[number % 10]
        return _TENS[number // 10 - 2] + rest
    for unit, name in ((1_000_000, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= unit:
            rest = "" if number % unit == 0 else " " + in_words(number % unit)
            return f"{in_words(number // unit)} {name}{rest}"
    raise AssertionError


class TextSource:
    """An endless, seeded supply of training texts over the words of a lexicon."""

    def __init__(self, words: Sequence[str], seed: int) -> None:
        self._random = random.Random(seed)
        self._grammar = read_grammar(GRAMMAR)
        self._words = [word for word in words if len(word) > 1]
        frequencies = [max(word_frequency(word, "en"), 1e-7) for word in self._words]
        self._weights = [frequency**0.35 for frequency in frequencies]

    def texts(self) -> Iterator[str]:
        """Yields texts of one to four sentences, most of them of one."""
        while True:
            count = self._random.choices([1, 2, 3, 4], [85, 11, 3, 1])[0]
            yield " ".join(self._sentence() for _ in range(count))

    def _sentence(self) -> str:
        kinds = [self._grammatical, self._joined, self._frequent, self._rare, self._spelled]
        return self._random.choices(kinds, [30, 12, 36, 18, 4])[0]()

    def _grammatical(self) -> str:
        template = self._random.choice(self._grammar["template"])
        return "".join(
            self._fill(piece[1:]) if piece[0] == "{" else piece
            for piece in template.replace("{", "|{").replace("}", "|").split("|")
            if piece
        )

    def _joined(self) -> str:
        first = self._grammatical().rstrip(".?!")
        comma = self._random.choice(["", ","])
        return f"{first}{comma} {self._fill('join')} {self._grammatical()}"

    def _frequent(self) -> str:
        count = self._random.choice([3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18])
        return self._string(self._random.choices(self._words, self._weights, k=count))

    def _rare(self) -> str:
        """Returns words drawn without regard to frequency: names and long words."""
        return self._string(self._random.choices(self._words, k=self._random.randint(1, 9)))

    def _spelled(self) -> str:
        pick = self._random.random()
        if pick < 0.5:
            return self._string(self._random.choices(_LETTERS, k=self._random.randint(2, 6)))
        return in_words(int(10 ** self._random.uniform(0, 7))) + "."

    def _fill(self, slot: str) -> str:
        if slot in _RANGES:
            return in_words(self._random.randint(*_RANGES[slot]))
        return self._random.choice(self._grammar[slot])

    def _string(self, words: Sequence[str]) -> str:
        marks = self._random.choices(["", ",", ";", ":"], [92, 6, 1, 1], k=len(words) - 1)
        inner = [word + mark for word, mark in zip(words, marks, strict=False)]
        ending = self._random.choices([".", "?", "!", ""], [70, 12, 8, 10])[0]
        return " ".join([*inner, words[-1]]) + ending
