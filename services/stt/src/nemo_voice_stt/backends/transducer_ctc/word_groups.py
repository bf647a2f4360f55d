"""From a recogniser's tokens to the tokens of each word.

A token that begins with SentencePiece's mark has a space before it. A word is what stands between
spaces, but for two things: marks of punctuation between spaces are written to the word they belong
to, and in scripts without spaces each token is a word.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from nemo_voice_stt.backends.transducer_ctc.punctuation import (
    Lean,
    QuotationMarks,
    is_mark,
    may_open,
)
from nemo_voice_stt.backends.transducer_ctc.tokens import WORD_START, Token
from nemo_voice_stt.transcription.writing import is_unspaced

_THAI_ENDINGS = frozenset("ะาำๅๆຯະາຳๆ")
"""Vowels that follow their consonant; their category does not say so."""


@dataclass(slots=True)
class Unit:
    """A token with the lone marks before it."""

    tokens: list[Token]
    bare: str
    """Its spelling without marks at the beginning."""
    has_space: bool


@dataclass(slots=True)
class WordGroup:
    """The tokens of one word, in stretches between which no space is written."""

    stretches: list[list[Token]] = field(default_factory=list)
    is_joined: bool = False
    """Whether no space stands before it."""

    @property
    def tokens(self) -> list[Token]:
        """Its tokens in order."""
        return [token for stretch in self.stretches for token in stretch]


def word_groups(tokens: Sequence[Token]) -> list[WordGroup]:
    """Returns the tokens of each word in order; every token is in one, but for lone marks."""
    groups = list(_between_spaces(list(_units(tokens))))
    return [part for group in groups for part in _unspaced_words(group)]


def _units(tokens: Sequence[Token]) -> Iterator[Unit]:
    lone: list[Token] = []
    for token in tokens:
        bare = token.piece.lstrip(WORD_START)
        if not bare:
            lone.append(token)
            continue
        yield Unit([*lone, token], bare, bool(lone) or token.piece.startswith(WORD_START))
        lone = []


def _between_spaces(units: Sequence[Unit]) -> Iterator[list[list[Unit]]]:
    """Yields the units of each word, in stretches with a space between them."""
    quotes = QuotationMarks()
    word: list[list[Unit]] = []
    leans_on = False
    """Whether the word so far is marks that belong to what follows."""
    place = 0
    while place < len(units):
        end = _end_of_marks(units, place)
        if end > place:
            lean = _lean(units, place, end, quotes, has_word=bool(word))
        else:
            end, lean = place + 1, Lean.NEITHER
        has_space = units[place].has_space
        if word and has_space and not leans_on and lean is not Lean.BEFORE:
            yield word
            word = []
        if word and not has_space:
            word[-1] += units[place:end]
        else:
            word.append(list(units[place:end]))
        leans_on = lean is Lean.AFTER
        place = end
    if word:
        yield word


def _lean(
    units: Sequence[Unit], start: int, end: int, quotes: QuotationMarks, *, has_word: bool
) -> Lean:
    """Returns to which word the marks belong that reach from one place to the other."""
    mark = "".join(unit.bare for unit in units[start:end])
    following = units[end] if end < len(units) else None
    is_followed = following is not None and not following.has_space
    if units[start].has_space or not has_word:
        before, after = units[start - 1].bare if start else "", following.bare if following else ""
        lean = Lean.AFTER if is_followed else quotes.lean(before, mark, after)
    elif is_followed:  # as the apostrophe in "don't"
        return Lean.NEITHER
    else:
        lean = Lean.BEFORE
    quotes.follow(mark, lean)
    return lean


def _end_of_marks(units: Sequence[Unit], start: int) -> int:
    """Returns where the marks end that begin at this place, with no space between them."""
    end = start
    while (
        end < len(units) and is_mark(units[end].bare) and (end == start or not units[end].has_space)
    ):
        end += 1
    return end


def _unspaced_words(stretches: list[list[Unit]]) -> Iterator[WordGroup]:
    """Yields the word, or its words where its script writes none apart."""
    group = WordGroup()
    before: Unit | None = None
    has_letters = False
    for stretch in stretches:
        group.stretches.append([])
        for place, unit in enumerate(stretch):
            is_last = place == len(stretch) - 1
            if before is not None and has_letters and _may_part(before, unit, is_last=is_last):
                yield group
                group, has_letters = WordGroup([[]], is_joined=True), False
            group.stretches[-1] += unit.tokens
            has_letters = has_letters or not is_mark(unit.bare)
            before = unit
    yield group


def _may_part(before: Unit, after: Unit, *, is_last: bool) -> bool:
    """Returns whether a word may begin here without a space before it."""
    last, first = before.bare[-1], after.bare[0]
    if not (is_unspaced(last) or is_unspaced(first)):
        return False
    if is_mark(after.bare):
        return may_open(first) and not is_last
    return not _continues(first)


def _continues(character: str) -> bool:
    """Returns whether the character never begins a line: signs that change the one before."""
    category = unicodedata.category(character)
    return (
        category[0] == "M"
        or category == "Lm"
        or character in _THAI_ENDINGS
        or "LETTER SMALL " in unicodedata.name(character, "")
    )
