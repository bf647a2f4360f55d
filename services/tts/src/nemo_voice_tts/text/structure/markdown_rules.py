"""Markdown's parser, set up for listeners; and a careful one, for texts that may be no Markdown.

The careful one takes for markup only what no plain text holds: `2*3*4`, `__init__`, `- 5 degrees`,
`> 5` and `handlers[name](event)` stay as they are.
"""

import re
from collections.abc import Callable
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, heading, reference
from markdown_it.rules_inline import (
    StateInline,
    autolink,
    backtick,
    emphasis,
    escape,
    html_inline,
    image,
    link,
)
from typing_extensions import override

from nemo_voice_tts.text.structure.html_tags import KNOWN

ELEMENTS = "elements"
"""Key of the parser's environment: the elements whose tags are tags."""
NOTES = "notes"
"""Key of the parser's environment: the marks that are footnotes', besides numbers; absent: all."""
FORMULA = "formula"
"""The token of LaTeX between its signs."""
NOTE = "note"
"""The token of a footnote's mark, or of its number before the note itself."""
SOURCE = "source"
"""Key of a token's `meta`: where it begins and ends in the inline text."""

_Inline = Callable[[StateInline, bool], bool]
_Block = Callable[[StateBlock, int, int, bool], bool]

_MATHEMATICS = re.compile(r"\$\$[^$]{1,2000}\$\$|\$(?=[^\s$])[^$\n]{1,500}(?<=\S)\$(?!\d)")
_MATHEMATICAL = re.compile(r"[\\^_{}=]")
_MOST_MATHEMATICS = 2000
_BRACKETED = {"\\(": "\\)", "\\[": "\\]"}
_SCHEMES = ("http", "https", "ftp")
_ADDRESS = re.compile(r"://[^\s<>\"`\[\]]+")
_AFTER_ADDRESS = "*_~.,;:!?)'"
_NOTE = re.compile(r"\[\^([^\]\s\[]{1,40})\](:[ \t]*)?")
_NOTE_TEXT = re.compile(r"^ {0,3}\[\^([^\]\s\[]{1,40})\]:", re.MULTILINE)
_RUN = re.compile(r"\*+|_+")
_SPECIAL_NAME = re.compile(
    r"__(?:all|bool|call|class|contains|copy|del|delitem|dict|doc|enter|eq|exit|file|format|future"
    r"|ge|get|getattr|getitem|gt|hash|import|init|init_subclass|int|iter|le|len|lt|main|module|name"
    r"|ne|new|next|path|post_init|proto|repr|set|setattr|setitem|slots|str|version)__"
)
"""Python's own names between two pairs of underscores, and JavaScript's."""
_FACTOR = re.compile(r"[\d)\]=+/-]\s*$")
_ESCAPABLE = frozenset("*_#`~>|+-.!<&$\n")
_QUOTED_AMOUNT = re.compile(r">[ \t]*(?:[-+]?[$£€]?\.?\d|=)")
_NO_HEADING = re.compile(r"#{1,6}[ \t]*#*[ \t]*$|#[ \t]+\d+[ \t]*$|#[ \t]+of[ \t]")
_LINK_DEFINITION = re.compile(
    r"\[[^\]]+\]:[ \t]*<?(?:[a-z][a-z+.-]*:|www\.|/|#|\.{1,2}/)", re.IGNORECASE
)
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)|<!--")


class _Parser(MarkdownIt):
    """Leaves addresses as they are written: their words are read, nobody follows them."""

    @override
    def normalizeLink(self, url: str) -> str:
        return url

    @override
    def normalizeLinkText(self, link: str) -> str:
        return link

    @override
    def validateLink(self, url: str) -> bool:
        return True


@cache
def parser(*, is_careful: bool) -> MarkdownIt:
    """Returns the parser: CommonMark with tables, strikethrough, task lists and footnotes' marks.

    `ELEMENTS` in its environment names the elements whose tags are tags; others are text.
    """
    made = _Parser("commonmark", {"html": True, "tasklists": True})
    made.enable(["table", "strikethrough"])
    # Blocks of HTML are read as inline tags, since Markdown may stand inside them; texts of escapes
    # and entities stay apart, since they are not what the source holds.
    made.disable(["html_block", "text_join"])
    inline, block = made.inline.ruler, made.block.ruler
    for name, rule in (("backticks", backtick), ("image", image), ("autolink", autolink)):
        inline.at(name, _recorded(rule))
    inline.at("link", _recorded(_careful_link if is_careful else link))
    inline.at("html_inline", _html_inline)
    inline.before("escape", "mathematics", _mathematics)
    inline.before("escape", "address", _address)
    inline.before("link", NOTE, _note)
    block.at("reference", _reference(_is_link if is_careful else _is_no_note))
    if is_careful:
        # Lists are left to `plain.py`, which keeps their numbers and what is none.
        made.disable(["list", "code", "lheading"])
        inline.at("emphasis", _careful_emphasis)
        inline.at("escape", _careful_escape)
        interrupted = ["paragraph", "reference", "blockquote"]
        block.at("blockquote", _careful_blockquote, {"alt": [*interrupted, "list"]})
        block.at("heading", _careful_heading, {"alt": interrupted})
    return made


def _recorded(rule: _Inline) -> _Inline:
    def run(state: StateInline, silent: bool) -> bool:
        start, count = state.pos, len(state.tokens)
        is_found = rule(state, silent)
        if is_found and not silent and len(state.tokens) > count:
            state.tokens[-1].meta[SOURCE] = (start, state.pos)
        return is_found

    return run


def _mathematics(state: StateInline, silent: bool) -> bool:
    """LaTeX is left alone, whatever marks it holds, but for the signs around it."""
    source, start = state.src, state.pos
    end, width = -1, 2
    if source[start] == "$":
        found = _MATHEMATICS.match(source, start, state.posMax)
        end = found.end() if found else -1
        width = 2 if source.startswith("$$", start) else 1
    elif (closing := _BRACKETED.get(source[start : start + 2])) is not None:
        limit = min(state.posMax, start + _MOST_MATHEMATICS)
        end = source.find(closing, start + 2, limit) + 2
    if end <= start + 2 or not _MATHEMATICAL.search(source, start + width, end - width):
        return False
    if not silent:
        token = state.push(FORMULA, "", 0)
        token.content = source[start + width : end - width]
        token.markup = source[start : start + width]
        token.meta[SOURCE] = (start, end)
    state.pos = end
    return True


def _address(state: StateInline, silent: bool) -> bool:
    """Marks inside an address are part of it."""
    start = state.pos
    if not state.src.startswith("://", start):
        return False
    if not state.src[max(0, start - 5) : start].lower().endswith(_SCHEMES):
        return False
    found = _ADDRESS.match(state.src, start, state.posMax)
    if found is None:
        return False
    end = start + len(found[0].rstrip(_AFTER_ADDRESS))
    if not silent:
        state.append_pending(state.src[start:end])
    state.pos = end
    return end > start


def notes_of(text: str) -> frozenset[str]:
    """Returns the marks of the footnotes that a text surely holds."""
    return frozenset(found[1] for found in _NOTE_TEXT.finditer(text))


def _note(state: StateInline, silent: bool) -> bool:
    start = state.pos
    if not state.src.startswith("[^", start):
        return False
    found = _NOTE.match(state.src, start, state.posMax)
    known = state.env.get(NOTES)
    if found is None or (known is not None and not (found[1].isdigit() or found[1] in known)):
        return False
    is_note = found[2] and (start == 0 or state.src[start - 1] == "\n")
    if not silent:
        state.push(NOTE, "", 0)
    state.pos = found.end() if is_note else found.end() - len(found[2] or "")
    return True


def _html_inline(state: StateInline, silent: bool) -> bool:
    found = _TAG.match(state.src, state.pos)
    if found is None or (found[1] and found[1].lower() not in state.env.get(ELEMENTS, KNOWN)):
        return False
    return html_inline(state, silent)


def _reference(is_one: Callable[[str], bool]) -> _Block:
    def run(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        return is_one(_line(state, start)) and reference(state, start, end, silent)

    return run


def _is_link(line: str) -> bool:
    return _LINK_DEFINITION.match(line) is not None and _is_no_note(line)


def _is_no_note(line: str) -> bool:
    return line.startswith("[") and not line.startswith("[^")


def _careful_link(state: StateInline, silent: bool) -> bool:
    start = state.pos
    before = state.src[start - 1] if start else " "
    if state.src[start] == "[" and (before.isalnum() or before in "]_"):
        return False  # an index of a program
    return link(state, silent)


def _careful_emphasis(state: StateInline, silent: bool) -> bool:
    source, start = state.src, state.pos
    run = _RUN.match(source, start, state.posMax)
    if silent or run is None:
        return False
    name = _SPECIAL_NAME.match(source, start, state.posMax)
    end = name.end() if name else run.end()
    before = source[start - 1] if start else " "
    after = source[end] if end < state.posMax else " "
    is_inside = before.isalnum() and after.isalnum()
    is_factor = before.isspace() and after.isdigit() and _FACTOR.search(source[:start][-8:])
    if name or is_inside or is_factor:
        state.append_pending(source[start:end])
        state.pos = end
        return True
    return emphasis.tokenize(state, silent)


def _careful_escape(state: StateInline, silent: bool) -> bool:
    following = state.src[state.pos + 1 : state.pos + 2]
    return following in _ESCAPABLE and escape(state, silent)


def _careful_blockquote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    is_alone = start + 1 >= end or not _line(state, start + 1).startswith(">")
    if is_alone and _QUOTED_AMOUNT.match(_line(state, start)):
        return False  # greater than
    return blockquote(state, start, end, silent)


def _careful_heading(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    return not _NO_HEADING.match(_line(state, start)) and heading(state, start, end, silent)


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]
