"""Amounts of money in German words: `1.234,56 €`, `5,- €`, `3 Mio. Euro`, `20 CHF/Monat`."""

import re

from nemo_voice_tts.text.currencies import DOLLARS, SYMBOLS, codes, currency_name
from nemo_voice_tts.text.de.figures import NUMBER, counted, is_one, number, parts
from nemo_voice_tts.text.traced import Traced

_SIGNS = "".join(SYMBOLS)
_CODES = "|".join(sorted(codes()))
_COUNTRIES = "|".join(sorted(map(re.escape, DOLLARS), key=len, reverse=True))
_SIZE = (
    r"(?:[ ]?(?:Millionen|Million|Milliarden|Milliarde|Billionen|Billion|Tausend|Mio\.?"
    r"|Mrd\.?|Bio\.?"
    r"|Tsd\.?|T(?=€)|[kM](?=€)|k(?![\w])))"
)
_MARK = (
    rf"(?:(?<![A-Za-z])(?:US-|{_COUNTRIES})\$|[{_SIGNS}]|(?<![A-Za-z])(?:{_CODES}|Fr\.|SFr\.?|DM|Euro|ct"
    r"|Cent)(?![A-Za-zäöüß]))"
)
_BLANK = r"[ ]?"
_NONE = r"(?:[,.](?:--?|\u2013)(?!\w))"
"""No cents: `5,-`."""
_PER = r"(?:[ ]?/[ ]?(?P<per>[A-Za-zäöü²]+))?"
_BEFORE = re.compile(
    rf"(?P<sign>(?<![\w)])-[ ]?)?(?<![\w.,])(?P<mark>(?!ct|Cent|Fr\.|Euro){_MARK}){_BLANK}"
    rf"(?P<low>{NUMBER})(?![\d]|[.,/:]\d){_NONE}?(?:[ ]?-[ ]?(?P<high>{NUMBER}))?"
    rf"(?P<size>{_SIZE})?{_PER}"
)
_AFTER = re.compile(
    rf"(?P<sign>(?<![\w)])-[ ]?)?(?<![\w.,])(?P<low>{NUMBER}){_NONE}?(?:(?P<to>[ ]?-[ ]?|[ ]bis[ ])"
    rf"(?P<high>{NUMBER}){_NONE}?)?(?P<size>{_SIZE})?{_BLANK}(?P<mark>{_MARK}){_PER}"
)
_ANY = re.compile(rf"[{_SIGNS}]|[A-Z]{{3}}|\d[ ]?(?:ct\b|DM\b|Fr\.|SFr|Cent\b)|[,.][-\u2013]|Euro")
_NO_CENTS = re.compile(rf"(?<![\w.,])(?P<low>{NUMBER}){_NONE}")
_NAMES = {
    "$": "Dollar", "€": "Euro", "£": "Pfund", "¢": "Cent", "EUR": "Euro", "ct": "Cent",
    "Cent": "Cent", "Euro": "Euro", "Fr.": "Franken", "SFr": "Franken", "SFr.": "Franken",
    "CHF": "Franken", "DM": "Mark", "GBP": "Pfund", "USD": "US-Dollar",
    "US$": "US-Dollar", "US-$": "US-Dollar",
    "₿": "Bitcoin", "BTC": "Bitcoin", "¥": "Yen", "JPY": "Yen", "₽": "Rubel", "₺": "Lira",
}  # fmt: skip
_FEMININE = frozenset({"Mark", "Lira", "Krone", "Kronen", "Rupie"})
_HAVE_CENTS = frozenset(
    {"Euro", "Dollar", "US-Dollar", "Pfund", "Franken", "Mark", "kanadische Dollar"}
)
_SIZES = {
    "Mio": "Millionen", "Mrd": "Milliarden", "Bio": "Billionen", "Tsd": "Tausend", "T": "Tausend",
    "k": "Tausend", "M": "Millionen", "Million": "Millionen", "Milliarde": "Milliarden",
    "Billion": "Billionen",
}  # fmt: skip
_SINGULAR = {"Millionen": "Million", "Milliarden": "Milliarde", "Billionen": "Billion"}
PERIODS = {
    "h": "Stunde", "Std": "Stunde", "kg": "Kilogramm", "l": "Liter", "L": "Liter", "m": "Meter",
    "m²": "Quadratmeter", "qm": "Quadratmeter", "kWh": "Kilowattstunde", "km": "Kilometer",
    "t": "Tonne", "Stk": "Stück", "g": "Gramm", "s": "Sekunde", "min": "Minute", "Min": "Minute",
}  # fmt: skip
_LARGE = re.compile(rf"(?<![\w.,])(?P<n>{NUMBER})[ ]?(?P<size>Mio|Mrd|Bio|Tsd)(?P<dot>\.?)(?!\w)")


def money(text: Traced) -> Traced:
    """Returns the text with its amounts of money, and large numbers cut short, in words."""
    if _ANY.search(text.text):
        text = text.sub(_BEFORE, _amount).sub(_AFTER, _amount)
        text = text.sub(_NO_CENTS, lambda found: number(found["low"]))
    return text.sub(_LARGE, _large)


def sized(figures: str, size: str) -> str:
    """Returns a number of millions or the like: `1` and `Mio` are "eine Million"."""
    name = _SIZES.get(size.rstrip("."), size.rstrip("."))
    if name == "Tausend":
        return f"{number(figures)} Tausend"
    if is_one(figures):
        return f"eine {_SINGULAR.get(name, name)}"
    return f"{number(figures)} {name}"


def _large(found: re.Match[str]) -> str:
    said = sized(found["n"], found["size"])
    rest = found.string[found.end() :]
    is_last = found["dot"] and (
        not rest.strip() or re.match(r" [A-Z][a-zäöü]+ (?:[a-zäöü]+ )", rest)
    )
    return f"{said}." if is_last and not rest.strip() else said


def _amount(found: re.Match[str]) -> str | None:
    mark, low, high = found["mark"], found["low"], found["high"]
    size = (found["size"] or "").strip()
    name = _name(mark, is_single=not high and not size and is_one(low))
    before = found.string[max(0, found.start() - 30) : found.start()]
    if size:
        said = f"{sized(low, size)} {name}"
        if high:
            said = f"{number(low)} bis {sized(high, size)} {name}"
    elif high:
        said = f"{_whole(low, name)} bis {_single(high, name, '')}"
    else:
        said = _single(low, name, before)
    minus = "minus " if found["sign"] else ""
    per = found["per"]
    return f"{minus}{said}{f' pro {PERIODS.get(per, per)}' if per else ''}"


def _whole(figures: str, name: str) -> str:
    return number(figures) if not is_one(figures) else counted(figures, name)


def _single(figures: str, name: str, before: str) -> str:
    whole, decimals = parts(figures)
    if len(decimals) != 2 or name not in _HAVE_CENTS:  # noqa: PLR2004 cents
        if decimals:
            return f"{number(figures)} {name}"
        return f"{_counted(whole, name, before)} {name}"
    cents = int(decimals)
    minor = {"Mark": "Pfennig", "Pfund": "Pence", "Franken": "Rappen"}.get(name, "Cent")
    if not cents:
        return f"{_counted(whole, name, before)} {name}"
    if whole == "0":
        return f"{_counted(str(cents), minor, before)} {minor}"
    return f"{_counted(whole, name, before)} {name} {number(str(cents))}"


def _counted(figures: str, name: str, before: str) -> str:
    if is_one(figures) and name in _FEMININE:
        return "eine"
    return counted(figures, name, before)


def _name(mark: str, *, is_single: bool) -> str:
    if mark in _NAMES:
        return _NAMES[mark]
    code = DOLLARS[mark[:-1].rstrip("-")] if mark.endswith("$") else SYMBOLS.get(mark, mark)
    said = currency_name(code, "de", is_one=is_single)
    return said.split(" ")[-1] if mark in SYMBOLS else said
