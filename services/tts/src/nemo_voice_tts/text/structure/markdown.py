"""Markdown: its words, without what marks them up.

Links and images are read by their texts, code as text, tables row by row, items with the numbers of
their lists, footnotes where they stand. Tags of HTML do what they do in HTML.
"""

import re
from typing import Any

from markdown_it.token import Token

from nemo_voice_tts.text.structure.blocks import (
    HEADING_PAUSE_S,
    ITEM_PAUSE_S,
    LINE_PAUSE_S,
    PARAGRAPH_PAUSE_S,
    RULE_PAUSE_S,
    Block,
    BlockBuilder,
)
from nemo_voice_tts.text.structure.html import HtmlWriter
from nemo_voice_tts.text.structure.html_tags import real_tags
from nemo_voice_tts.text.structure.markdown_inline import InlineText, cell_of, content_of
from nemo_voice_tts.text.structure.markdown_rules import ELEMENTS, NOTES, notes_of, parser
from nemo_voice_tts.text.structure.plain import Paragraphs
from nemo_voice_tts.text.traced import Traced

_LINE = re.compile(r"\n")
_BLANKS = re.compile(r"\s+")
_ROW = re.compile(r"^[^\S\n]*\|(?=[^\S\n])(?:[^|\n]*[^\S\n]\|){2,}[^\S\n]*$", re.MULTILINE)
"""A row of a table without the line that would make it one."""
_BAR = re.compile(r"\s*\|\s*")
_PAUSES = {"hr": RULE_PAUSE_S, "tr_close": ITEM_PAUSE_S, "heading_close": HEADING_PAUSE_S}
_ENDS = frozenset(
    {"paragraph_close", "table_close", "blockquote_open", "blockquote_close", "list_item_close"}
)
_LIST_STARTS = frozenset({"ordered_list_open", "bullet_list_open"})
_LIST_ENDS = frozenset({"ordered_list_close", "bullet_list_close"})
_CELLS = frozenset({"th_open", "td_open"})


def markdown_blocks(text: Traced, *, is_careful: bool = False) -> list[Block]:
    r"""Returns the blocks of a Markdown text.

    Args:
        text: The text, line breaks as `\n`.
        is_careful: Take for markup only what no plain text holds.
    """
    environment: dict[str, Any] = {}
    if is_careful:
        environment = {ELEMENTS: real_tags(text.text), NOTES: notes_of(text.text)}
    tokens = parser(is_careful=is_careful).parse(text.text, environment)
    return _Reader(text, has_plain_lists=is_careful).blocks(tokens)


class _Reader:
    """Turns the parser's tokens into blocks."""

    def __init__(self, text: Traced, *, has_plain_lists: bool) -> None:
        self._lines = text.split(_LINE)
        self._builder = BlockBuilder()
        self._writer = HtmlWriter(self._builder)
        self._inline = InlineText(self._writer)
        self._paragraphs = Paragraphs(text.text if has_plain_lists else "", self._builder)
        self._lists: list[_List] = []
        self._cell_end = 0

    def blocks(self, tokens: list[Token]) -> list[Block]:
        """Returns the blocks that the tokens stand for."""
        for place, token in enumerate(tokens):
            if token.type == "inline":
                self._add_inline(token, tokens[place - 1].type)
            elif token.type in _LIST_STARTS:
                self._lists.append(_List(token, tokens, place))
            elif token.type in _LIST_ENDS:
                self._lists.pop()
                self._builder.end(self._pause_s)
            elif token.type == "list_item_open":
                self._add_number(token)
            elif token.type in {"fence", "code_block"}:
                self._add_code(token)
            else:
                self._end(token.type)
        return self._builder.blocks()

    @property
    def _pause_s(self) -> float:
        return ITEM_PAUSE_S if self._lists else PARAGRAPH_PAUSE_S

    def _end(self, kind: str) -> None:
        if kind in _ENDS:
            self._builder.end(self._pause_s)
        elif kind in _PAUSES:
            self._builder.end(_PAUSES[kind])
        if kind == "tr_open":
            self._cell_end = 0

    def _add_inline(self, token: Token, parent: str) -> None:
        if parent in _CELLS:
            content, self._cell_end = cell_of(token, self._lines, self._cell_end)
            if self._builder.is_open:
                self._builder.add(content.replaced(0, 0, ", "))
        else:
            content = content_of(token, self._lines)
        for run in self._inline.runs(token, content):
            if isinstance(run, tuple):
                self._writer.tag(*run)
            elif self._writer.is_dropping:
                continue
            elif parent == "paragraph_open":
                self._add_paragraph(run)
            else:
                self._builder.add(run.sub(_BLANKS, " "))

    def _add_paragraph(self, text: Traced) -> None:
        at = 0
        for row in _ROW.finditer(text.text):
            self._paragraphs.add(text[at : row.start()], ITEM_PAUSE_S)
            cells = [cell for cell in text[row.start() : row.end()].split(_BAR) if cell.text]
            for cell in cells:
                if self._builder.is_open:
                    self._builder.add(cell.replaced(0, 0, ", "))
                self._builder.add(cell)
            self._builder.end(ITEM_PAUSE_S)
            at = row.end()
        self._paragraphs.add(text[at:], 0.0)

    def _add_number(self, item: Token) -> None:
        number = self._lists[-1].number(item)
        line = self._lines[item.map[0]] if item.map else None
        if number is None or line is None:
            return
        start = max(0, line.text.find(item.info))
        written = line.replaced(start, start + len(item.info), f"{number}{item.markup} ")
        self._builder.add(written)

    def _add_code(self, token: Token) -> None:
        first, end = token.map or (0, 0)
        if token.type == "fence":
            first += 1
        count = token.content.count("\n")
        for line in self._lines[first : min(end, first + count)]:
            self._builder.add(line)
            self._builder.end(LINE_PAUSE_S)
        self._builder.end(self._pause_s)


class _List:
    """A list that is open."""

    def __init__(self, start: Token, tokens: list[Token], place: int) -> None:
        self._is_ordered = start.type == "ordered_list_open"
        numbers = []
        for at in range(place + 1, len(tokens)):
            token = tokens[at]
            if token.level == start.level and token.nesting < 0:
                break
            if token.type == "list_item_open" and token.level == start.level + 1:
                numbers.append(token.info)
        # Many write 1. before each item and leave the counting to others.
        self._counts = len(numbers) > 1 and len(set(numbers)) == 1
        self._next = int(numbers[0]) if numbers and numbers[0] else 1

    def number(self, item: Token) -> str | None:
        """Returns what is said before an item: its number, in a list that has numbers."""
        if not self._is_ordered:
            return None
        if not self._counts:
            return item.info
        self._next += 1
        return str(self._next - 1)
