"""Numbers of every script and shape in ASCII digits, before anything else looks at a text.

`cleaning.py` calls it: circled, superscript, Roman and fraction characters would lose what they
are there. The languages' steps begin with `undivided_numbers`.
"""

import re
import unicodedata
from fractions import Fraction
from functools import lru_cache

from nemo_voice_tts.text.traced import Traced

_SUPERSCRIPT = {
    **dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True)),
    "⁺": "+",
    "⁻": "-",
    "ⁿ": "n",
    "ⁱ": "i",
}
_SUBSCRIPT = {**dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True)), "₊": "+", "₋": "-"}

_KEYCAP = re.compile("([0-9#*])\\uFE0F?\\u20E3")
_DIGIT = re.compile(r"[0-9]")
_THIN = re.compile(r"(?<![\d.,])\d{1,3}([\u00A0\u2007\u2009\u202F])\d{3}(?:\1\d{3})*(?!\d)")
_GROUPED = re.compile(r"(?<![\d.,])(?<!\d )\d{1,3}(?: \d{3}){2,}(?![ ]?\d)")
_CONTINENTAL = re.compile(r"(?<![\w.,])\d{1,3}(?:\.\d{3})+,\d{1,2}(?![\d.,]*\d)")
_LAKHS = re.compile(r"(?<![\w.,])\d{1,2}(?:,\d{2})+,\d{3}(?![\d,]*\d)")
_SEPARATED = re.compile(
    r"(?<![\w.,'])\d{1,3}(?:['\u2019]\d{3}(?:['\u2019]\d{3})*|_\d{3}(?:_\d{3})*)(?![\w'])"
)
_RANGE = re.compile(
    r"(?<=\d)[^\S\n]*[\u2012\u2013][^\S\n]*(?=\d)|(?<=[aApP][mM]) [\u2012\u2013] (?=\d)"
    r"|(?<=[aApP]\.[mM]\.) [\u2012\u2013] (?=\d)"
    r"|(?<=[aApP][mM]) ?\u2014 ?(?=\d{1,2}(?::\d\d)? ?[aApP][mM]\b)"
    r"|(?<=\d)[ ]?[\u2012\u2013][ ]?"
    r"(?=(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.? \d)"
)
_RISE = re.compile(r"[▲△↑⬆⇧]\uFE0F?[ ]?(?=[\d$£€])")
_FALL = re.compile(r"[▼▽↓⬇⇩]\uFE0F?[ ]?(?=[\d$£€])")
_RAISED = re.compile(f"[{''.join(_SUPERSCRIPT)}]+")
_LOWERED = re.compile(f"[{''.join(_SUBSCRIPT)}]+")
_ROMAN = re.compile("[\u2160-\u2188]+")
_NAME = re.compile(r"[A-Z][\w'-]*\s+$")
_COUNTED = re.compile(
    r"(?:st|nd|rd|th)?\s(?:[Cc]entur|[Oo]lymp|[Dd]ynast|Winter|Congress|Amendment)"
)
_LONGEST_NAME = 30
_NUMERAL = re.compile(r"[^\x00-\x7f]+")
_SEPARATORS = {"\N{ARABIC DECIMAL SEPARATOR}": ".", "\N{ARABIC THOUSANDS SEPARATOR}": ","}
_SHORT_YEAR = 4
_ONE_BLANK = re.compile(
    r"(?<![\d.,:/-])(?<!\d )(?P<high>[1-9]\d{0,2}) (?P<low>\d{3})(?=[ ]?[^\W\d_]{2}|[ ]?[€$%])"
)
_REPEATED = re.compile(
    r"(?P<low>\d[\d.,]{0,20})(?P<unit>[ ]?(?:[%€£$°º]|°[ ]?[CF]|º[ ]?[CF]|[A-Za-zµ]{1,4}))"
    r"[ ]?[-\u2013][ ]?(?P<high>\d[\d.,]{0,20})(?P=unit)(?!\w)"
)
"""A range both ends of which have the same unit."""


def plain_numerals(text: Traced, *, rises: str = "up", falls: str = "down") -> Traced:
    """Returns the text with its numbers in ASCII: `½` is `1/2`, `x²` is `x^2`, `①` is `1`.

    Args:
        text: A text.
        rises: What an arrow upwards before an amount is called.
        falls: What one downwards is.
    """
    if text.text.isascii():
        return text
    text = text.sub(_THIN, _undivided).sub(_KEYCAP, lambda found: f" {found[1]} ")
    text = text.sub(_RANGE, _range_sign).sub(_RISE, f"{rises} ").sub(_FALL, f"{falls} ")
    text = text.sub(_ROMAN, _roman).sub(_RAISED, _raised)
    text = text.sub(_LOWERED, lambda found: f" {_translated(found[0], _SUBSCRIPT)} ")
    return text.sub(_NUMERAL, _numerals)


def undivided_numbers(text: Traced) -> Traced:
    """Returns the text without what other countries, and programs, put between thousands.

    A step: `1 234 567`, `1'000'000`, `1_000_000`, `1.234,56` and `2,50,000` are plain numbers.
    """
    if not _DIGIT.search(text.text):
        return text
    text = ungrouped_numbers(text)
    return text.sub(_CONTINENTAL, _anglicised).sub(_LAKHS, _undivided)


def ungrouped_numbers(text: Traced) -> Traced:
    """Returns the text without blanks, apostrophes and underscores between thousands; a step."""
    text = text.sub(_GROUPED, _undivided)
    if "'" in text.text or "_" in text.text:
        return text.sub(_SEPARATED, _undivided)
    return text


def ungrouped_amounts(text: Traced) -> Traced:
    """Returns the text without the one blank of an amount before what it counts; a step.

    As in `20 000 soldados`. English writes a comma there: `Room 12 200 guests` are two numbers.
    """
    return text.sub(_ONE_BLANK, lambda found: f"{found['high']}{found['low']}")


def joined_ranges(text: Traced) -> Traced:
    """Returns the text with a unit of both ends of a range once, behind it: `5 %-10 %`; a step."""
    if not _DIGIT.search(text.text):
        return text
    return text.sub(_REPEATED, lambda found: f"{found['low']}-{found['high']}{found['unit']}")


def _anglicised(found: re.Match[str]) -> str:
    return found[0].replace(".", "").replace(",", ".")


def _undivided(found: re.Match[str]) -> str:
    return re.sub(r"\D", "", found[0])


def _range_sign(found: re.Match[str]) -> str | None:
    """Returns a hyphen for a dash between two numbers, unless a year begins an aside."""
    before = re.search(r"\d{0,5}$", found.string[max(0, found.start() - 5) : found.start()])
    after = re.match(r"\d{0,5}", found.string[found.end() : found.end() + 5])
    lengths = (len(before[0]) if before else 0, len(after[0]) if after else 0)
    is_aside = found[0].strip() != found[0] and lengths[0] == _SHORT_YEAR != lengths[1]
    return None if is_aside else "-"


def _raised(found: re.Match[str]) -> str | None:
    before = found.string[found.start() - 1 : found.start()]
    power = _translated(found[0], _SUPERSCRIPT)
    if not before or not (before.isalnum() or before in ")]|"):
        return f" {power} "
    return f"^{power} " if found.string[found.end() : found.end() + 1].isalnum() else f"^{power}"


def _roman(found: re.Match[str]) -> str:
    """Returns a Roman numeral's letters where a ruler or a century may have it, else its value."""
    source, start, end = found.string, found.start(), found.end()
    before, after = source[max(0, start - _LONGEST_NAME) : start], source[end : end + _LONGEST_NAME]
    numeral = unicodedata.normalize("NFKC", found[0]).upper()
    if not (_NAME.search(before) or _COUNTED.match(after)):
        signs = [int(unicodedata.numeric(sign)) for sign in found[0]]
        following = [*signs[1:], 0]
        numeral = str(
            sum(-one if one < then else one for one, then in zip(signs, following, strict=True))
        )
    return f"{' ' if before[-1:].isalnum() else ''}{numeral}{' ' if after[:1].isalnum() else ''}"


def _translated(characters: str, table: dict[str, str]) -> str:
    return "".join(table[character] for character in characters)


def _numerals(found: re.Match[str]) -> str:
    """Returns the run with its numerals in ASCII, apart from letters and digits beside them."""
    source = found.string
    return "".join(_apart(source, place) for place in range(found.start(), found.end()))


def _apart(source: str, place: int) -> str:
    character = source[place]
    plain = _plain(character)
    if plain is None or character.isdecimal():
        return plain or character
    before, after = source[place - 1 : place] if place else "", source[place + 1 : place + 2]
    return (" " if before.isalnum() else "") + plain + (" " if after.isalnum() else "")


@lru_cache(maxsize=4096)
def _plain(character: str) -> str | None:
    """Returns a number's character in ASCII, or None for another one."""
    if character in _SEPARATORS:
        return _SEPARATORS[character]
    category = unicodedata.category(character)
    if category == "So":
        return _sign(character)
    if category == "Nd":
        return str(unicodedata.digit(character))
    return _numeral(character) if category in {"Nl", "No"} else None


def _numeral(character: str) -> str | None:
    compatible = unicodedata.normalize("NFKC", character).replace("\N{FRACTION SLASH}", "/")
    if compatible.isascii() and compatible.isprintable():
        return compatible.upper() if compatible.isalpha() else compatible
    value = unicodedata.numeric(character, None)
    return None if value is None else str(Fraction(value).limit_denominator(1000))


def _sign(character: str) -> str | None:
    """Returns the letters of a sign that stands for some, such as a unit's: `㎞` is `km`."""
    compatible = unicodedata.normalize("NFKC", character)
    has_letters = any(one.isascii() and one.isalnum() for one in compatible)
    return compatible if has_letters and character not in "™℠℡" else None
