"""What `<say-as>` of SSML makes of its text: the kinds that Google, Azure, Amazon and NVIDIA know.

Kinds that the steps of a language read anyway, such as a currency or a unit, stay as they are.
"""

import re
import unicodedata
from collections.abc import Callable

from nemo_voice_tts.text.en.say_as import FORMS as ENGLISH_FORMS
from nemo_voice_tts.text.spoken_forms import SpokenForms

_MOST_DIGITS = 17
"""Longer numbers have no name: their digits are said."""
_ROMAN = re.compile(r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_FRACTION = re.compile(r"(?:(\d+)[ +]+)?(\d+)\s*/\s*(\d+)")
_DURATION = re.compile(r"(?:(\d+)['’′])?\s*(?:(\d+)(?:\"|''|″))?")
_DIGIT_GROUP = re.compile(r"[^\W_]+|\+")
_EXTENSION = re.compile(r"(?:ext(?:ension|ensión)?\.?|x|durchwahl|dw\.?)(?=\s*\d)", re.IGNORECASE)
_DAYS = range(1, 32)
_YEAR_DIGITS = 4
_SHORTEST_MONTH = 3
_DATE_FIELD = re.compile(r"\d+|[^\W\d_]+")
_COMPACT = re.compile(r"[\d?]{8}")


def rewritten(
    text: str, kind: str, form: str = "", words: SpokenForms = ENGLISH_FORMS
) -> str | None:
    """Returns the words for a text of a kind; None where its own reading is right.

    Args:
        text: What the element holds.
        kind: Its `interpret-as`, in small letters.
        form: Its `format`, in small letters.
        words: Those of the language.
    """
    if kind == "date":
        return _date(text, form, words)
    reader = _READERS.get(kind)
    return reader(text, words) if reader else None


def _spelled(text: str, words: SpokenForms) -> str:
    said = []
    for character in unicodedata.normalize("NFC", text):
        plain = unicodedata.normalize("NFD", character)[0].upper()
        if character.isspace():
            said.append(",")
        elif character.isdecimal():
            said.append(words.cardinal(unicodedata.digit(character)))
        elif plain.isalpha():
            said.append(words.letters.get(plain, plain))
        else:
            name = unicodedata.name(character, "").lower()
            said.append(words.signs.get(character, name))
    return " ".join(said).replace(" ,", ",")


def _digits(text: str, words: SpokenForms) -> str:
    groups = [" ".join(_digit(one, words) for one in group) for group in _DIGIT_GROUP.findall(text)]
    return ", ".join(groups)


def _telephone(text: str, words: SpokenForms) -> str:
    groups = []
    for group in _DIGIT_GROUP.findall(_EXTENSION.sub(f" {words.extension} ", text)):
        if group == "+":
            groups.append(words.plus)
        elif group.isdecimal():
            groups.append(" ".join(_digit(one, words) for one in group))
        else:
            groups.append(group)
    said = ", ".join(groups)
    for word in (words.plus, words.extension):
        said = said.replace(f"{word}, ", f"{word} ")
    return said


def _digit(character: str, words: SpokenForms) -> str:
    return words.cardinal(unicodedata.digit(character)) if character.isdecimal() else character


def _cardinal(text: str, words: SpokenForms) -> str | None:
    found = words.number.fullmatch(text.strip())
    if found is None:
        return _of_roman(text, words.cardinal)
    sign, whole, decimals = found.groups()
    number = re.sub(r"\D", "", whole)
    if len(number) > _MOST_DIGITS:
        return _digits(number, words)
    said = words.cardinal(int(number))
    if decimals:
        said = f"{said} {words.point} {_digits(decimals, words)}"
    return f"{words.plus if sign == '+' else words.minus} {said}" if sign else said


def _ordinal(text: str, words: SpokenForms) -> str | None:
    found = words.ordinal_number.fullmatch(text.strip())
    if found is None:
        return _of_roman(text, words.ordinal)
    number = re.sub(r"\D", "", found[1])
    return words.ordinal(int(number)) if len(number) <= _MOST_DIGITS else None


def _of_roman(text: str, words: Callable[[int], str]) -> str | None:
    numeral = text.strip().rstrip(".").upper()
    if not numeral or _ROMAN.fullmatch(numeral) is None:
        return None
    values = [_ROMAN_VALUES[letter] for letter in numeral]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return words(sum(-value if value < following else value for value, following in pairs))


def _fraction(text: str, words: SpokenForms) -> str | None:
    found = _FRACTION.fullmatch(text.strip())
    if found is None or any(len(part or "") > _MOST_DIGITS for part in found.groups()):
        return None
    whole, above, below = (None if part is None else int(part) for part in found.groups())
    if above is None or not below:
        return None
    return words.fraction(above, below, whole)


def _duration(text: str, words: SpokenForms) -> str | None:
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        return None
    minutes, seconds = (
        int(number) if number and len(number) <= _MOST_DIGITS else None for number in found.groups()
    )
    return words.duration(minutes, seconds) or None


def _bleep(_text: str, words: SpokenForms) -> str:
    return words.bleep


def _date(text: str, form: str, words: SpokenForms) -> str | None:
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
    return _date_words(dict(zip(order, fields, strict=True)), words)


def _date_words(fields: dict[str, str], words: SpokenForms) -> str | None:
    month, day, year = (fields.get(letter, "").strip("?") for letter in "mdy")
    name = _month(month, words)
    if (month and name is None) or not all(part.isdecimal() for part in (day, year) if part):
        return None
    if (day and int(day) not in _DAYS) or len(year) > _YEAR_DIGITS:
        return None
    return words.date(day or None, name, year or None) or None


def _month(written: str, words: SpokenForms) -> str | None:
    if written.isdecimal():
        at = int(written)
        return words.months[at - 1] if 1 <= at <= len(words.months) else None
    if len(written) < _SHORTEST_MONTH:
        return None
    lowered = written.lower()
    return next((name for name in words.months if name.lower().startswith(lowered)), None)


_SPELLED_KINDS = ("characters", "spell-out", "spell", "verbatim", "letters", "acronym")
_READERS: dict[str, Callable[[str, SpokenForms], str | None]] = {
    **dict.fromkeys(_SPELLED_KINDS, _spelled),
    **dict.fromkeys(("digits", "number_digit"), _digits),
    **dict.fromkeys(("cardinal", "number"), _cardinal),
    "ordinal": _ordinal,
    "telephone": _telephone,
    "fraction": _fraction,
    **dict.fromkeys(("time", "duration"), _duration),
    **dict.fromkeys(("expletive", "bleep"), _bleep),
}
