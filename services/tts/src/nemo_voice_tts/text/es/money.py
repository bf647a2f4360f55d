"""Amounts of money in Spanish words: `5,99 €`, `$20`, `3 M€`, `100 USD`."""

import re

from nemo_voice_tts.text.currencies import DOLLARS, SYMBOLS, codes, currency_name
from nemo_voice_tts.text.es.figures import NUMBER, counted, is_one, number
from nemo_voice_tts.text.traced import Traced

_SIGNS = "".join(SYMBOLS)
_CODES = "|".join(sorted(codes()))
_DOLLARS = {**DOLLARS, "RD": "DOP", "U": "USD", "B": "BOB", "CU": "CUP"}
_COUNTRIES = "|".join(sorted(map(re.escape, _DOLLARS), key=len, reverse=True))
_SIZE = r"(?:[ ]?(?:millones|millón|mil millones|billones|billón|mil|mill\.|M|k|mm)(?![\w]))"
_MARK = (
    rf"(?:(?<!\w)S/\.?|(?<!\w)Bs\.?(?![ ]?\w)|(?<![A-Za-z])(?:{_COUNTRIES})\$"
    rf"|[{_SIGNS}]|(?<![A-Za-z])(?:{_CODES})(?![A-Za-z]))"
)
_BEFORE = re.compile(
    rf"(?P<sign>(?<![\w)])-)?(?P<mark>{_MARK})[ ]?(?P<low>{NUMBER})(?:[ ]?-[ ]?"
    rf"{_MARK}?(?P<high>{NUMBER}))?(?P<size>{_SIZE})?(?:[ ](?P<code>{_CODES})(?![A-Za-z]))?"
    r"(?P<peso>[ ]pesos\b)?"
    r"(?:[ ]?/[ ]?(?P<per>[A-Za-zéñ]+))?"
)
_AFTER = re.compile(
    rf"(?P<sign>(?<![\w)])-)?(?<![\w.,])(?P<low>{NUMBER})(?:[ ]?-[ ]?"
    rf"(?P<high>{NUMBER}))?(?P<size>{_SIZE}|[ ]?(?:M|k)(?=€))?[ ]?(?:de )?"
    rf"(?P<mark>{_MARK})(?:[ ]?/[ ]?(?P<per>[A-Za-zéñ]+))?"
)
_ANY = re.compile(rf"[{_SIGNS}]|S/|Bs|[A-Z]{{3}}")
_NAMES = {
    "S/": ("sol", "soles"),
    "S/.": ("sol", "soles"),
    "Bs": ("bolívar", "bolívares"),
    "Bs.": ("bolívar", "bolívares"),
    "$": ("dólar", "dólares"),
    "€": ("euro", "euros"),
    "£": ("libra", "libras"),
    "¢": ("centavo", "centavos"),
}
_MINOR = {
    "EUR": ("céntimo", "céntimos"), "USD": ("centavo", "centavos"),
    "GBP": ("penique", "peniques"), "MXN": ("centavo", "centavos"),
    "ARS": ("centavo", "centavos"), "COP": ("centavo", "centavos"),
}  # fmt: skip
_SIZES = {"M": "millones", "mill.": "millones", "k": "mil", "mm": "millones"}
_CENTS = 2


def money(text: Traced) -> Traced:
    """Returns the text with its amounts of money in words."""
    if not _ANY.search(text.text):
        return text
    return text.sub(_BEFORE, _amount).sub(_AFTER, _amount)


def _amount(found: re.Match[str]) -> str:
    mark, low, high = found["mark"], found["low"], found["high"]
    named = found.groupdict()
    mark = named.get("code") or ("MXN" if named.get("peso") else mark)
    code = _code(mark)
    if mark.endswith("$") or code in _AMERICAN:
        low, high = _grouped(low), high and _grouped(high)
    size = (found["size"] or "").strip()
    size = _SIZES.get(size, size)
    singular, plural = ("peso", "pesos") if named.get("peso") else _names(mark, code)
    if size:
        is_million = low == "1" and size == "millones"
        amount = "un millón" if is_million else f"{number(low, before_noun=True)} {size}"
        said = f"{amount}{'' if size == 'mil' else ' de'} {plural}"
    elif high:
        said = f"{counted(low, plural)} a {counted(high, plural)} {plural}"
    else:
        said = _single(low, singular, plural, code)
    minus = "menos " if found["sign"] else ""
    per = f" por {_PERIODS.get(found['per'], found['per'])}" if found["per"] else ""
    return f"{minus}{said}{per}"


_AMERICAN = frozenset({"USD", "MXN", "ARS", "COP", "CLP", "PEN", "UYU", "DOP", "GTQ", "CRC"})
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+")


def _grouped(figures: str) -> str:
    """Returns an amount of America without commas between thousands: `$1,500`."""
    return figures.replace(",", "") if _THOUSANDS.fullmatch(figures) else figures


_PERIODS = {
    "h": "hora", "kg": "kilo", "l": "litro", "L": "litro", "m": "metro", "kWh": "kilovatio hora",
    "MWh": "megavatio hora", "km": "kilómetro", "t": "tonelada", "min": "minuto", "s": "segundo",
    "ud": "unidad", "GB": "gigabyte", "g": "gramo", "ha": "hectárea",
}  # fmt: skip


def _single(figures: str, singular: str, plural: str, code: str) -> str:
    figures = _grouped(figures) if figures.count(",") > 1 or "." in figures else figures
    decimals = re.search(r"[.,](\d{1,2})$", figures)
    minor = _MINOR.get(code)
    if decimals is None or minor is None:
        return _whole(figures, singular, plural)
    whole = re.sub(r"\D", "", figures[: decimals.start()])
    cents = int(decimals[1].ljust(_CENTS, "0"))
    main = _whole(whole, singular, plural)
    part = f"{counted(str(cents), minor[1])} {minor[cents != 1]}"
    if not cents:
        return main
    return part if whole == "0" else f"{main} con {part}"


def _whole(figures: str, singular: str, plural: str) -> str:
    said = counted(figures, plural)
    joint = " de " if said.endswith(("millón", "millones", "billón", "billones")) else " "
    return f"{said}{joint}{singular if is_one(figures) else plural}"


def _code(mark: str) -> str:
    if mark.endswith("$") and len(mark) > 1:
        return _DOLLARS[mark[:-1]]
    return "PEN" if mark.startswith("S/") else SYMBOLS.get(mark, mark)


def _names(mark: str, code: str) -> tuple[str, str]:
    if mark in _NAMES:
        return _NAMES[mark]
    one, many = (currency_name(code, "es", is_one=count) for count in (True, False))
    if mark in SYMBOLS:
        return one.split(" ")[0], many.split(" ")[0]
    return one, many
