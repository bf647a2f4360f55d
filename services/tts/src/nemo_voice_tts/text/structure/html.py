"""HTML: the text that a browser shows; broken pages are read as far as they go."""

import re
from string import ascii_uppercase

from nemo_voice_tts.text.structure.blocks import (
    HEADING_PAUSE_S,
    ITEM_PAUSE_S,
    LINE_PAUSE_S,
    PARAGRAPH_PAUSE_S,
    RULE_PAUSE_S,
    Block,
    BlockBuilder,
)
from nemo_voice_tts.text.structure.entities import decoded_as_html
from nemo_voice_tts.text.structure.html_tags import (
    BLOCKS,
    DROPPED,
    HEADINGS,
    RAW,
    VOID,
    Tag,
    tags,
)
from nemo_voice_tts.text.structure.scripts import lowered, raised
from nemo_voice_tts.text.traced import Traced

_BLANKS = re.compile(r"(?:(?!(?<=\d)[\xa0\u2009\u202f](?=\d))\s)+")
"""But for those that divide a number."""
_LINE = re.compile(r"\n")
_NUMBER = re.compile(r"-?[0-9]{1,6}")
_INVISIBLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_PAUSES = {
    **dict.fromkeys(HEADINGS, HEADING_PAUSE_S),
    **dict.fromkeys(("li", "tr", "dt", "dd", "option"), ITEM_PAUSE_S),
    **dict.fromkeys(("div", "body", "html", "tbody", "thead", "tfoot"), LINE_PAUSE_S),
}
"""Silence after the elements that do not end as paragraphs do."""
_CELLS = frozenset({"td", "th"})
_LISTS = frozenset({"ol", "ul", "menu"})
_SCRIPTS = frozenset({"sup", "sub"})


def html_blocks(text: Traced) -> list[Block]:
    """Returns the blocks of an HTML text, whether a page or a fragment."""
    builder = BlockBuilder()
    add_html(text, builder)
    return builder.blocks()


def add_html(text: Traced, builder: BlockBuilder, elements: frozenset[str] | None = None) -> None:
    """Adds the blocks of an HTML text.

    Args:
        text: A page or a fragment.
        builder: What they are added to.
        elements: Tags of other elements are text; absent: all tags are tags.
    """
    writer = HtmlWriter(builder)
    at = 0
    for tag in tags(text.text):
        if tag.start < at or (elements is not None and tag.name and tag.name not in elements):
            continue
        writer.text(decoded_as_html(text[at : tag.start]))
        writer.tag(tag, text[tag.start : tag.end])
        at = tag.end
    writer.text(decoded_as_html(text[at:]))
    builder.end(PARAGRAPH_PAUSE_S)


class HtmlWriter:
    """Turns tags and the text between them into blocks."""

    def __init__(self, builder: BlockBuilder) -> None:
        self._builder = builder
        self._dropped: list[str] = []
        """The element whose content is dropped, once for each time that it is open."""
        self._lists: list[_List] = []
        self._preformatted = 0
        self._script = ""
        """`sup` or `sub` inside one of them."""

    @property
    def is_dropping(self) -> bool:
        """Whether the text is inside an element that nobody reads."""
        return bool(self._dropped)

    def tag(self, tag: Tag, source: Traced) -> None:
        """Takes a tag, a comment or a declaration.

        Args:
            tag: What it says.
            source: How it is written.
        """
        if self._dropped:
            self._look_for_end(tag)
        if self._dropped or not tag.name:
            return
        if tag.is_end:
            self._end(tag, source)
        elif tag.name in VOID:
            self._void(tag, source)
        elif tag.name in DROPPED or is_hidden(tag):
            self._dropped = [tag.name]
        else:
            self._start(tag, source)

    def text(self, piece: Traced) -> None:
        """Takes the text up to the next tag."""
        if self._dropped or not piece.text:
            return
        if self._script == "sup":
            piece = raised(piece, self._builder.written)
        elif self._script:
            piece = lowered(piece)
        if self._preformatted:
            *lines, last = piece.split(_LINE)
            for line in lines:
                self._builder.add(line)
                self._builder.end(LINE_PAUSE_S)
            self._builder.add(last)
        else:
            self._builder.add(piece.sub(_BLANKS, " "))

    def _look_for_end(self, tag: Tag) -> None:
        name = self._dropped[-1]
        if (name == "p" and tag.name in BLOCKS) or (name == "head" and tag.name == "body"):
            self._dropped = []  # its own end may be left out
        elif tag.name == name and tag.is_end:
            self._dropped.pop()
        elif tag.name == name and name not in RAW:
            self._dropped.append(name)

    def _void(self, tag: Tag, source: Traced) -> None:
        if tag.name == "br":
            self._builder.end(LINE_PAUSE_S if self._builder.is_open else PARAGRAPH_PAUSE_S)
        elif tag.name == "hr":
            self._builder.end(RULE_PAUSE_S)
        elif tag.name in {"img", "area"} and not is_hidden(tag):
            self._insert(f" {tag.attributes.get('alt', '')} ", source)
        elif tag.name == "input" and tag.attributes.get("type") in {"submit", "button", "reset"}:
            self._insert(f" {tag.attributes.get('value', '')} ", source)

    def _start(self, tag: Tag, source: Traced) -> None:
        name = tag.name
        if name in _CELLS:
            if self._builder.is_open:
                self._insert(", ", source)
        elif name in BLOCKS:
            self._start_block(tag, source)
        elif name in _SCRIPTS:
            self._script = name
        elif name == "q":
            self._insert('"', source)

    def _start_block(self, tag: Tag, source: Traced) -> None:
        name = tag.name
        self._builder.end(self._pause(name))
        if name in _LISTS:
            self._lists.append(_List(tag))
        elif name == "li" and self._lists:
            self._insert(self._lists[-1].marker(tag), source)
        elif name == "pre":
            self._preformatted += 1

    def _end(self, tag: Tag, source: Traced) -> None:
        name = tag.name
        if name in _LISTS and self._lists:
            self._lists.pop()
        if name in BLOCKS and name not in _CELLS:
            self._builder.end(self._pause(name))
        if name == "pre":
            self._preformatted = max(0, self._preformatted - 1)
        elif name in _SCRIPTS:
            self._script = ""
        elif name == "q":
            self._insert('"', source)

    def _pause(self, name: str) -> float:
        pause_s = _PAUSES.get(name, PARAGRAPH_PAUSE_S)
        return min(pause_s, ITEM_PAUSE_S) if self._lists else pause_s

    def _insert(self, text: str, source: Traced) -> None:
        self._builder.add(source.replaced(0, len(source), text))


class _List:
    """A list that is open."""

    def __init__(self, tag: Tag) -> None:
        self._kind = tag.attributes.get("type", "1") if tag.name == "ol" else ""
        self._step = -1 if "reversed" in tag.attributes else 1
        self._next = _number(tag.attributes.get("start"), 1)

    def marker(self, item: Tag) -> str:
        """Returns what is said before an item: its number, in a list that has numbers."""
        if not self._kind:
            return ""
        number = _number(item.attributes.get("value"), self._next)
        self._next = number + self._step
        if self._kind in {"a", "A"} and 1 <= number <= len(ascii_uppercase):
            return f"{ascii_uppercase[number - 1]}. "
        return f"{number}. "


def _number(written: str | None, default: int) -> int:
    return int(written) if written is not None and _NUMBER.fullmatch(written) else default


def is_hidden(tag: Tag) -> bool:
    """Returns whether an element is not shown."""
    said = tag.attributes
    return (
        said.get("hidden", "until-found") != "until-found"
        or said.get("aria-hidden", "").lower() == "true"
        or _INVISIBLE.search(said.get("style", "")) is not None
    )
