"""Amounts of money in words: `$1.99`, `£3k`, `5-10 EUR`, `$0.10/kWh`."""

import re

from nemo_voice_tts.text.currencies import (
    AFTER,
    DOLLARS,
    SYMBOLS,
    WORDS,
    codes,
    currency_name,
)
from nemo_voice_tts.text.en.figures import MAGNITUDES, NUMBER, number
from nemo_voice_tts.text.en.nouns import stands_before_noun
from nemo_voice_tts.text.en.units import per_unit
from nemo_voice_tts.text.spellout import unaccented
from nemo_voice_tts.text.traced import Traced

_MINOR = {
    **dict.fromkeys(("USD", "AUD", "CAD", "NZD", "HKD", "SGD", "TWD", "JMD", "TTD", "BBD"), "cent"),
    **dict.fromkeys(("EUR", "ZAR", "XCD", "NAD"), "cent"),
    "GBP": "pence",
    "INR": "paise",
    "PKR": "paise",
    "RUB": "kopeck",
    "UAH": "kopeck",
    "CHF": "centime",
    "PLN": "grosz",
    "TRY": "kurus",
    "ILS": "agorot",
    "BRL": "centavo",
    "MXN": "centavo",
    "PHP": "centavo",
    "THB": "satang",
    "SEK": "ore",
    "NOK": "ore",
    "DKK": "ore",
    "NGN": "kobo",
    "GHS": "pesewa",
    "CNY": "fen",
    "RON": "bani",
}
"""A hundredth of the unit; decimals of other currencies are said as decimals."""
_SINGULAR_MINOR = {"pence": "penny", "paise": "paisa", "agorot": "agora", "bani": "ban"}
_UNCOUNTED = frozenset(
    {"pence", "paise", "agorot", "grosz", "kurus", "satang", "ore", "kobo", "fen", "bani"}
)

_SIGNS = "".join(SYMBOLS)
_CODES = "|".join(sorted(codes()))
_COUNTRIES = "|".join(sorted(map(re.escape, DOLLARS), key=len, reverse=True))
_MAGNITUDE = (
    r"(?:[ -]?(?:thousand|million|billion|trillion|lakh|crore)s?|[ ]?(?:mln|mn|bn|Bn|tn|trn)"
    r"|[kKmMbBtT]|MM|mm)(?!\w)"
)
_MARK = (
    rf"(?:(?<![A-Za-z])(?:{_COUNTRIES})\$|(?<![A-Za-z])US[ ]\$|(?:CN|JP|RMB)?¥|[{_SIGNS}]"
    rf"|(?<![A-Za-z])(?:{_CODES})(?=[ $£€]?\d)|(?<![A-Za-z])(?:Rs\.?|kr\.?|R|RM)(?=[ ]?\d))"
)
_BEFORE = re.compile(
    rf"(?P<sign>(?<![\w)\]])[-+][ ]?)?(?P<mark>{_MARK})[$£€]?[ ]?(?P<inner>-)?(?P<low>{NUMBER})"
    rf"(?P<low_size>{_MAGNITUDE})?"
    rf"(?:[ ]?-[ ]?(?:{_MARK})?[ ]?(?P<high>{NUMBER})(?P<high_size>{_MAGNITUDE})?(?![\w%]))?"
    rf"(?P<tail>\+|-(?!plus)(?=[A-Za-z]))?(?:[ ]?/[ ]?(?P<per>[A-Za-z]+(?:/[A-Za-z]+)?))?"
    rf"(?:[ ](?P<code>{_CODES})\b)?(?![\d])"
)
_AFTER = re.compile(
    rf"(?P<sign>(?<![\w)\]])[-+])?(?<![\w.,])(?P<low>{NUMBER})(?P<low_size>{_MAGNITUDE})?"
    rf"(?:[ ]?-[ ]?(?P<high>{NUMBER})(?P<high_size>{_MAGNITUDE})?)?"
    rf"[ ]?(?P<mark>[{_SIGNS}]|(?:{_CODES})(?![\w$])|(?:zl|zł|kr|Kč|Rs\.?|lei)(?!\w))"
    r"(?P<tail>\+)?(?:[ ]?/[ ]?(?P<per>[A-Za-z]+(?:/[A-Za-z]+)?))?"
)
_CENTS = re.compile(
    rf"(?<![\w.,])(?P<low>{NUMBER})(?:-(?P<high>{NUMBER}))?[ ]?(?P<mark>¢|(?<=\d)(?:p(?!\w)"
    rf"|c(?=[ ](?:piece|coin|each|stamp|deposit|off|per)s?\b)))"
)
_COMMA = re.compile(
    r"(?<=\d),(?=\d{1,2}[ ]?(?:€|EUR\b|kr\b|zł|zl\b))|(?<=€\d),(?=\d{2}(?!\d))"
    r"|(?<=€\d\d),(?=\d{2}(?!\d))|(?<=€\d\d\d),(?=\d{2}(?!\d))"
)
"""A decimal comma, which the amounts of some countries have."""
_NO_MINOR = re.compile(r"(?<=\d)(?:/-|,--?|,[\u2013\u2014])(?![\w-])")
"""What stands where an amount has no cents: `1,200/-`, `5,-`."""
_ANY = re.compile(
    rf"[{_SIGNS}]|\d[ ]?(?:[A-Z]{{3}}|kr|zl|zł|Rs|[pc]\b|lei|K)|(?:[A-Z]{{3}}|Rs|kr)\.?[ ]?\d"
)
_PRICE = re.compile(r"[1-9]\d+0|\d{1,3}(?:,\d{3})+(?:\.\d\d)?|\d+\.\d\d")
_PENCE = 2
"""Digits of an amount of pence; `720p` is a picture."""


def money(text: Traced) -> Traced:
    """Returns the text with its amounts of money in words."""
    if not _ANY.search(text.text):
        return text
    text = text.sub(_NO_MINOR, "").sub(_COMMA, ".")
    text = text.sub(_CENTS, _cents).sub(_BEFORE, _amount)
    return text.sub(_AFTER, _amount)


def _amount(found: re.Match[str]) -> str | None:
    parts = found.groupdict()
    mark, low, high = parts["mark"], parts["low"], parts["high"]
    code = _code(mark, parts.get("code"))
    if mark == "Rs" and low == "3" and found[0].endswith("Rs"):
        return None  # reading, writing and arithmetic
    if code is None or (mark in WORDS and not _is_price(found)):
        return None
    sizes = [_size(parts["low_size"]), _size(parts["high_size"])]
    is_general = not parts.get("code") and (mark in _SIGNS or not mark.isupper())
    is_general = is_general and (mark == "$" or not mark.endswith("$"))
    is_one = _is_adjective(found) or (high is None and low == "1" and not any(sizes))
    if high is None:
        said = _said(low, sizes[0], code, is_general=is_general, is_one=is_one)
    else:
        if "." in low + high and not any(sizes):
            first = _said(low, "", code, is_general=is_general, is_one=low == "1")
        else:
            first = f"{number(low)} {sizes[0]}".strip()
        said = f"{first} to {_said(high, sizes[1], code, is_general=is_general, is_one=is_one)}"
    sign = (parts.get("sign") or parts.get("inner") or "").strip()
    said = {"-": "minus ", "+": "plus "}.get(sign, "") + said
    if parts["tail"] == "+":
        said += " plus"
    elif parts["tail"]:
        said += " "
    if parts["per"]:
        said += "".join(f" per {per_unit(unit)}" for unit in parts["per"].split("/"))
    before, following = (
        found.string[found.start() - 1 : found.start()],
        found.string[found.end() : found.end() + 1],
    )
    is_joined = following.isalnum() or following in SYMBOLS
    return (" " if before.isalnum() else "") + said + (" " if is_joined else "")


def _code(mark: str, named: str | None) -> str | None:
    if named:
        return named
    if mark.endswith("$") and len(mark) > 1:
        return DOLLARS[mark[:-1].strip()]
    if mark.endswith("¥"):
        return "JPY" if mark in {"¥", "JP¥"} else "CNY"
    letters = {"Rs": "INR", "kr": "SEK", "R": "ZAR", "RM": "MYR"}
    return SYMBOLS.get(mark) or AFTER.get(mark) or letters.get(mark.rstrip(".")) or mark


def _is_price(found: re.Match[str]) -> bool:
    """Returns whether what follows a code that is a word or name as well is written as a price.

    `PHP 8` and `SDG 13` are not, `PHP 450` and `TRY 1.5m` are.
    """
    if _stands_in_capitals(found):
        return False
    return bool(found["low_size"] or _PRICE.fullmatch(found["low"]))


def _stands_in_capitals(found: re.Match[str]) -> bool:
    before = re.search(r"([A-Za-z]+)\W*$", found.string[max(0, found.start() - 20) : found.start()])
    after = re.match(r"\W*([A-Za-z]+)", found.string[found.end() : found.end() + 20])
    return any(
        word is not None and len(word[1]) > 1 and word[1].isupper() and word[1] not in codes()
        for word in (before, after)
    )


def _size(magnitude: str | None) -> str:
    return MAGNITUDES[magnitude.strip(" -").removesuffix("s")] if magnitude else ""


def _said(figures: str, size: str, code: str, *, is_general: bool, is_one: bool) -> str:
    whole, _, decimals = figures.replace(",", "").partition(".")
    minor = _MINOR.get(code)
    if size or minor is None or not decimals or len(decimals) > _PENCE:
        words = f"{number(figures)} {size}".strip()
        return f"{words} {_name(code, is_general=is_general, is_one=is_one)}"
    hundredths = int(decimals.ljust(_PENCE, "0"))
    part = f"{number(str(hundredths))} {_minor_name(minor, hundredths)}" if hundredths else ""
    if int(whole or "0") == 0:
        return part or f"zero {_name(code, is_general=is_general, is_one=False)}"
    is_one = int(whole) == 1 or (is_one and not part)
    return f"{number(whole)} {_name(code, is_general=is_general, is_one=is_one)} {part}".strip()


def _name(code: str, *, is_general: bool, is_one: bool) -> str:
    name = unaccented(currency_name(code, "en", is_one=is_one))
    if is_general:
        return name.split(" ")[-1].lower()
    return name.replace("US ", "U S ")


def _minor_name(minor: str, count: int) -> str:
    if count == 1:
        return _SINGULAR_MINOR.get(minor, minor)
    return minor if minor in _UNCOUNTED else f"{minor}s"


def _is_adjective(found: re.Match[str]) -> bool:
    return found["tail"] == "-" or stands_before_noun(found.string, found.start(), found.end())


def _cents(found: re.Match[str]) -> str | None:
    low, high = found["low"], found["high"]
    is_pence = found["mark"] == "p"
    is_long = len(low.partition(".")[0]) > _PENCE and "." not in low
    if is_pence and (is_long or low in {"24", "30", "60"}):
        return None
    minor = "pence" if is_pence else "cent"
    said = f"{number(low)} to {number(high)}" if high else number(low)
    is_described = not is_pence and stands_before_noun(found.string, found.start(), found.end())
    count = 1 if (low == "1" and not high) or is_described else 2
    return f"{said} {_minor_name(minor, count)}"
