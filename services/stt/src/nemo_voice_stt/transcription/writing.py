"""How words are written one after another: with a space between them, or without, as in Japanese.

The backends mark a word that follows the one before it without a space; captions and transcripts
join words and passages here.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Protocol

_IDEOGRAPHS = ("CJK ", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA", "BOPOMOFO")
_SOUTHEAST_ASIAN = ("THAI ", "LAO ", "KHMER ", "MYANMAR ")
_WIDE = ("W", "F")


class Written(Protocol):
    """A word, as far as joining is concerned."""

    @property
    def text(self) -> str:
        """What it says."""
        ...

    @property
    def is_joined(self) -> bool:
        """Whether no space stands before it."""
        ...


def joined(words: Iterable[Written]) -> str:
    """Returns the words as one text."""
    parts: list[str] = []
    for word in words:
        if parts and not word.is_joined:
            parts.append(" ")
        parts.append(word.text)
    return "".join(parts)


def joined_passages(texts: Sequence[str]) -> str:
    """Returns the texts of consecutive passages as one; empty ones leave no trace."""
    kept = [text for text in texts if text]
    separators = [separator(before, after) for before, after in pairwise(kept)]
    return "".join(f"{text}{after}" for text, after in zip(kept, [*separators, ""], strict=False))


def separator(before: str, after: str) -> str:
    """Returns what stands between two passages: nothing where either is empty or both are CJK."""
    if not before or not after:
        return ""
    return "" if is_ideographic(before[-1]) and is_ideographic(after[0]) else " "


def parts_of(text: str) -> list[str]:
    """Returns the smallest parts of a text that may be shown by themselves; they join to it.

    They are its words, each with one space before it but for the first; of scripts that are written
    without spaces they are the characters.
    """
    return [
        f" {part}" if place == 0 and number else part
        for number, word in enumerate(text.split())
        for place, part in enumerate(_parts_of_word(word))
    ]


def _parts_of_word(word: str) -> list[str]:
    if word.isascii():
        return [word]
    parts = [word[0]]
    for before, character in pairwise(word):
        belongs = unicodedata.category(character).startswith("M")
        if belongs or not (is_unspaced(before) or is_unspaced(character)):
            parts[-1] += character
        else:
            parts.append(character)
    return parts


def is_unspaced(character: str) -> bool:
    """Returns whether words of this character's script follow each other without spaces."""
    return is_ideographic(character) or (
        _is_letter(character) and _name(character).startswith(_SOUTHEAST_ASIAN)
    )


def is_ideographic(character: str) -> bool:
    """Returns whether the character belongs to Chinese or Japanese text, punctuation included."""
    if unicodedata.category(character).startswith("P"):
        return is_wide(character)
    return _is_letter(character) and _name(character).startswith(_IDEOGRAPHS)


def _is_letter(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "LM" or category == "Nl"  # as the zero of Chinese numbers


def is_wide(character: str) -> bool:
    """Returns whether the character is as wide as two Latin ones."""
    return unicodedata.east_asian_width(character) in _WIDE


@lru_cache(maxsize=4096)
def _name(character: str) -> str:
    return unicodedata.name(character, "")
