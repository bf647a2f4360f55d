"""Figures in German words: the numbers that every other step of this folder shares."""

import re

from nemo_voice_tts.text.de.nouns import Gender, gender_of
from nemo_voice_tts.text.spellout import Spellout
from nemo_voice_tts.text.word_sets import WordSets


def _spellout(cardinal: str) -> Spellout:
    rules = {
        "cardinal": f"spellout-{cardinal}",
        "ordinal": "spellout-ordinal",
        "year": "spellout-numbering-year",
    }
    return Spellout("de", rules=rules, joins_thousands=False)


PLAIN = _spellout("numbering")
"""Numbers that count nothing: "eins", "einundzwanzig"."""
_BEFORE_NOUNS = _spellout("cardinal-masculine")
"""Before a noun: "ein"."""

START = r"(?<![\w.,])(?<!\d[-/:])"
NUMBER = r"(?:(?>\d{1,3}(?:\.\d{3})++(?![\d])|\d++)(?:,\d++)?+)"
"""A number without its sign, with a decimal comma."""
END = r"(?!\d)(?![.,/:]\d)"

_FIRST_YEAR, _LAST_YEAR = 1100, 1999
"""Years that are said by their hundreds."""
_DATIVE_BEFORE = WordSets(__package__)["before the dative"]
"""Prepositions of which most mean the dative: "seit einer Woche"."""
_ACCUSATIVE_BEFORE = WordSets(__package__)["before the accusative"]
"""Words before which what is counted is mostly in the accusative: "kostet einen Euro"."""
_BEFORE = re.compile(r"([^\W\d_]+)\s+$")
_NEXT = re.compile(r"\s+([^\W\d_]+)")
_NOT_COUNTED = frozenset({"Uhr", "Prozent", "Komma"})
_MOST_YEAR_DIGITS = 4


def number(figures: str) -> str:
    """Returns a number without sign in words: `1.234,5` is "eintausendzweihundert… Komma fünf"."""
    whole, decimals = parts(figures)
    said = PLAIN.integer(whole)
    return f"{said} Komma {PLAIN.digits(decimals)}" if decimals else said


def parts(figures: str) -> tuple[str, str]:
    """Returns the digits before and after the decimal comma."""
    whole, _, decimals = figures.partition(",")
    return whole.replace(".", ""), decimals


def is_one(figures: str) -> bool:
    """Returns whether what is counted stands in the singular."""
    return figures == "1"


def counted(figures: str, noun: str, before: str = "") -> str:
    """Returns a number in words before a noun: "ein Euro", "eine Stunde", "für einen Euro".

    Args:
        figures: The number.
        noun: What is counted.
        before: The text before the number.
    """
    if parts(figures)[1] or noun in _NOT_COUNTED:
        return number(figures) if noun != "Uhr" or figures != "1" else "ein"
    whole = parts(figures)[0]
    if whole != "1":
        is_long_one = whole.endswith("01") and whole != "01"
        return _BEFORE_NOUNS.integer(whole) if is_long_one else PLAIN.integer(whole)
    return article(gender_of(noun), before)


def article(gender: Gender, before: str) -> str:
    """Returns the form of "ein" that fits a noun and the word before it."""
    found = _BEFORE.search(before)
    word = found[1].lower() if found else ""
    if word in _DATIVE_BEFORE:
        return "einer" if gender is Gender.FEMININE else "einem"
    if gender is Gender.FEMININE:
        return "eine"
    if gender is Gender.MASCULINE and word in _ACCUSATIVE_BEFORE:
        return "einen"
    return "ein"


def in_text(figures: str, text: str, start: int, end: int) -> str:
    """Returns a number in words as the words around it in a text want it.

    Args:
        figures: The number.
        text: The text.
        start: Where it begins in the text.
        end: Where it ends.
    """
    following = _NEXT.match(text, end)
    noun = following[1] if following else ""
    if noun[:1].isupper() and noun not in _NOT_COUNTED and not _is_label(text[:start]):
        return counted(figures, noun, text[max(0, start - 30) : start])
    return number(figures)


_LABEL = re.compile(
    r"(?:nummer|kapitel|seite|band|teil|artikel|absatz|paragraf|zimmer|raum|gleis|linie|platz|haus"
    r"|stufe|version|schritt|tag|punkt|frage|übung|klasse|typ|terminal|etage|bus|tram|größe|jahrgang"
    r"|abbildung|tabelle|windows|apollo|formel|channel|kanal|level|phase|zone|block|halle)\s+$",
    re.IGNORECASE,
)


def _is_label(before: str) -> bool:
    """Returns whether a number names something instead of counting what follows."""
    return _LABEL.search(before[-20:]) is not None


def year(figures: str) -> str:
    """Returns a number as years are said: "neunzehnhundertfünfundachtzig"."""
    return PLAIN.year(int(figures))


def may_be_year(figures: str) -> bool:
    """Returns whether a number is said otherwise as a year than as an amount."""
    is_whole = figures.isdecimal() and len(figures) == _MOST_YEAR_DIGITS
    return is_whole and _FIRST_YEAR <= int(figures) <= _LAST_YEAR
