"""A text whose characters know where they come from, through every rewriting of it.

Each step of `reading.py` takes and returns one, so that what is said can be shown beside what was
written.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

Replacement = str | Callable[[re.Match[str]], str | None]
"""What a match becomes: the text itself, with no group references; None leaves it as it is."""


@dataclass(frozen=True, slots=True)
class Traced:
    """A text and, for each of its characters, the stretch of the source it was written as."""

    text: str
    starts: Sequence[int]
    """Where the stretch of each character begins in the source, in characters."""
    ends: Sequence[int]
    """Where it ends."""

    @classmethod
    def of(cls, source: str, at: int = 0) -> "Traced":
        """Returns a stretch of the source that is still as it was written.

        Args:
            source: The stretch.
            at: Where it begins in the source.
        """
        return cls(source, range(at, at + len(source)), range(at + 1, at + len(source) + 1))

    @classmethod
    def joined(cls, pieces: Iterable["Traced"]) -> "Traced":
        """Returns the pieces one after the other."""
        texts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        for piece in pieces:
            texts.append(piece.text)
            starts.extend(piece.starts)
            ends.extend(piece.ends)
        return cls("".join(texts), starts, ends)

    @property
    def span(self) -> tuple[int, int]:
        """The stretch of the source that the whole text was written as; (0, 0) for no text."""
        return (min(self.starts), max(self.ends)) if self.text else (0, 0)

    def __len__(self) -> int:
        """Returns the number of characters."""
        return len(self.text)

    def __getitem__(self, places: slice) -> "Traced":
        """Returns a part of the text."""
        return Traced(self.text[places], self.starts[places], self.ends[places])

    def replaced(self, start: int, end: int, text: str) -> "Traced":
        """Returns another text that stands for the characters from `start` to `end` of this one."""
        first, last = self._source(start, end)
        return Traced(text, (first,) * len(text), (last,) * len(text))

    def sub(self, pattern: re.Pattern[str], replacement: Replacement) -> "Traced":
        """Returns the text with each match of the pattern replaced."""
        texts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        at = 0
        for found in pattern.finditer(self.text):
            new = replacement if isinstance(replacement, str) else replacement(found)
            if new is None or new == found[0]:
                continue
            start, end = found.span()
            first, last = self._source(start, end)
            texts += (self.text[at:start], new)
            starts += self.starts[at:start]
            starts += (first,) * len(new)
            ends += self.ends[at:start]
            ends += (last,) * len(new)
            at = end
        if not texts:
            return self
        return Traced(
            "".join([*texts, self.text[at:]]),
            [*starts, *self.starts[at:]],
            [*ends, *self.ends[at:]],
        )

    def split(self, pattern: re.Pattern[str]) -> list["Traced"]:
        """Returns the parts between the pattern's matches."""
        parts, at = [], 0
        for found in pattern.finditer(self.text):
            parts.append(self[at : found.start()])
            at = found.end()
        return [*parts, self[at:]]

    def _source(self, start: int, end: int) -> tuple[int, int]:
        if start < end:
            return min(self.starts[start:end]), max(self.ends[start:end])
        # An insertion belongs to the place between two characters.
        place = self.starts[start] if start < len(self) else self.ends[-1] if len(self) else 0
        return place, place

    def strip(self) -> "Traced":
        """Returns the text without blanks at its ends."""
        start = len(self.text) - len(self.text.lstrip())
        return self[start : max(start, len(self.text.rstrip()))]
