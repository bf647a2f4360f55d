"""How letters, digits and parts of names are said, and which written words are words.

The steps of this package call it. `words.txt` holds frequent English words, the commonest first;
`readings.tsv` holds names that neither the letters nor the words tell how to say,
`word_sets.txt` the words by which the steps decide.
"""

import re
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType

from unicode_rbnf import RbnfEngine

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^A-Za-z\d]+")
_VOWEL = re.compile(r"[aeiouy]", re.IGNORECASE)
_CLUSTER = re.compile(
    r"[^aeiouy]{4}|^[^aeiouylrwhs']{3}|^(?:[bcdfgkmpt][bcdfgkmpt]|[lrn][^aeiouy])"
)
_CLOSING = re.compile(r"[\s\"')\]]*$")
_LONGEST_CODE = 8
"""Letters; longer ones are words that were joined, whatever meets where they were."""
_LONGEST_INITIALISM = 5
"""Letters; longer ones in capitals are names or shouted words as far as they can be said."""
_RANKS = (0, 0, 0, 2_500, 30_000)
"""How frequent a word of so many letters must be to be a word in capitals amid other words."""
_UNRANKED = 99_999
_COMMON_RANK = 5_000
"""Words as frequent as this one are words even where capitals would be initials."""


def word_set(name: str) -> frozenset[str]:
    """Returns the words of one line of `word_sets.txt`."""
    return _word_sets()[name]


def alternation(name: str) -> str:
    """Returns the words of one line of `word_sets.txt` as a regular expression, longest first."""
    longest_first = sorted(word_set(name), key=lambda word: (-len(word), word))
    return "|".join(re.escape(word).replace("_", r"\ ") for word in longest_first)


@cache
def words() -> MappingProxyType[str, int]:
    """Returns frequent English words in lower case with their rank, 0 for the commonest."""
    listed = _data("words.txt").split()
    return MappingProxyType({word: rank for rank, word in enumerate(listed)})


@cache
def known_readings() -> MappingProxyType[str, str]:
    """Returns names that are said in a way of their own; the reading `*` says each letter."""
    rows = (line.split("\t") for line in _data("readings.tsv").splitlines())
    return MappingProxyType({row[0]: row[1] for row in rows if len(row) == 2})  # noqa: PLR2004 name and reading


def reading_of(name: str) -> str | None:
    """Returns how a name of the list is said, or None."""
    reading = known_readings().get(name)
    return letters(name) if reading == "*" else reading


def letters(word: str) -> str:
    """Returns the letters and digits of a word one by one, such as `F B I`."""
    return " ".join(
        _DIGITS[int(one)] if one.isdigit() else one.upper() for one in word if one.isalnum()
    )


def digits(number: str) -> str:
    """Returns the digits of a number one by one."""
    return " ".join(_DIGITS[int(one)] for one in number if one.isdigit())


@lru_cache(maxsize=4096)
def cardinal(number: int) -> str:
    """Returns a whole number in words."""
    return str(_english().format_number(number).text)


@lru_cache(maxsize=1024)
def ordinal(number: int) -> str:
    """Returns the ordinal of a whole number in words."""
    return str(_english().format_number(number, ruleset_names=["spellout-ordinal"]).text)


def short_number(number: str) -> str:
    """Returns a number of a name: one of a digit or two as a whole, others digit by digit."""
    if len(number) <= 2 and not (len(number) > 1 and number[0] == "0"):  # noqa: PLR2004 as it says
        return cardinal(int(number))
    return digits(number)


def code_number(number: str) -> str:
    """Returns the number of a model, road, flight or standard, such as `seven forty-seven`."""
    if number[0] == "0" or len(number) > 5:  # noqa: PLR2004 longer ones are said digit by digit
        return digits(number)
    if len(number) == 5 and int(number) % 1000 >= 10:  # noqa: PLR2004
        return digits(number)
    if len(number) <= 2 or int(number) % 1000 < 10 or (len(number) == 3 and number[1:] == "00"):  # noqa: PLR2004
        return cardinal(int(number))
    head, tail = number[:-2], number[-2:]
    if tail == "00":
        return f"{cardinal(int(head))} hundred"
    said = f"oh {digits(tail[1])}" if tail[0] == "0" else cardinal(int(tail))
    return f"{cardinal(int(head))} {said}"


def component(number: str) -> str:
    """Returns one number of a version or section: whole, zeros in front kept."""
    if (len(number) > 1 and number[0] == "0") or len(number) > 3:  # noqa: PLR2004 a build's number
        return digits(number)
    return cardinal(int(number))


def ends_text(found: re.Match[str]) -> bool:
    """Returns whether nothing but blanks and closing marks follow what was found."""
    return _CLOSING.match(found.string, found.end()) is not None


def after(found: re.Match[str], chars: int = 40) -> str:
    """Returns the characters that follow what was found."""
    return found.string[found.end() : found.end() + chars]


def before(found: re.Match[str], chars: int = 40) -> str:
    """Returns the characters in front of what was found."""
    return found.string[max(0, found.start() - chars) : found.start()]


def plural_of(said: str) -> str:
    """Returns words that end in a number or a letter as several of it: `fifty twos`, `D's`."""
    if said[-1].isupper():
        return f"{said}'s"
    if said.endswith("y"):
        return f"{said[:-1]}ies"
    return f"{said}es" if said.endswith("x") else f"{said}s"


def is_word(word: str) -> bool:
    """Returns whether a word is a frequent English one, in whatever case."""
    return word.lower() in words()


def is_emphasised(word: str) -> bool:
    """Returns whether a word in capitals, amid others in small letters, is a word after all."""
    lowered = word.lower()
    if len(word) < len(_RANKS):
        return lowered in word_set("short words") or _rank(word) < _RANKS[len(word)]
    return lowered in words() or (len(word) > _LONGEST_INITIALISM and is_pronounceable(word))


def _rank(word: str) -> int:
    """Returns how frequent a word is, a plural as its singular where that is no initials."""
    rank = words().get(word.lower(), _UNRANKED)
    one = word[:-1]
    is_plural = word[-1] == "S" and rank < _UNRANKED and one not in known_readings()
    return min(rank, words().get(one.lower(), _UNRANKED)) if is_plural else rank


def is_pronounceable(word: str) -> bool:
    """Returns whether a word that nobody knows can be said as one."""
    if len(word) > _LONGEST_CODE:
        return len(_VOWEL.findall(word)) > 1
    return _VOWEL.search(word) is not None and _CLUSTER.search(word.lower()) is None


def part(text: str) -> str:
    """Returns how a part of an address, a path or an identifier is said, signs left out.

    Words stay, `camelCase` is cut, what cannot be said is spelled.
    """
    known = _known_part(text)
    if known is not None:
        return known
    if _is_part(text):
        return text.lower() if text.isupper() else text
    return " ".join(filter(None, map(_piece, _CAMEL.findall(text))))


def _piece(text: str) -> str:
    if text.isdigit():
        is_year = len(text) == 4 and text[:2] in {"19", "20"}  # noqa: PLR2004 a year
        return code_number(text) if is_year else short_number(text)
    if not text.isalpha():
        return ""
    known = _known_part(text)
    if known is not None:
        return known
    if text.isupper() and len(text) > 1 and (is_emphasised(text) or _is_long_word(text)):
        return text.lower()
    is_said = not text.isupper() and (_is_part(text) or _is_said_small(text))
    return text if is_said else letters(text)


def _is_long_word(text: str) -> bool:
    """Returns whether a word of an identifier in capitals, such as `CONST`, is said."""
    return len(text) >= _LONGEST_INITIALISM and is_pronounceable(text)


def _known_part(text: str) -> str | None:
    known = reading_of(text)
    if (
        known is None
        and text not in word_set("short parts of addresses")
        and words().get(text.lower(), _COMMON_RANK) >= _COMMON_RANK
    ):
        return reading_of(text.upper())
    return known


def _is_part(text: str) -> bool:
    return text.lower() in word_set("short parts of addresses") if len(text) < 3 else is_word(text)  # noqa: PLR2004 initials


def _is_said_small(text: str) -> bool:
    return len(text) > 2 and is_pronounceable(text)  # noqa: PLR2004 two letters are initials


@cache
def _english() -> RbnfEngine:
    return RbnfEngine.for_language("en")


@cache
def _word_sets() -> MappingProxyType[str, frozenset[str]]:
    lines = (line.split(":", 1) for line in _data("word_sets.txt").splitlines())
    return MappingProxyType({name: frozenset(listed.split()) for name, listed in lines})


def _data(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
