"""Where in a text markup has begun that has not ended: half of a link or of `**bold**`.

It is found out once for a text, whatever the number of places that are asked about.
"""

import re
from bisect import bisect_left, bisect_right

PARAGRAPHS = re.compile(r"\n[^\S\n]*\n\s*")
"""What stands between paragraphs."""
FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
"""What begins and ends a block of code."""
_OPENERS = re.compile(r"(?<![\w*])\*{1,3}(?=[^\s*])|(?<![\w~])~~(?=\S)|\[")
_CLOSERS = re.compile(r"(?<=[^\s*])\*{1,3}(?![\w*])|(?<=\S)~~(?![\w~])|\]")
_TICK = re.compile("`")
_TAG = re.compile(r"<[A-Za-z/][^<>]*")
_TARGET = re.compile(r"\]\([^()\s]*(?:\s[^()]*)?")
"""Where a link leads to, up to its closing parenthesis."""


class OpenMarkup:
    """The markup of one text."""

    def __init__(self, text: str) -> None:
        self._paragraphs = [found.end() for found in PARAGRAPHS.finditer(text)]
        self._fences = _places(FENCE, text)
        self._openers, self._closers = _places(_OPENERS, text), _places(_CLOSERS, text)
        self._ticks = _places(_TICK, text)
        self._spans = [found.span() for kind in (_TAG, _TARGET) for found in kind.finditer(text)]
        self._spans.sort()

    def is_open_at(self, place: int) -> bool:
        """Returns whether markup that began in the same paragraph has not ended at a place."""
        at = bisect_right(self._paragraphs, place)
        start = self._paragraphs[at - 1] if at else 0
        if _count(self._ticks, start, place) % 2 and not _count(self._fences, start, place):
            return True
        if _count(self._openers, start, place) > _count(self._closers, start, place):
            return True
        before = bisect_left(self._spans, (place, 0))
        return any(
            start <= first < place <= end for first, end in self._spans[max(0, before - 2) : before]
        )


def _places(pattern: re.Pattern[str], text: str) -> list[int]:
    return [found.start() for found in pattern.finditer(text)]


def _count(places: list[int], start: int, end: int) -> int:
    return bisect_left(places, end) - bisect_left(places, start)
