"""Percentages and quantities with units in Spanish words: `20 km/h`, `5 %`, `-3 °C`."""

import re

from nemo_voice_tts.text.es.figures import (
    END,
    FUNCTION_WORDS,
    NUMBER,
    START,
    counted,
    fraction,
    is_feminine,
    is_one,
    number,
)
from nemo_voice_tts.text.traced import Traced
from nemo_voice_tts.text.units import COMPOUND, cldr_name, cldr_unit

_LETTERS = "A-Za-zµμΩ"
_MEASURE = re.compile(
    rf"(?P<minus>(?<![\w)])-)?{START}(?P<low>{NUMBER}){END}(?:[ ]?-[ ]?"
    rf"(?P<high>{NUMBER}){END})?[ ]?"
    rf"(?P<unit>[%‰]|[°º](?:[ ]?[CFK](?![A-Za-z]))?(?![\w])|[lL]/100[ ]?km(?!\w)"
    rf"|[{_LETTERS}]{{1,5}}(?:\^?[23](?!\d))?"
    rf"(?:/[{_LETTERS}]{{1,4}}(?:\^?[23])?)?(?![{_LETTERS}á-úñ\d]))(?P<dot>\.(?=[ ][a-záéíóúñ\d]))?"
)
_FRACTION = re.compile(
    rf"(?<![\w.,/])(?:(?P<whole>\d{{1,3}})[ ])?(?P<a>\d{{1,2}})/(?P<b>\d{{1,2}})[ ]"
    rf"(?P<unit>[{_LETTERS}]{{1,3}})(?![{_LETTERS}á-úñ\d/])"
)
_HOT = re.compile(
    r"(?:\b(?:hac[eí]\w*|temperatura\w*|máxim[ao]s?|mínim[ao]s?|termómetro|fiebre|ángulo|gir\w+|unos)\b"
    r"[^.;!?\d]{0,20}|\b(?:entre|de)[ ]\d{1,2}[ ]?º[ ][ya][ ])$",
    re.IGNORECASE,
)
_HOT_BEHIND = re.compile(
    r"[ ](?:bajo|sobre)[ ]cero|[ ]de[ ](?:temperatura|fiebre|media|máxima|mínima)"
    r"|[ ][ay][ ]-?\d+[ ]?º"
    r"|[ ]a[ ]la[ ]sombra|[ ](?:norte|sur|[NSEO])\b"
)
_LAST_ORDINAL = 20
_ANY = re.compile(rf"\d[ ]?[{_LETTERS}%‰°º]|[kK]m")
_SIZE = re.compile(r"(?<=\d)[ ]?[x×][ ]?(?=\d)")
_OWN = {
    "mAh": ("miliamperio hora", "miliamperios hora"), "Ah": ("amperio hora", "amperios hora"),
    "Wh": ("vatio hora", "vatios hora"), "MWh": ("megavatio hora", "megavatios hora"),
    "GWh": ("gigavatio hora", "gigavatios hora"), "dB": ("decibelio", "decibelios"),
    "hs": ("hora", "horas"), "CV": ("caballo", "caballos"), "bar": ("bar", "bares"),
    "kV": ("kilovoltio", "kilovoltios"),
    "l/100km": ("litro a los cien kilómetros", "litros a los cien kilómetros"),
}  # fmt: skip
_KILOMETRE = re.compile(r"\b[kK]m\.?[ ](?=\d)")
_PARTS = {"%": "por ciento", "‰": "por mil"}
_NOUN = re.compile(r"[ ]([a-záéíóúñü]+)")
_WORDS = frozenset({"a", "in", "mi", "mo", "as"})
_LETTER_UNITS = frozenset("mgshlLtWV°Ω")


def measures(text: Traced) -> Traced:
    """Returns the text with its percentages and quantities with units in words."""
    if not _ANY.search(text.text):
        return text
    text = text.sub(_KILOMETRE, "kilómetro ")
    return text.sub(_SIZE, " por ").sub(_FRACTION, _fraction).sub(_MEASURE, _measure)


def _measure(found: re.Match[str]) -> str | None:
    if found["unit"] == "º" and _is_ordinal(found):
        return None
    low, high = found["low"], found["high"]
    unit = found["unit"].replace("º", "°").replace("° ", "°")
    minus = "menos " if found["minus"] else ""
    if unit in _PARTS:
        said = f"{number(low)} a {number(high)}" if high else number(low)
        return f"{minus}{said} {_PARTS[unit]}"
    if unit in _WORDS or (len(unit) == 1 and unit not in _LETTER_UNITS):
        return None
    name = _name(unit, singular=high is None and is_one(low))
    if name is None:
        return None
    said = f"{counted(low, name)} a {counted(high, name)}" if high else counted(low, name)
    return f"{minus}{said} {name}"


def _is_ordinal(found: re.Match[str]) -> bool:
    """Returns whether the sign behind a number is that of "segundo", not that of degrees."""
    text, end, low = found.string, found.end(), found["low"]
    is_hot = _HOT.search(text[max(0, found.start() - 40) : found.start()]) is not None
    if found["minus"] or found["high"] or not low.isdigit() or is_hot:
        return False
    if _HOT_BEHIND.match(text, end):
        return False
    noun = _NOUN.match(text, end)
    return int(low) <= _LAST_ORDINAL or (noun is not None and noun[1] not in FUNCTION_WORDS)


def _fraction(found: re.Match[str]) -> str | None:
    """Returns a part of a unit: "un cuarto de kilogramo", "medio litro", "un litro y medio"."""
    unit, whole, over, under = found["unit"], found["whole"], int(found["a"]), int(found["b"])
    name = None if unit in _WORDS else _name(unit, singular=whole in {None, "1"})
    if name is None:
        return None
    is_half = (over, under) == (1, 2)
    half = "media" if is_feminine(name) else "medio"
    if whole:
        return f"{counted(whole, name)} {name} y {half if is_half else fraction(over, under)}"
    return f"{half} {name}" if is_half else f"{fraction(over, under)} de {name}"


def _name(unit: str, *, singular: bool) -> str | None:
    own = _OWN.get(unit.replace(" ", "").replace("L/", "l/"))
    if own is not None:
        return own[not singular]
    short = COMPOUND.get(unit, unit)
    known = cldr_unit(short)
    if known is not None:
        return cldr_name(known, "es", is_one=singular)
    measured, slash, per = short.partition("/")
    names = (cldr_unit(measured), cldr_unit(per))
    if not slash or None in names:
        return None
    first = cldr_name(str(names[0]), "es", is_one=singular)
    second = cldr_name(str(names[1]), "es", is_one=True)
    return f"{first} por {second}" if first and second else None
