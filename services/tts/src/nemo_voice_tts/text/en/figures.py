"""Figures in English words: the numbers that every other step of this folder shares."""

import re

from nemo_voice_tts.text.spellout import ENGLISH

START = r"(?<![\w.,^])(?<!\d[-/:])(?<!\^[-+])"
"""Where a number begins: not inside a word, a number, a date or a time."""
NUMBER = r"(?:(?>\d{1,3}(?:,\d{3})++|\d++)(?:\.\d++)?+|\.\d++)"
"""A number without its sign."""
END = r"(?![\d])(?![.,/:]\d)"
"""Where one ends; a unit or word may follow."""
FRACTION = r"(?:(?:\d{1,4}[ -])?\d{1,3}/\d{1,4})"
"""A fraction, perhaps after whole ones: `1/2`, `2 3/4`."""
FIGURE = rf"(?:{FRACTION}(?![\d/])|{NUMBER})"
MINUS = r"(?:(?<![\w)\]%.,^])(?P<minus>-[ ]?)(?=[\d.$£€]))?"
"""A sign, which is a hyphen elsewhere."""

MAGNITUDES = {
    "k": "thousand",
    "K": "thousand",
    "thousand": "thousand",
    "m": "million",
    "M": "million",
    "mm": "million",
    "MM": "million",
    "mn": "million",
    "mln": "million",
    "million": "million",
    "b": "billion",
    "B": "billion",
    "bn": "billion",
    "Bn": "billion",
    "billion": "billion",
    "t": "trillion",
    "T": "trillion",
    "tn": "trillion",
    "trn": "trillion",
    "trillion": "trillion",
    "lakh": "lakh",
    "crore": "crore",
}
"""Short forms of large numbers, as money has them."""

_HALF, _QUARTER, _WORDY, _LONG = 2, 4, 100, 1000
_FIRST_YEAR, _LAST_YEAR = 1100, 2099


def number(figures: str) -> str:
    """Returns a number without sign in words: `1,234.50` is "one thousand … point five zero"."""
    whole, point, decimals = figures.replace(",", "").partition(".")
    said = ENGLISH.integer(whole) if whole else ""
    return f"{said} point {ENGLISH.digits(decimals)}".strip() if point else said


def figure(figures: str) -> str:
    """Returns a number or fraction in words: `2 3/4` is "two and three quarters"."""
    if "/" not in figures:
        return number(figures)
    whole, _, parts = figures.replace("-", " ").rpartition(" ")
    over, under = (int(part) for part in parts.split("/"))
    said = fraction(over, under)
    if not whole:
        return said
    if over == 1:
        said = f"a {said.removeprefix('one ')}"
    return f"{number(whole)} and {said}"


def fraction(over: int, under: int) -> str:
    """Returns a fraction in words."""
    is_long = under > (_LONG if over == 1 else _WORDY)
    if under in {0, 1} or is_long or ENGLISH.ordinal(under).endswith(("first", "second")):
        if under != _HALF:
            return f"{ENGLISH.cardinal(over)} over {ENGLISH.cardinal(under)}"
        part = "half"
    else:
        part = "quarter" if under == _QUARTER else ENGLISH.ordinal(under)
    if over == 1:
        return f"one {part}"
    return f"{ENGLISH.cardinal(over)} {'halves' if under == _HALF else part + 's'}"


def is_singular(figures: str) -> bool:
    """Returns whether what is counted stands in the singular: `1`, `1/2`, but not `1.0`."""
    return figures == "1" or (bool(re.fullmatch(r"\d+/\d+", figures)))


def year(figures: str) -> str:
    """Returns a year in words."""
    return ENGLISH.year(int(figures))


def is_year(figures: str) -> bool:
    """Returns whether a number of four digits is a year of our times."""
    is_plain = len(figures) == 4 and figures.isdecimal()  # noqa: PLR2004 digits
    return is_plain and _FIRST_YEAR <= int(figures) <= _LAST_YEAR


def pairs(figures: str) -> str:
    """Returns a number of three or four digits as model and room numbers are said.

    `747` is "seven forty seven", `1080` "ten eighty", `101` "one oh one", `500` "five hundred".
    """
    head, tail = figures[:-2], figures[-2:]
    if not head or head[0] == "0":
        return ENGLISH.integer(figures)
    if tail == "00":
        whole = int(figures)
        return ENGLISH.cardinal(whole) if whole % 1000 == 0 else f"{number(head)} hundred"
    last = f"oh {number(tail[1])}" if tail[0] == "0" else number(tail)
    return f"{number(head)} {last}"


def ordinal(figures: str) -> str:
    """Returns the ordinal of a number in words."""
    return ENGLISH.ordinal(int(figures.replace(",", "")))
