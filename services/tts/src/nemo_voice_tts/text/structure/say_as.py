"""What `<say-as>` of SSML makes of its text: the kinds that Google, Azure, Amazon and NVIDIA know.

Kinds that the steps of a language read anyway, such as a currency or a unit, stay as they are.
"""

import re
import unicodedata
from collections.abc import Callable

from nemo_voice_tts.text.spellout import ENGLISH

_MOST_DIGITS = 17
"""Longer numbers have no name: their digits are said."""
_NUMBER = re.compile(r"([-+−]?)(\d{1,3}(?:[, \xa0]\d{3})+|\d+)(?:\.(\d+))?")
_ORDINAL = re.compile(r"(\d[\d,]*)(?:st|nd|rd|th)?", re.IGNORECASE)
_ROMAN = re.compile(r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_FRACTION = re.compile(r"(?:(\d+)[ +]+)?(\d+)\s*/\s*(\d+)")
_DURATION = re.compile(r"(?:(\d+)['’′])?\s*(?:(\d+)(?:\"|''|″))?")
_DIGIT_GROUP = re.compile(r"[^\W_]+|\+")
_EXTENSION = re.compile(r"(?:ext(?:ension)?\.?|x)(?=\s*\d)", re.IGNORECASE)
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_DAYS = range(1, 32)
_YEAR_DIGITS = 4
_SHORTEST_MONTH = 3
_DATE_FIELD = re.compile(r"\d+|[A-Za-z]+")
_COMPACT = re.compile(r"[\d?]{8}")
_LETTERS = {"A": "ay"}
"""`a` alone is read as the article."""
_SYMBOLS = {
    ".": "dot", ",": "comma", "-": "dash", "_": "underscore", "@": "at", "/": "slash",
    "\\": "backslash", ":": "colon", ";": "semicolon", "#": "hash", "*": "asterisk", "+": "plus",
    "&": "and", "%": "percent", "$": "dollar", "=": "equals", "?": "question mark",
    "!": "exclamation mark", "'": "apostrophe", '"': "quote", "(": "open parenthesis",
    ")": "close parenthesis", "<": "less than", ">": "greater than", "~": "tilde", "|": "bar",
    "^": "caret", "[": "open bracket", "]": "close bracket", "{": "open brace", "}": "close brace",
    "`": "backtick", "\N{POUND SIGN}": "pound", "\N{EURO SIGN}": "euro",
}  # fmt: skip


def rewritten(text: str, kind: str, form: str = "") -> str | None:
    """Returns the words for a text of a kind; None where its own reading is right.

    Args:
        text: What the element holds.
        kind: Its `interpret-as`, in small letters.
        form: Its `format`, in small letters.
    """
    if kind == "date":
        return _date(text, form)
    reader = _READERS.get(kind)
    return reader(text) if reader else None


def _spelled(text: str) -> str:
    words = []
    for character in unicodedata.normalize("NFC", text):
        plain = unicodedata.normalize("NFD", character)[0].upper()
        if character.isspace():
            words.append(",")
        elif character.isdecimal():
            words.append(_words(unicodedata.digit(character)))
        elif plain.isalpha():
            words.append(_LETTERS.get(plain, plain))
        else:
            words.append(_SYMBOLS.get(character, unicodedata.name(character, "").lower()))
    return " ".join(words).replace(" ,", ",")


def _digits(text: str) -> str:
    groups = [" ".join(map(_digit, group)) for group in _DIGIT_GROUP.findall(text)]
    return ", ".join(groups)


def _telephone(text: str) -> str:
    groups = []
    for group in _DIGIT_GROUP.findall(_EXTENSION.sub(" extension ", text)):
        if group == "+":
            groups.append("plus")
        elif group.isdecimal():
            groups.append(" ".join(map(_digit, group)))
        else:
            groups.append(group)
    return ", ".join(groups).replace("plus, ", "plus ").replace("extension, ", "extension ")


def _digit(character: str) -> str:
    return _words(unicodedata.digit(character)) if character.isdecimal() else character


def _cardinal(text: str) -> str | None:
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        return _of_roman(text, _words)
    sign, whole, decimals = found.groups()
    number = re.sub(r"\D", "", whole)
    if len(number) > _MOST_DIGITS:
        return _digits(number)
    said = _words(int(number))
    if decimals:
        said = f"{said} point {_digits(decimals)}"
    return f"{'plus' if sign == '+' else 'minus'} {said}" if sign else said


def _ordinal(text: str) -> str | None:
    found = _ORDINAL.fullmatch(text.strip())
    if found is None:
        return _of_roman(text, _ordinal_words)
    number = found[1].replace(",", "")
    return _ordinal_words(int(number)) if len(number) <= _MOST_DIGITS else None


def _of_roman(text: str, words: Callable[[int], str]) -> str | None:
    numeral = text.strip().upper()
    if not numeral or _ROMAN.fullmatch(numeral) is None:
        return None
    values = [_ROMAN_VALUES[letter] for letter in numeral]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return words(sum(-value if value < following else value for value, following in pairs))


def _fraction(text: str) -> str | None:
    found = _FRACTION.fullmatch(text.strip())
    if found is None or any(len(part or "") > _MOST_DIGITS for part in found.groups()):
        return None
    whole, above, below = (None if part is None else int(part) for part in found.groups())
    if above is None or not below:
        return None
    if below == 1:
        part = f"{_words(above)} over one"
    else:
        name = {2: "half", 4: "quarter"}.get(below) or _ordinal_words(below)
        many = {2: "halves"}.get(below, f"{name}s")
        part = f"{_words(above)} {name if above == 1 else many}"
    return part if whole is None else f"{_words(whole)} and {part}"


def _duration(text: str) -> str | None:
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        return None
    parts = [(found[1], "minute"), (found[2], "second")]
    said = [
        f"{_words(int(number))} {unit}{'' if int(number) == 1 else 's'}"
        for number, unit in parts
        if number and len(number) <= _MOST_DIGITS
    ]
    return " ".join(said) or None


def _bleep(_text: str) -> str:
    return "bleep"


def _date(text: str, form: str) -> str | None:
    """Returns the words of a date whose `format` says in which order its fields stand."""
    order = "".join(dict.fromkeys(letter for letter in form if letter in "mdy"))
    compact = text.strip()
    if _COMPACT.fullmatch(compact):
        order = order or "ymd"
        widths = {"y": 4, "m": 2, "d": 2}
        fields, at = [], 0
        for letter in order:
            fields.append(compact[at : at + widths[letter]])
            at += widths[letter]
    else:
        fields = _DATE_FIELD.findall(text)
    if not order or len(fields) != len(order):
        return None
    return _date_words(dict(zip(order, fields, strict=True)))


def _date_words(fields: dict[str, str]) -> str | None:
    month, day, year = (fields.get(letter, "").strip("?") for letter in "mdy")
    name = _month(month)
    if (month and name is None) or not all(part.isdecimal() for part in (day, year) if part):
        return None
    if (day and int(day) not in _DAYS) or len(year) > _YEAR_DIGITS:
        return None
    said = [part for part in (name, _ordinal_words(int(day)) if day else None) if part]
    if not year:
        return " ".join(said) or None
    if day:
        return f"{' '.join(said)}, {_year_words(year)}"
    return " ".join([*said, _year_words(year)])


def _month(written: str) -> str | None:
    if written.isdecimal():
        return _MONTHS[int(written) - 1] if 1 <= int(written) <= len(_MONTHS) else None
    if len(written) < _SHORTEST_MONTH:
        return None
    return next((name for name in _MONTHS if name.lower().startswith(written.lower())), None)


def _year_words(year: str) -> str:
    if len(year) == 2:  # noqa: PLR2004 as '85 is written
        return f"oh {_words(int(year))}" if year.startswith("0") else _words(int(year))
    return ENGLISH.year(int(year))


def _words(number: int) -> str:
    return ENGLISH.cardinal(number)


def _ordinal_words(number: int) -> str:
    return ENGLISH.ordinal(number)


_SPELLED_KINDS = ("characters", "spell-out", "spell", "verbatim", "letters", "acronym")
_READERS: dict[str, Callable[[str], str | None]] = {
    **dict.fromkeys(_SPELLED_KINDS, _spelled),
    **dict.fromkeys(("digits", "number_digit"), _digits),
    **dict.fromkeys(("cardinal", "number"), _cardinal),
    "ordinal": _ordinal,
    "telephone": _telephone,
    "fraction": _fraction,
    **dict.fromkeys(("time", "duration"), _duration),
    **dict.fromkeys(("expletive", "bleep"), _bleep),
}
