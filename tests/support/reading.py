"""What a voice would say of a text: the whole reading, with the real grammars in this process."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nemo_voice_tts.errors import UnspeakableText
from nemo_voice_tts.text.phonemes import arpabet
from nemo_voice_tts.text.reader import Reader
from nemo_voice_tts.text.reading import ReadingOptions, ReadPhrase
from nemo_voice_tts.text.structure.blocks import TextFormat

REFUSED = "~"
_PHRASES = " / "
_ALTERNATIVES = " || "
_NOT_COMPARED = re.compile(r"[^\w\s'&]|_")


@dataclass(frozen=True, slots=True)
class Example:
    """One row of a table of `tests/reading/`."""

    kind: str
    text_format: TextFormat
    written: str
    readings: tuple[str, ...]
    """What is right, as the table writes it; any of them."""

    def is_right(self, said: str) -> bool:
        """Returns whether the reading is one of the right ones."""
        return comparable(said) in map(comparable, self.readings)


def examples(table: Path) -> Iterator[Example]:
    """Yields the rows of a table."""
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row and not row[0].startswith("#"):
                kind, text_format, written, readings = row
                written = written.replace(r"\n", "\n").replace(r"\t", "\t")
                alternatives = tuple(readings.split(_ALTERNATIVES))
                yield Example(kind, TextFormat(text_format), written, alternatives)


def said(text: str, text_format: TextFormat = TextFormat.AUTO, language: str = "en") -> str:
    """Returns the phrases that would be said, with ` / ` between them; `~` for none."""
    try:
        phrases = _reader().phrases(text, ReadingOptions(text_format, language))
    except UnspeakableText:
        return REFUSED
    return _PHRASES.join(_with_phonemes(phrase) for phrase in phrases)


def comparable(reading: str) -> str:
    """Returns a reading without what makes no difference to the ear."""
    if reading == REFUSED:
        return reading
    phrases = (_NOT_COMPARED.sub(" ", phrase).lower() for phrase in reading.split(_PHRASES))
    return _PHRASES.join(" ".join(phrase.split()) for phrase in phrases)


def _with_phonemes(phrase: ReadPhrase) -> str:
    words = phrase.text
    for placeholder, pronunciation in phrase.pronunciations.items():
        words = words.replace(placeholder, " ".join(arpabet(pronunciation)))
    return words


@cache
def _reader() -> Reader:
    return Reader()
