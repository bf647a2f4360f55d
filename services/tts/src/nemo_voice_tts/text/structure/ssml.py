"""SSML 1.1: pauses, substitutions, phonemes, speaking rates, voices and kinds of text.

Elements that it does not know, or that this voice cannot follow, are read as if they were not
there, as the standard wants: `<emphasis>`, pitch and volume. Numbers and short forms
inside an `xml:lang` are in the words of that language, where texts are read in it.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from xml.parsers import expat

from nemo_voice_tts.errors import InvalidMarkup
from nemo_voice_tts.text.cleaning import cleaned
from nemo_voice_tts.text.en import ENGLISH
from nemo_voice_tts.text.insets import Insets
from nemo_voice_tts.text.language import Language
from nemo_voice_tts.text.languages import language_of
from nemo_voice_tts.text.phonemes import Alphabet, Pronunciation
from nemo_voice_tts.text.structure.blocks import PARAGRAPH_PAUSE_S, Block, BlockBuilder
from nemo_voice_tts.text.structure.say_as import rewritten
from nemo_voice_tts.text.structure.ssml_values import MOST_SILENCE_S, break_s, pace_of
from nemo_voice_tts.text.traced import Traced

_START = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<(?:[A-Za-z_][\w.-]*:)?speak[\s/>]",
    re.DOTALL,
)
_BLANKS = re.compile(r"\s+")
_DROPPED = frozenset({"metadata", "meta", "lexicon", "desc"})
_REPLACED = frozenset({"sub", "say-as", "phoneme"})
_ALPHABETS = {
    "": Alphabet.IPA,
    "ipa": Alphabet.IPA,
    "x-sampa": Alphabet.X_SAMPA,
    "arpabet": Alphabet.ARPABET,
    "x-arpabet": Alphabet.ARPABET,
    "cmu-arpabet": Alphabet.ARPABET,
}
_UNDEFINED_ENTITY = expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]
_ENTITY_HINT = "Write the character itself, or its number, such as &#160; for &nbsp;."
_NO_SSML = "a text of the format ssml begins with <speak>"
_HINT = "Close each element, and write & as &amp; and < as &lt;."


def is_ssml(text: str) -> bool:
    """Returns whether a text begins as an SSML document does."""
    return _START.match(text) is not None


def ssml_blocks(text: Traced, insets: Insets, language: Language = ENGLISH) -> list[Block]:
    """Returns the blocks of an SSML document.

    Args:
        text: The document.
        insets: What its pronunciations are added to.
        language: The voice's, which the document is read in but for stretches with another
            `xml:lang`.

    Raises:
        InvalidMarkup: It is no well-formed SSML, or asks for too long a silence; the message names
            line and column.
    """
    return _Reader(text, insets, language).blocks()


@dataclass(slots=True)
class _Element:
    name: str
    attributes: dict[str, str]
    pace: float
    """The speaking rate inside it."""
    voice: str | None
    """The voice that is named for what is inside it."""
    is_dropped: bool
    language: Language
    """What its text is read in."""
    pieces: list[Traced] = field(default_factory=list)
    """Its text, where something else may be said for it."""


class _Reader:
    """Takes the parser's events."""

    def __init__(self, text: Traced, insets: Insets, language: Language) -> None:
        self._text = text
        self._language = language
        self._insets = insets
        self._encoded = text.text.encode()
        # Places are counted in bytes by the parser.
        is_ascii = len(self._encoded) == len(text)
        self._offsets = (
            None if is_ascii else [0, *accumulate(len(one.encode()) for one in text.text)]
        )
        self._builder = BlockBuilder()
        self._open: list[_Element] = []
        self._silence_s = 0.0
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        # A document needs no entities of its own: they are what billion laughs are made of.
        self._parser.EntityDeclHandler = self._refuse_entity
        self._parser.SkippedEntityHandler = self._refuse_unknown

    def blocks(self) -> list[Block]:
        """Returns the blocks of the document."""
        if not self._text.text.lstrip().startswith("<"):
            raise self._error(f"{_NO_SSML}.", 1, 0)
        try:
            self._parser.Parse(self._encoded, True)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            hint = _ENTITY_HINT if error.code == _UNDEFINED_ENTITY else _HINT
            raise self._error(f"{reason}. {hint}", error.lineno, error.offset) from None
        return self._builder.blocks()

    def _start(self, written: str, attributes: dict[str, str]) -> None:
        name = _local(written)
        if not self._open and name != "speak":
            raise self._error(f"{_NO_SSML}, and this with <{written}>.")
        known = {_local(key): value for key, value in attributes.items()}
        pace = self._open[-1].pace if self._open else 1.0
        voice = self._open[-1].voice if self._open else None
        is_dropped = name in _DROPPED or (bool(self._open) and self._open[-1].is_dropped)
        try:
            if name == "prosody" and "rate" in known:
                pace = pace_of(known["rate"], pace)
            elif name == "voice":
                voice = known.get("name", "").strip() or voice
            elif name == "break" and not is_dropped:
                self._pause(break_s(known.get("time"), known.get("strength")))
        except ValueError as error:
            raise self._error(f"{error}.") from None
        self._open.append(_Element(name, known, pace, voice, is_dropped, self._language_in(known)))
        self._builder.set_delivery(pace, voice)
        if name in {"p", "s"}:
            self._builder.end(PARAGRAPH_PAUSE_S if name == "p" else 0.0)

    def _language_in(self, attributes: dict[str, str]) -> Language:
        """Returns the language inside an element; the root's own is what the voice speaks.

        Clients write `xml:lang="en-US"` there whatever the voice: SSML wants the attribute.
        """
        if not self._open:
            return self._language
        return language_of(attributes.get("lang", "")) or self._open[-1].language

    def _pause(self, seconds: float) -> None:
        self._silence_s += seconds
        if self._silence_s > MOST_SILENCE_S:
            raise ValueError(f"the breaks of one text last at most {MOST_SILENCE_S:.0f}s together")
        if seconds:
            self._builder.silence(seconds)
        else:
            self._add(self._here(" "))

    def _end(self, _written: str) -> None:
        element = self._open.pop()
        if element.name in _REPLACED and not element.is_dropped:
            self._add(self._replaced(element))
        elif element.name in {"p", "s"}:
            self._builder.end(PARAGRAPH_PAUSE_S if element.name == "p" else 0.0)
        if self._open:
            self._builder.set_delivery(self._open[-1].pace, self._open[-1].voice)

    def _characters(self, data: str) -> None:
        start = self._place()
        source = self._text[start : start + len(data)]
        if source.text != data:  # a reference
            end = self._text.text.find(";", start) + 1
            source = self._text.replaced(start, max(end, start + 1), data)
        self._add(source)

    def _add(self, piece: Traced) -> None:
        if self._open and self._open[-1].is_dropped:
            return
        for element in reversed(self._open):
            if element.name in _REPLACED:
                element.pieces.append(piece)
                return
        piece = piece.sub(_BLANKS, " ")
        inner = self._open[-1].language if self._open else self._language
        if inner is not self._language:
            piece = _read_in(inner, piece)
        self._builder.add(piece)

    def _replaced(self, element: _Element) -> Traced:
        text = Traced.joined(element.pieces)
        said = self._said(element, text.text)
        if said is None:
            return text
        return text.replaced(0, len(text), said) if text.text else self._here(said)

    def _said(self, element: _Element, text: str) -> str | None:
        said = element.attributes
        if element.name == "sub":
            return said.get("alias")
        if element.name == "say-as":
            kind = said.get("interpret-as", said.get("type", "")).strip().lower()
            form = said.get("format", "").strip().lower()
            return rewritten(text.strip(), kind, form, element.language.forms)
        written = said.get("ph", "").strip()
        if not written:
            return None
        alphabet = _ALPHABETS.get(said.get("alphabet", "").strip().lower())
        if alphabet is None:
            known = "ipa, x-sampa and x-arpabet"
            raise self._error(f"this voice reads the alphabets {known}, not {said['alphabet']!r}.")
        return self._insets.add(Pronunciation(written, alphabet))

    def _here(self, text: str) -> Traced:
        return self._text.replaced(self._place(), self._place(), text)

    def _place(self) -> int:
        index = self._parser.CurrentByteIndex
        return index if self._offsets is None else bisect_right(self._offsets, index) - 1

    def _refuse_entity(self, name: str, *_: object) -> None:
        raise self._error(f"it declares the entity {name!r}. Write the characters themselves.")

    def _refuse_unknown(self, name: str, *_: object) -> None:
        raise self._error(f"XML has no entity &{name};. {_ENTITY_HINT}")

    def _error(
        self, message: str, line: int | None = None, column: int | None = None
    ) -> InvalidMarkup:
        line = self._parser.CurrentLineNumber if line is None else line
        column = self._parser.CurrentColumnNumber if column is None else column
        return InvalidMarkup(f"The SSML is wrong at line {line}, column {column + 1}: {message}")


def _read_in(language: Language, piece: Traced) -> Traced:
    """Returns a piece in the words of a language, with the blanks around it."""
    text = piece.text
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    said = language.in_words(cleaned(piece[start : max(start, end)], letters=language.letters))
    return Traced.joined([piece[:start], said, piece[max(start, end) :]])


def _local(name: str) -> str:
    return name.rpartition(":")[2]
