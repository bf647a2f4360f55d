"""Which words of a text the words of another writing of it stand for: `$5` for `five dollars`.

The grammars, and what spells letters, return plain text; the times of its words are told of the
words that the client wrote.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

_SIGNS = re.compile(r"[^\w\U000f0000-\U000ffffd]")


def aligned(written: Sequence[str], said: Sequence[str]) -> list[tuple[int, int]]:
    """Returns for each word that is said the first and last place among the written words.

    Words that are in both stand for each other. Between them, where so many words on one side
    became so many on the other, nobody knows which: they are shared out by their lengths.
    """
    if not written:
        return [(0, 0)] * len(said)
    ours, theirs = list(map(_plain, written)), list(map(_plain, said))
    places: list[tuple[int, int]] = []
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    for kind, first, last, start, end in matcher.get_opcodes():
        if kind == "equal":
            places += [(first + at, first + at) for at in range(end - start)]
        elif start < end:
            places += _shared(written[first:last], said[start:end], first, len(written))
    return places


def _plain(word: str) -> str:
    return _SIGNS.sub("", word).casefold() or word


def _shared(
    written: Sequence[str], said: Sequence[str], first: int, count: int
) -> list[tuple[int, int]]:
    if not written:  # said in addition, as the end of what stands before
        place = min(max(0, first - 1), count - 1)
        return [(place, place)] * len(said)
    if len(written) == len(said):
        return [(first + at, first + at) for at in range(len(said))]
    if len(said) < len(written):
        edges = _edges(said, len(written))
        return [
            (first + edges[at], first + max(edges[at], edges[at + 1] - 1))
            for at in range(len(said))
        ]
    edges = _edges(written, len(said))
    places = [0] * len(said)
    for at in range(len(written)):
        for place in range(edges[at], len(said)):
            places[place] = first + at
    return [(place, place) for place in places]


def _edges(words: Sequence[str], count: int) -> list[int]:
    """Returns where each of the words begins among `count` others, each at a place of its own."""
    total = sum(len(word) for word in words) or 1
    edges, passed = [], 0
    for at, word in enumerate(words):
        least, most = at, count - (len(words) - at)
        edges.append(min(most, max(least, round(count * passed / total))))
        passed += len(word)
    return [*edges, count]
