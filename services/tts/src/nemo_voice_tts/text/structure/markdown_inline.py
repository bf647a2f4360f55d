"""The text of one paragraph, heading or cell of Markdown, found again in its source."""

import re
from collections.abc import Iterable, Iterator

from markdown_it.token import Token

from nemo_voice_tts.text.structure.html import HtmlWriter, is_hidden
from nemo_voice_tts.text.structure.html_tags import BLOCKS, DROPPED, Tag, tags
from nemo_voice_tts.text.structure.markdown_rules import SOURCE
from nemo_voice_tts.text.structure.plain import BREAK
from nemo_voice_tts.text.structure.scripts import lowered, raised
from nemo_voice_tts.text.traced import Traced

_LINE = re.compile(r"\n")
_ESCAPED_BAR = re.compile(r"\\\|")
_SCRIPTS = frozenset({"sup", "sub"})


def content_of(token: Token, lines: list[Traced]) -> Traced:
    """Returns the content of an inline token as it stands in the source.

    Args:
        token: Its content has lost indents, marks of quotes and the like.
        lines: The lines of the text.
    """
    first = token.map[0] if token.map else 0
    pieces: list[Traced] = []
    for number, line in enumerate(token.content.split("\n"), first):
        found = _in_line(line, lines[number], lines[number].text.rfind(line))
        pieces += [found, found.replaced(len(found), len(found), "\n")]
    return Traced.joined(pieces[:-1])


def cell_of(token: Token, lines: list[Traced], at: int) -> tuple[Traced, int]:
    """Returns the content of a table's cell, and where it ends in its line.

    Args:
        token: The cell.
        lines: The lines of the text.
        at: Where the cell before it ends.
    """
    line = lines[token.map[0] if token.map else 0]
    written = token.content.replace("|", r"\|")
    start = line.text.find(written, at)
    if start < 0:
        return _in_line(token.content, line, line.text.find(token.content, at)), at
    end = start + len(written)
    return line[start:end].sub(_ESCAPED_BAR, "|"), end


def _in_line(text: str, line: Traced, start: int) -> Traced:
    # A tab that an indent cuts in two comes back as blanks: no place is exact then.
    if start < 0:
        return line.replaced(0, len(line), text)
    return line[start : start + len(text)]


class InlineText:
    """Yields the words of inline tokens, and the tags of HTML that cut them into blocks."""

    def __init__(self, writer: HtmlWriter) -> None:
        self._writer = writer
        self._script = ""

    def runs(self, token: Token, content: Traced) -> Iterator[Traced | tuple[Tag, Traced]]:
        """Yields stretches of text, and tags between them with their sources.

        Args:
            token: An inline token.
            content: Its content.
        """
        walk = _Walk(content)
        pieces: list[Traced] = []
        for child in token.children or ():
            if child.type == "html_inline":
                source = walk.found(child.content)
                for tag in tags(child.content):
                    if self._cuts(tag):
                        yield Traced.joined(pieces)
                        yield tag, source
                        pieces = []
                    else:
                        pieces.append(self._of_tag(tag, source))
            elif self._script:
                pieces.append(self._scripted(walk.piece(child), pieces))
            else:
                pieces.append(walk.piece(child))
        yield Traced.joined(pieces)

    def _cuts(self, tag: Tag) -> bool:
        if self._writer.is_dropping or tag.name in BLOCKS or tag.name in DROPPED:
            return True
        return tag.name == "hr" or is_hidden(tag)

    def _of_tag(self, tag: Tag, source: Traced) -> Traced:
        if tag.name in _SCRIPTS:
            self._script = "" if tag.is_end else tag.name
        text = {"br": BREAK, "q": '"', "img": f" {tag.attributes.get('alt', '')} "}.get(
            tag.name, ""
        )
        return source.replaced(0, len(source), text)

    def _scripted(self, piece: Traced, before: Iterable[Traced]) -> Traced:
        if self._script == "sub":
            return lowered(piece)
        return raised(piece, "".join(one.text for one in before)[-80:])


class _Walk:
    """Finds the tokens of a content one after the other."""

    def __init__(self, content: Traced) -> None:
        self._content = content
        self._at = 0

    def found(self, text: str) -> Traced:
        """Returns the next stretch of the content that reads so."""
        start = self._content.text.find(text, self._at)
        if start < 0:  # it is in the source in another way
            return self._content.replaced(self._at, self._at, text)
        self._at = start + len(text)
        return self._content[start : self._at]

    def piece(self, token: Token) -> Traced:
        """Returns what is said of a token; nothing for the start and end of emphasis or a link."""
        match token.type:
            case "text":
                piece = self.found(token.content)
            case "text_special":
                source = self.found(token.markup)
                piece = source.replaced(0, len(source), token.content)
            case "softbreak":
                piece = self.found("\n")
            case "hardbreak":
                piece = self.found("\n").sub(_LINE, BREAK)
            case "code_inline" | "formula":
                piece = self._verbatim(token)
            case "image":
                piece = self._alternative(token)
            case _:
                self._at = token.meta.get(SOURCE, (0, self._at))[1]
                piece = self._content[:0]
        return piece

    def _verbatim(self, token: Token) -> Traced:
        start, end = token.meta[SOURCE]
        self._at = end
        width = len(token.markup)
        return self._content[start + width : end - width].sub(_LINE, " ").strip()

    def _alternative(self, token: Token) -> Traced:
        start, end = token.meta[SOURCE]
        text = "".join(child.content for child in token.children or ())
        at = self._content.text.find(text, start, end)
        self._at = end
        if at < 0:
            return self._content.replaced(start, end, f" {text} ")
        blank = self._content.replaced(start, end, " ")
        return Traced.joined([blank, self._content[at : at + len(text)], blank])
