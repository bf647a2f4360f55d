"""Roman numerals: after rulers as ordinals, after headings, sequels and wars as numbers."""

import re
import unicodedata

from nemo_voice_tts.text.en.spelling import (
    after,
    alternation,
    before,
    cardinal,
    code_number,
    ordinal,
    word_set,
)
from nemo_voice_tts.text.traced import Traced

_VALID = re.compile(r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_SIGN = re.compile("[\N{ROMAN NUMERAL ONE}-\N{SMALL ROMAN NUMERAL ONE THOUSAND}]+")

_NUMERAL = r"[IVXLC]+|ii|iii|iv|vi{1,3}|ix|xi{1,3}"
_HEADED = re.compile(
    rf"\b((?:{alternation('headings')})s?\.?\s+)({_NUMERAL})"
    r"(?:(-|\s(?:and|or|to|through|of)\s|,\s)([IVXLC]+))?(?![\w'&]|\.\w|-\w)"
)
_RULERS = word_set("rulers")
_TITLES_BEFORE = re.compile(
    r"\b(?:King|Queen|Pope|Emperor|Empress|Tsar|Czar|Pharaoh|Sultan|Prince|Princess|Shah|Kaiser|Duke|Patriarch|Emir|Khan|Saint|St|Count|Archduke)\s+(?:[A-Z][\w-]*\s+)?$"
)
_FIRST_NAMES_BEFORE = re.compile(
    r"\b(?:John|William|James|Robert|Henry|Charles|George|Thomas|Edward|Samuel|Joseph|Richard|David|Michael|Frank|Harold|Walter|Albert|Arthur|Fred|Jack|Sammy|Ken|Ronald|Gary|Larry|Walter|Otto|Cornelius|August|Theodore|Marvin|Robert)\s+(?:[A-Z]\.?\s+)?$"
)
_NAMED = re.compile(
    r"(?<![\w'])((?:[A-Z][\w'-]*|iPhone|macOS X|OS)\s+)([IVX]+|XL[IV]*|L[IVX]+)"
    r"(?:/([IVX]+))?((?:'s)?)(?![\w&-]|'\w|\.\w)"
)
_NOT_NUMBERS = frozenset({"XX", "XXX", "XL", "LI", "LX"})
_NOT_NAMES = word_set("not names before a numeral")
_AFTER_ONE = re.compile(
    r"(?:'s)?(?:$|[.,;:!?)\"]|\s(?:was|were|is|of|and|or|ruled|reigned|died|became|had|has|in|at|by|the|to|by|on|for|who|from|with|until|made|took|won|came|succeeded|married|founded|built|issued|signed|granted|died|led|fought|conquered|established|ended|began|invaded|defeated|wrote|launched|sold|did|would|could|may|also|as)\b)"
)
_SINGLE = {"I", "V", "X"}
_CENTURY = re.compile(
    r"\b([IVX]{1,5})(?:st|nd|rd|th)?(?=\s(?:[Cc]entury|[Cc]enturies|Olympics?|Olympiad"
    r"|Winter Olympics?|[Dd]ynasty|Congress|Legion|Army|Corps|Amendment|Summit|Party Congress)\b)"
)
_YEAR = re.compile(r"\b(M{1,3}(?:CM|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3}))\b")
_LISTED = re.compile(r"\((i{1,3}|iv|vi{1,3}|ix|xi{1,3})\)|(?<=\s)\((v|x)\)(?=\s)")
_PAGES = re.compile(r"\b(pages?\s+)([ivxl]{1,6})\b(?:-([ivxl]{1,6})\b)?")
_HEADING = re.compile(r"(?m)^\s*([IVX]{1,5})\.(?=\s+[A-Z])")
_SMALL_HEADING = re.compile(r"(?m)^\s*([ivx]{2,5})\.(?=\s+[A-Z])")
_UNMISTAKABLE = re.compile(
    r"(?<![\w.&/-])(?:II|III|VII|VIII|XII|XIII|XIV|XVI|XVII|XVIII|XIX)(?![\w.&/-]\w|\w)"
    r"|\bI(?=, II\b)|(?<=II, )IV\b|(?<=III, )IV\b|(?<=III and )IV\b"
)
"""Letters that are a number wherever they stand."""
_SHORTEST_YEAR = 4


def roman_numerals(text: Traced) -> Traced:
    """Returns the text with its Roman numerals in words; `I`, `MIX` and `CD` stay."""
    if not text.text.isascii():
        text = text.sub(_SIGN, lambda found: unicodedata.normalize("NFKC", found[0]))
    if "(" in text.text or "page" in text.text:
        text = text.sub(_LISTED, _listed).sub(_PAGES, _pages)
    text = text.sub(_SMALL_HEADING, _small_heading)
    if not _SINGLE & set(text.text) and "M" not in text.text:
        return text
    text = text.sub(_CENTURY, lambda found: _ordinal(found[1]))
    text = text.sub(_HEADED, _headed).sub(_NAMED, _named)
    text = text.sub(_UNMISTAKABLE, lambda found: _cardinal(found[0]))
    return text.sub(_YEAR, _year).sub(_HEADING, lambda found: f"{_cardinal(found[1])}.")


def _small_heading(found: re.Match[str]) -> str | None:
    said = _cardinal(found[1])
    return f"{said}." if said else None


def value(numeral: str) -> int | None:
    """Returns the number that a Roman numeral in capitals writes, or None."""
    if not numeral or _VALID.fullmatch(numeral) is None:
        return None
    numbers = [_VALUES[sign] for sign in numeral]
    following = [*numbers[1:], 0]
    return sum(-one if one < after else one for one, after in zip(numbers, following, strict=True))


def _cardinal(numeral: str) -> str | None:
    number = value(numeral.upper())
    return None if number is None else cardinal(number)


def _ordinal(numeral: str) -> str | None:
    number = value(numeral)
    return None if number is None else ordinal(number)


def _headed(found: re.Match[str]) -> str | None:
    heading, numeral, sign, second = found.groups()
    if numeral in {"C", "D", "L", "M"}:
        return None
    first = _cardinal(numeral)
    if heading.lower().startswith(("no.", "number")) and numeral in _SINGLE:
        return None
    if first is None or (numeral == "I" and not _may_follow_one(found)):
        return None
    if second is None:
        return f"{heading}{first}"
    last = _cardinal(second)
    if last is None or second == "I":
        return f"{heading}{first}{sign}{second}"
    return f"{heading}{first}{' to ' if sign == '-' else sign}{last}"


def _may_follow_one(found: re.Match[str]) -> bool:
    """Returns whether the `I` behind a heading is a number, and not the pronoun."""
    rest = found.string[found.end(2) : found.end(2) + 12]
    if found[1][0].islower() and re.match(r" [a-z]", rest) and not found[3]:
        return False
    return (
        re.match(
            r"\s(?:think|am|have|know|like|love|want|need|will|would|can|could|do|did|don't|found|read|saw|wrote|use|used|gave|made|tried|call|called|learned|'m|'ve|'d|liked|loved)\b|'",
            rest,
        )
        is None
    )


def _named(found: re.Match[str]) -> str | None:
    name, numeral, second, possessive = found.groups()
    number = value(numeral)
    if number is None or name.strip() in _NOT_NAMES:
        return None
    if _is_ruler(found):
        return f"{name}the {ordinal(number)}{possessive}" if _may_count(found) else None
    if not _is_sequel(name.strip(), numeral):
        return None
    other = value(second) if second else None
    said = f"{cardinal(number)} {cardinal(other)}" if other else cardinal(number)
    return f"{name}{said}{possessive}"


def _is_ruler(found: re.Match[str]) -> bool:
    word = found[1].strip()
    preceding = before(found)
    is_heir = found[2] in {"II", "III", "IV"} and _FIRST_NAMES_BEFORE.search(preceding) is not None
    is_known = word in _RULERS or word.endswith(("mose", "hotep", "mses"))
    return is_known or is_heir or _TITLES_BEFORE.search(preceding) is not None


def _may_count(found: re.Match[str]) -> bool:
    """Returns whether the numeral of a ruler is one, and not the pronoun `I`."""
    return found[2] != "I" or bool(found[4]) or _AFTER_ONE.match(after(found)) is not None


def _is_sequel(word: str, numeral: str) -> bool:
    if numeral == "I":
        return False
    if numeral in _SINGLE:
        is_five = numeral == "V" and word in word_set("numbered by five")
        return is_five or word.replace(" ", "_") in word_set("numbered by a single letter")
    return numeral not in _NOT_NUMBERS or word in word_set("numbered by twenty")


def _year(found: re.Match[str]) -> str | None:
    number = value(found[1])
    is_year = number is not None and 1000 <= number < 2100 and len(found[1]) >= _SHORTEST_YEAR  # noqa: PLR2004 years
    return code_number(str(number)) if is_year else None


def _listed(found: re.Match[str]) -> str | None:
    numeral = found[1] or (found[2] if "(iv)" in found.string or "(ix)" in found.string else None)
    return f"{_cardinal(numeral)}," if numeral else None


def _pages(found: re.Match[str]) -> str | None:
    first = _cardinal(found[2])
    last = _cardinal(found[3]) if found[3] else None
    if first is None:
        return None
    return f"{found[1]}{first} to {last}" if last else f"{found[1]}{first}"
