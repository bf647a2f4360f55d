"""Percentages and quantities with units in German words: `20 km/h`, `5 %`, `-3 °C`."""

import re

from nemo_voice_tts.text.de.abbreviations import STARTERS
from nemo_voice_tts.text.de.figures import END, NUMBER, START, counted, is_one, number
from nemo_voice_tts.text.traced import Traced
from nemo_voice_tts.text.units import COMPOUND, cldr_name, cldr_unit

_LETTERS = "A-Za-zµμΩ"
_MEASURE = re.compile(
    rf"(?P<minus>(?<![\w)])-[ ]?)?{START}(?P<low>{NUMBER}){END}(?:(?P<to>[ ]?-[ ]?|[ ]bis[ ])"
    rf"(?P<high>{NUMBER}){END})?[ ]?-?"
    rf"(?P<unit>[%‰]|[lL]/100[ ]?km(?!\w)|°(?:[ ]?[CF](?![A-Za-z]))?|(?:Std|Min|Sek|Stk|qm"
    rf"|Min|Kg|Km)(?:\.|(?!\w))"
    rf"|[{_LETTERS}]{{1,5}}(?:\^?[23](?!\d))?(?:/[{_LETTERS}]{{1,4}}(?:\^?[23])?)?"
    rf"(?![{_LETTERS}äöüß\d]))(?P<dot>\.(?=[ ][a-zäöü\d]))?"
)
_KILOMETRE = re.compile(r"(?<!\d )(?<![\w/])[kK]m[ ](?=\d)")
_ANY = re.compile(rf"\d[ ]?-?[{_LETTERS}%‰°]|[kK]m")
_FRACTION = re.compile(
    rf"(?<![\w.,/])(?P<a>\d{{1,2}})/(?P<b>\d{{1,2}})[ ]?(?P<unit>[{_LETTERS}]{{1,3}})"
    rf"(?![{_LETTERS}äöüß\d/])"
)
_SIZE = re.compile(r"(?<=\d)[ ]?[x×][ ]?(?=\d)|(?<=\d[ ][a-z]m)[ ]?[x×][ ]?(?=\d)")
_PER_CENT = re.compile(r"(?<![\w.,])(?P<n>\d{1,3})[ ]?-?%-?ig(?P<end>e[nrsm]?)?(?!\w)")
_RESOLUTION = re.compile(r"(?<![\w.,])(?P<n>[2458])K(?!\w)")
_AGE = re.compile(
    r"(?P<before>\b(?:ab|bis|unter|über|zu|von|mit|Alter:?|[Kk]inder|Jugendliche)[ ]"
    r"|(?<=\d-)|(?<=\d - )|\(|(?=\d{1,2}[ ]J\.[ ]alt\b))(?P<n>\d{1,2})[ ]J\.(?!\w)"
)
_PARTS = {"%": "Prozent", "‰": "Promille"}
_WORDS = frozenset(
    {"in", "mi", "mo", "as", "deg", "bar", "mal", "yr", "yrs", "hrs", "secs", "mins"}
)
_LETTER_UNITS = frozenset("mgshlLtWVAKNJ°Ω")
_OWN = {
    "Std": ("Stunde", "Stunden"), "Min": ("Minute", "Minuten"), "Sek": ("Sekunde", "Sekunden"),
    "Stk": ("Stück", "Stück"), "qm": ("Quadratmeter", "Quadratmeter"), "Kg": ("Kilogramm",) * 2,
    "Km": ("Kilometer",) * 2, "bar": ("Bar", "Bar"), "PS": ("PS", "PS"), "dB": ("Dezibel",) * 2,
    "ha": ("Hektar", "Hektar"), "kn": ("Knoten",) * 2,
    "Ah": ("Amperestunde", "Amperestunden"), "Wh": ("Wattstunde", "Wattstunden"),
    "MWh": ("Megawattstunde", "Megawattstunden"), "GWh": ("Gigawattstunde", "Gigawattstunden"),
    "TWh": ("Terawattstunde", "Terawattstunden"),
    "mAh": ("Milliamperestunde", "Milliamperestunden"),
    "l/100km": ("Liter auf einhundert Kilometer",) * 2, "kV": ("Kilovolt",) * 2,
    "EL": ("Esslöffel",) * 2, "TL": ("Teelöffel",) * 2, "kcal": ("Kilokalorie", "Kilokalorien"),
    "ml": ("Milliliter",) * 2, "cl": ("Zentiliter",) * 2,
}  # fmt: skip


def measures(text: Traced) -> Traced:
    """Returns the text with its percentages and quantities with units in words."""
    if not _ANY.search(text.text):
        return text
    text = text.sub(_PER_CENT, lambda found: f"{number(found['n'])}prozentig{found['end'] or ''}")
    text = text.sub(_RESOLUTION, lambda found: f"{number(found['n'])} K")
    text = text.sub(_AGE, _age)
    text = text.sub(_KILOMETRE, "Kilometer ")
    return text.sub(_FRACTION, _fraction).sub(_SIZE, " mal ").sub(_MEASURE, _measure)


def _measure(found: re.Match[str]) -> str | None:
    low, high, unit = found["low"], found["high"], found["unit"].replace("° ", "°")
    minus = "minus " if found["minus"] else ""
    before = found.string[max(0, found.start() - 30) : found.start()]
    name = _name(unit.rstrip("."), singular=high is None and is_one(low))
    if name is None:
        return None
    if high:
        said = f"{number(low)} bis {number(high)} {name}"
    else:
        percent = "ein" if is_one(low) else number(low)
        said = f"{percent if name == 'Prozent' else counted(low, name, before)} {name}"
    return f"{minus}{said}{_stop(unit, found)}"


def _age(found: re.Match[str]) -> str:
    years = "Jahr" if found["n"] == "1" else "Jahre"
    stop = "" if found.string[found.end() :].strip() else "."
    return f"{found['before']}{found['n']} {years}{stop}"


def _fraction(found: re.Match[str]) -> str | None:
    """Returns a part of a unit with the unit's name; `numbers.py` reads the part itself."""
    name = _name(found["unit"], singular=True)
    return f"{found['a']}/{found['b']} {name}" if name else None


def _stop(unit: str, found: re.Match[str]) -> str:
    """Returns the stop of a sentence that ends with a short form."""
    rest = found.string[found.end() :]
    is_last = not rest.strip() or STARTERS.match(rest)
    return "." if unit.endswith(".") and is_last else ""


def _name(unit: str, *, singular: bool) -> str | None:
    if unit in _PARTS:
        return _PARTS[unit]
    own = _OWN.get(unit.replace(" ", "").replace("L/", "l/"))
    if own is not None:
        return own[not singular]
    if unit in _WORDS or (len(unit) == 1 and unit not in _LETTER_UNITS):
        return None
    short = COMPOUND.get(unit, unit)
    known = cldr_unit(short)
    if known is not None:
        return cldr_name(known, "de", is_one=singular)
    measured, slash, per = short.partition("/")
    names = (cldr_unit(measured), cldr_unit(per))
    if not slash or None in names:
        return None
    first = cldr_name(str(names[0]), "de", is_one=singular)
    second = cldr_name(str(names[1]), "de", is_one=True)
    return f"{first} pro {second}" if first and second else None
