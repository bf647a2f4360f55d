"""Letters with numbers: `GPT-4`, `A380`, `MP3`, `3D`, `AB-1234`, `flight BA 2490`, `Boeing 747`."""

import re

from nemo_voice_tts.text.en.spelling import (
    alternation,
    before,
    cardinal,
    code_number,
    component,
    digits,
    is_word,
    known_readings,
    letters,
    part,
    plural_of,
    reading_of,
    word_set,
)
from nemo_voice_tts.text.traced import Traced

_FORMS = (
    r"[A-Za-z]{1,12}\d{1,7}",
    r"\d{1,4}[A-Z]{1,4}",
    r"[A-Z]{1,5}\d{1,4}[A-Z]{1,4}\d{0,4}",
    r"[A-Za-z]{1,12}-\d{1,6}(?:[A-Z]{1,3}|[a-rt-z])?",
    r"[A-Za-z0-9]{1,8}(?:-[A-Za-z0-9]{1,8}){1,5}",
    r"\d{1,3}[a-z]",
    r"[A-Z]{1,3}\d{1,4}[a-z]{2,5}",
    r"[A-Z]\d[A-Z] ?\d[A-Z]\d",
    r"[A-Z][a-z][A-Z]\d[a-z]",
)
_CODE = re.compile(
    r"(?<![\w.$£€/°#*^-])(?<!\d:)(?=[A-Za-z0-9-]{0,30}\d)(?=[A-Za-z0-9-]{0,30}[A-Za-z])"
    rf"({'|'.join(_FORMS)})((?:'s|s)?)(?![\w/]|-\d|[.:]\d)"
)
_STATUS = re.compile(r"\b([1-5]\d\d)(?= (?:error|status|response|page|Not Found)s?\b)")
_AIRCRAFT = re.compile(r"(?<=\b[Tt]he )(7[0-8]7)(?= (?:MAX|Max|Dreamliner|jet|plane|aircraft))")
_ISBN = re.compile(r"\b(ISBN(?:-1[03])?:? )(\d[\d -]{8,15}[\dX])\b")
_HTTP = re.compile(r"\b([A-Z]{2,5})/(\d(?:\.\d)?)\b")
_SPACED = re.compile(rf"\b({alternation('names before a number')})[ ](\d{{1,5}})\b(?![.,:]\d|%)")
_PIECE = re.compile(r"[A-Za-z]+|\d+")
_ORDINAL_OR_UNIT = re.compile(rf"\d+(?:{alternation('units after a number')})")
_LONG_UNIT = rf"(?=[A-Za-z]{{2}})(?:{alternation('units after a number')})"
_UNIT_TO_NUMBER = re.compile(rf"{_LONG_UNIT}-\d+")
"""Between the ends of a range, as in `9 AM-5 PM`."""
_QUANTITIES = re.compile(rf"\d+{_LONG_UNIT}-\d+{_LONG_UNIT}")
_DATE_LIKE = re.compile(
    rf"(?:{alternation('months')})-?\d+|Q[1-4]|H[12]|FY\d+|CY\d+", re.IGNORECASE
)
_NUMBERS = re.compile(r"(?!7\d7-)\d+(?!D\b|[A-Z]+\d|[A-Z]{1,2}\b)|(?:GMT|UTC)-|[a-z]-|1099-")
_LONGEST_NUMBER = 3
"""Digits of a number behind a hyphen that is said whole: longer ones are stock numbers."""
_NUMERONYM = re.compile(r"[a-z]\d")
"""A word without its middle, such as `k3s`: its `s` makes no plural."""
_COUNTED_LETTERS = re.compile(r"[2-9][A-Z]")
"""Words that begin with one letter: `the 3Rs`, `the 4Ps`."""
_LETTER_AFTER = word_set("letters after a digit")
_QUARTERS = re.compile(r"\b(Q[1-4])\s?-\s?(Q[1-4])\b")
_QUARTER = re.compile(r"\b(?:(Q)([1-4])|(H)([12]))\b(?!')")
_PREFIXED = re.compile(
    r"(?:mid|post|pre|non|anti|ex|sub|pro|under|over|top|first|second|third|early|late)-",
    re.IGNORECASE,
)


def codes(text: Traced) -> Traced:
    """Returns the text with words of letters and digits in words."""
    if not any(map(str.isdigit, text.text)):
        return text
    text = text.sub(_STATUS, lambda found: code_number(found[1])).sub(_ISBN, _isbn)
    text = text.sub(_AIRCRAFT, lambda found: code_number(found[1]))
    text = text.sub(_QUARTERS, lambda found: f"{found[1]} to {found[2]}").sub(_QUARTER, _quarter)
    text = text.sub(_HTTP, lambda found: f"{part(found[1])} {found[2]}")
    return text.sub(_SPACED, _spaced).sub(_CODE, _code)


def _isbn(found: re.Match[str]) -> str:
    return f"{found[1]}{', '.join(map(letters, re.split('[ -]', found[2])))}"


def _quarter(found: re.Match[str]) -> str:
    return f"{found[1] or found[3]} {cardinal(int(found[2] or found[4]))}"


def _spaced(found: re.Match[str]) -> str:
    name, number = found.groups()
    return f"{_letters_of(name)} {component(number) if len(number) < 4 else code_number(number)}"  # noqa: PLR2004


def _letters_of(name: str) -> str:
    known = reading_of(name)
    if known is not None:
        return known
    if len(name) > 2 and not name.isupper() and (is_word(name) or name.istitle()):  # noqa: PLR2004
        return name
    if len(name) > 3 and is_word(name):  # noqa: PLR2004
        return name.capitalize()
    return part(name) if len(name) > 3 else letters(name)  # noqa: PLR2004


def _code(found: re.Match[str]) -> str | None:
    written, plural = found.groups()
    whole = reading_of(written + plural)
    if whole is not None:
        return whole
    said = reading_of(written) or _said(written, plural, before(found, 3))
    if said is None:
        return None
    if plural == "s" and _NUMERONYM.fullmatch(written):
        return f"{said} S"
    return plural_of(said) if plural == "s" else said + plural


def _said(written: str, plural: str, preceding: str) -> str | None:
    if _DATE_LIKE.fullmatch(written) or _is_formula(written):
        return None
    # What begins with a digit, or is a power of a unit, belongs to the steps for numbers.
    is_counted = preceding.strip()[-1:].isdigit()
    is_unit = is_counted and (written[0].islower() or _UNIT_TO_NUMBER.fullmatch(written))
    if _NUMBERS.match(written) or is_unit or _QUANTITIES.fullmatch(written):
        return None
    are_letters = plural == "s" and _COUNTED_LETTERS.fullmatch(written)
    if (written not in _LETTER_AFTER and not are_letters) and (
        _ORDINAL_OR_UNIT.fullmatch(written) or _ORDINAL_OR_UNIT.fullmatch(f"{written}{plural}")
    ):
        return None
    if "-" in written:
        return _hyphened(written)
    return " ".join(_piece(piece, written) for piece in _PIECE.findall(written))


def _is_formula(written: str) -> bool:
    return written in word_set("formulae") and written not in known_readings()


def _piece(piece: str, written: str) -> str:
    if not piece.isdigit():
        return _letters_of(piece)
    is_between = written[0].isdigit() is False and written[-1].isalpha()
    if is_between and len(piece) == 1:
        return digits(piece)
    return code_number(piece) if len(piece) <= 4 else digits(piece)  # noqa: PLR2004


def _hyphened(written: str) -> str | None:
    parts = written.split("-")
    if _PREFIXED.match(written) or _DATE_LIKE.fullmatch(parts[0]) or _is_of_words(parts):
        return None
    numbers = parts[1:] if all(map(str.isdigit, parts[1:])) else []
    is_long = len("".join(numbers)) > _LONGEST_NUMBER and not numbers[0].endswith("00")
    is_name = parts[0] in word_set("names before a number")
    is_stock = not is_name and parts[0].isupper() and (len(numbers) > 1 or is_long)
    return " ".join(_part(one, is_stock=is_stock) for one in parts)


def _is_of_words(parts: list[str]) -> bool:
    """Returns whether a number stands before words, as in `5-year-old`, or a word is no name."""
    if parts[0].isdigit() and any(len(one) > 1 and one.islower() for one in parts[1:]):
        return True
    return any(
        len(one) > _LONGEST_NUMBER and one.isalpha() and one.islower() and not is_word(one)
        for one in parts[1:]
    )


def _part(one: str, *, is_stock: bool) -> str:
    if one.isdigit():
        is_padded = len(one) > 1 and one[0] == "0"
        return digits(one) if is_stock or is_padded else code_number(one)
    if one.isalpha():
        return _letters_of(one)
    return " ".join(_piece(piece, one) for piece in _PIECE.findall(one))
