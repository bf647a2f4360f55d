"""To which word a mark of punctuation belongs that a recogniser wrote with a space before it.

`word_groups.py` calls it. The rules are Unicode's categories; the marks that lean differently from
their category are listed.
"""

import unicodedata
from enum import Enum

_QUOTES = {
    mark: family
    for family, marks in enumerate(('"“”„‟＂', "'‘’‚‛`＇", "«»‹›"))  # noqa: RUF001 these are meant
    for mark in marks
}
"""By their family. These open and close by turns: German closes with what opens English."""
_ALWAYS_OPEN = frozenset("¿¡⸘")
_SPOKEN = frozenset("#%&*/@\\§¶†‡‰‱·•․‧※＃％＆＊／＠＼")  # noqa: RUF001 these are meant
"""Punctuation by its category, and yet words of their own: "at", "percent", "and"."""


class Lean(Enum):
    """Which word a mark belongs to."""

    BEFORE = "the word before it"
    AFTER = "the word after it"
    NEITHER = "none"


class QuotationMarks:
    """Follows a text's quotation marks, so that one between spaces is known to open or close."""

    def __init__(self) -> None:
        self._open: set[int] = set()

    def lean(self, before: str, mark: str, following: str) -> Lean:
        """Returns which word a mark belongs to that has spaces on both sides.

        Args:
            before: What is written before the first space; nothing at the beginning.
            mark: One mark, or several in a row.
            following: What is written after the space; nothing at the end.
        """
        if is_opening(mark[0]) or (mark[0] in _QUOTES and not self._closes(mark[0])):
            return Lean.AFTER
        if mark[0] in _QUOTES or any(map(is_closing, mark)):
            return Lean.BEFORE
        is_price = _category(mark[-1]) == "Sc" and following[:1].isdigit()
        # "5 € 3 times": the number before has it already.
        return Lean.AFTER if is_price and not before[-1:].isdigit() else Lean.NEITHER

    def follow(self, mark: str, lean: Lean) -> None:
        """Notes marks that stand at the word on this side of them."""
        families = {_QUOTES[character] for character in mark if character in _QUOTES}
        if lean is Lean.AFTER:
            self._open |= families
        elif lean is Lean.BEFORE:
            self._open -= families

    def _closes(self, quote: str) -> bool:
        return _QUOTES[quote] in self._open or _category(quote) == "Pf"


def is_mark(text: str) -> bool:
    """Returns whether the text holds neither letters nor digits, and is not empty."""
    return bool(text) and all(_category(character)[0] in "PSZC" for character in text)


def is_quote(character: str) -> bool:
    """Returns whether the character is a mark that opens and closes by turns."""
    return character in _QUOTES


def is_silent(text: str) -> bool:
    """Returns whether the text is punctuation that nobody says."""
    return bool(text) and all(
        _category(character)[0] == "P" and character not in _SPOKEN for character in text
    )


def is_opening(character: str) -> bool:
    """Returns whether the mark belongs to what follows it, wherever it stands."""
    category = _category(character)
    is_quote = category == "Pi" and character not in _QUOTES
    return character in _ALWAYS_OPEN or category == "Ps" or is_quote


def is_closing(character: str) -> bool:
    """Returns whether the mark belongs to what stands before it, wherever it stands."""
    if character in _QUOTES or character in _SPOKEN or character in _ALWAYS_OPEN:
        return False
    return _category(character) in {"Pe", "Po", "Pf"}


def may_open(character: str) -> bool:
    """Returns whether the mark can stand at the beginning of a word."""
    return is_opening(character) or _category(character) == "Pi"


def _category(character: str) -> str:
    return unicodedata.category(character)
