"""Plain text: paragraphs, lists as typewriters write them, lines that were broken on purpose."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from sys import maxsize

from nemo_voice_tts.text.structure.blocks import (
    HEADING_PAUSE_S,
    ITEM_PAUSE_S,
    LINE_PAUSE_S,
    PARAGRAPH_PAUSE_S,
    Block,
    BlockBuilder,
)
from nemo_voice_tts.text.traced import Traced

_GAP = re.compile(r"\n\s*([=*#_~-])\1{2,}[^\S\n]*(?:\n\s*|$)|\n[^\S\n]*\n\s*")
"""What stands between two paragraphs: an empty line, or a line drawn across the page."""
_HEADING = re.compile(r"^[^\S\n]*(={2,6})([^=\n]+)\1[^\S\n]*$", re.MULTILINE)
"""A heading as wikis write it: `== History ==`."""
_LINE = re.compile(r"\n")
BREAK = "\x1e"
"""Stands in a text for a line break that its markup asks for."""
_LINE_OR_BREAK = re.compile(f"[\n{BREAK}]")
_BULLET = re.compile(
    r"[^\S\n]*([-*+•‣◦▪▸►●○■□–])[^\S\n]+(?:\[[ xX]\][^\S\n]+)?(?=\S)",
    re.MULTILINE,
)
_BULLETS = re.compile(rf"^{_BULLET.pattern}", re.MULTILINE)
_BOX = re.compile(r"[^\S\n]*\[[ xX]\][^\S\n]+(?=\S)")
_NUMBERED = re.compile(
    r"[^\S\n]*(?:[0-9]\uFE0F?\u20E3|\d{1,3}[.)]|[IVX]{2,5}\.|[A-Za-z]\)|\((?:\d{1,3}|[A-Za-z])\))[^\S\n]+(?=\S)"
)
_AMOUNT = re.compile(r"[$£€]?\.?\d")
_SIGNS = {"-": "-", "+": "+", "–": "-"}
_OPENING = "\"'“‘([{"
_ENDS = (":", ".", "!", "?")
_FEWEST_VERSES, _LONGEST_VERSE = 3, 40
"""So many lines, each so short and with a capital, were not wrapped by any program."""
_HYPHENATED = re.compile(r"[a-z]-$")
_GOES_ON = re.compile(
    r"(?:,|\b(?:a|an|the|of|to|in|on|at|by|for|from|with|and|or|but|nor|as|than|that|is|are|was|were"
    r"|be|been|my|your|his|her|its|our|their|this|these|those|no|not|very|mrs?|dr|st)\.?)$",
    re.IGNORECASE,
)
"""A line that ends so is in the middle of its sentence."""


def plain_blocks(text: Traced) -> list[Block]:
    """Returns the blocks of a text without markup."""
    builder = BlockBuilder()
    Paragraphs(text.text, builder).add(text)
    return builder.blocks()


class Paragraphs:
    """Adds the paragraphs of a text to a builder: prose, and lists by their bullets and numbers."""

    def __init__(self, whole: str, builder: BlockBuilder) -> None:
        """Takes the whole text, since a bullet is one only among others."""
        self._builder = builder
        self._bullets = Counter(found[1] for found in _BULLETS.finditer(whole))

    def add(self, text: Traced, pause_s: float = PARAGRAPH_PAUSE_S) -> None:
        """Adds one or more paragraphs.

        Args:
            text: With line breaks as they are written.
            pause_s: Silence after each.
        """
        at = 0
        for gap in _GAP.finditer(text.text):
            self._add_one(text[at : gap.start()])
            self._builder.end(HEADING_PAUSE_S if gap[1] else pause_s)
            at = gap.end()
        self._add_one(text[at:])
        self._builder.end(pause_s)

    def _add_one(self, paragraph: Traced) -> None:
        at = 0
        for heading in _HEADING.finditer(paragraph.text):
            if heading.start() > at:
                self._add_lines(paragraph[at : heading.start() - 1])
            self._builder.add(paragraph[heading.start(2) : heading.end(2)].strip())
            self._builder.end(HEADING_PAUSE_S)
            at = min(heading.end() + 1, len(paragraph))
        self._add_lines(paragraph[at:])

    def _add_lines(self, paragraph: Traced) -> None:
        if "\n" not in paragraph.text and not _begins_item(paragraph.text):
            add_prose(paragraph, self._builder)
            return
        for is_item, lines in _items(paragraph.split(_LINE)):
            add_prose(self._without_bullet(lines) if is_item else lines, self._builder)
            self._builder.end(ITEM_PAUSE_S)

    def _without_bullet(self, item: Traced) -> Traced:
        bullet = _BULLET.match(item.text)
        if bullet is None:
            box = _BOX.match(item.text)
            return item[box.end() :] if box else item
        rest = item[bullet.end() :]
        mark = bullet[1]
        if mark in _SIGNS and self._bullets[mark] == 1 and _AMOUNT.match(rest.text):
            # One dash alone makes no list: it is the number's sign.
            return Traced.joined([item.replaced(*bullet.span(1), _SIGNS[mark]), rest])
        return rest


def add_prose(prose: Traced, builder: BlockBuilder) -> None:
    """Adds lines to the block in work, which ends where a line was broken on purpose."""
    breaks = list(_LINE_OR_BREAK.finditer(prose.text))
    if not breaks:
        builder.add(prose)
        return
    lines = [line.strip() for line in prose.split(_LINE_OR_BREAK)]
    texts = [line.text for line in lines]
    width = maxsize if _are_verses(texts) else max(map(len, texts))
    for (line, following), mark in zip(pairwise(lines), breaks, strict=True):
        builder.add(line)
        if mark[0] == BREAK or _is_broken_on_purpose(line.text, following.text, width):
            builder.end(LINE_PAUSE_S)
        elif not (_HYPHENATED.search(line.text) and following.text[:1].islower()):
            builder.add(prose.replaced(*mark.span(), " "))
    builder.add(lines[-1])


def _is_broken_on_purpose(line: str, following: str, width: int) -> bool:
    # A line that was only wrapped had no room for the next one's first word.
    first_word = following.split(maxsplit=1)[0] if following else ""
    if _is_emblem(first_word):
        return _GOES_ON.search(line) is None
    has_room = len(line) + 1 + len(first_word) <= width
    if not has_room or _GOES_ON.search(line):
        return False
    return _begins_anew(first_word) or line.endswith(_ENDS)


def _is_emblem(word: str) -> bool:
    """Returns whether a line's first word is a picture, which stands for a bullet."""
    return bool(word) and unicodedata.category(word[0]) == "So"


def _are_verses(lines: list[str]) -> bool:
    return len(lines) >= _FEWEST_VERSES and all(
        len(line) <= _LONGEST_VERSE and _begins_anew(line) for line in lines
    )


def _begins_anew(line: str) -> bool:
    start = line.lstrip(_OPENING)[:1]
    return start.isupper() or start.isdigit()


def _items(lines: list[Traced]) -> Iterator[tuple[bool, Traced]]:
    """Yields runs of lines: whether they are an item of a list, and the lines."""
    group: list[Traced] = []
    is_item = False
    for line in lines:
        begins = _begins_item(line.text)
        if begins and group:
            yield is_item, _joined(group)
            group = []
        is_item = is_item or begins
        group.append(line)
    yield is_item, _joined(group)


def _joined(lines: list[Traced]) -> Traced:
    pieces = []
    for line in lines:
        pieces += [line, line.replaced(len(line), len(line), "\n")]
    return Traced.joined(pieces[:-1])


def _begins_item(line: str) -> bool:
    return any(sign.match(line) for sign in (_BULLET, _NUMBERED, _BOX))
