"""Numbers in words, by the spell-out rules of Unicode's CLDR.

The steps of every language call it.
"""

import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from unicode_rbnf import RbnfEngine

_THOUSAND = 1000
_LONGEST_CARDINAL = 15
"""More digits without separators are an identifier, which is said digit by digit."""
_LARGEST = 10**18
"""The rules end here."""


class Spellout:
    """The numbers of one language in words."""

    def __init__(self, language: str, *, rules: Mapping[str, str], joins_thousands: bool) -> None:
        """Names the rules.

        Args:
            language: The code of the language.
            rules: CLDR's rule set for `cardinal`, `ordinal` and, where it differs, `year`.
            joins_thousands: Whether a number is its groups of three digits, each with the name of
                its place: their words are kept, so that long texts of numbers are read quickly.
        """
        self._language = language
        self._rules = rules
        self._joins_thousands = joins_thousands
        self._said = lru_cache(maxsize=8192)(self._formatted)

    def cardinal(self, number: int) -> str:
        """Returns the number in words."""
        if abs(number) >= _LARGEST:
            return self.digits(str(number).lstrip("-"))
        if not self._joins_thousands:
            return self._said(number, "cardinal")
        words: list[str] = []
        power = _LARGEST // _THOUSAND
        rest = abs(number)
        while power:
            group, rest = divmod(rest, power)
            if group:
                words.append(self._said(group, "cardinal"))
                if power > 1:
                    words.append(self._said(power, "cardinal").split(" ", 1)[1])
            power //= _THOUSAND
        return " ".join(words) or self._said(0, "cardinal")

    def ordinal(self, number: int) -> str:
        """Returns the ordinal of the number in words."""
        head, last = divmod(number, _THOUSAND)
        if self._joins_thousands and head and last:
            return f"{self.cardinal(number - last)} {self._said(last, 'ordinal')}"
        if number >= _LARGEST:
            return self.cardinal(number)
        return self._said(number, "ordinal")

    def year(self, number: int) -> str:
        """Returns the number as years are said."""
        return self._said(number, "year")

    def digits(self, figures: str) -> str:
        """Returns the digits one by one; what is no digit is left out."""
        return " ".join(
            self._said(int(digit), "cardinal") for digit in figures if digit.isdecimal()
        )

    def integer(self, figures: str) -> str:
        """Returns a run of digits in words: as a number, or digit by digit.

        Digit by digit when it begins with a zero, or is too long for anything but an identifier.
        """
        is_identifier = len(figures) > _LONGEST_CARDINAL or (len(figures) > 1 and figures[0] == "0")
        return self.digits(figures) if is_identifier else self.cardinal(int(figures))

    def _formatted(self, number: int, kind: str) -> str:
        rules = [self._rules[kind]]
        said: str = _engine(self._language).format_number(number, ruleset_names=rules).text
        return said.replace("-", " ").replace("\N{SOFT HYPHEN}", "")


def unaccented(words: str) -> str:
    """Returns the words without accents, for a voice that has none."""
    decomposed = unicodedata.normalize("NFD", words)
    return "".join(one for one in decomposed if not unicodedata.combining(one))


@cache
def _engine(language: str) -> Any:
    return RbnfEngine.for_language(language)


ENGLISH = Spellout(
    "en",
    rules={
        "cardinal": "spellout-cardinal",
        "ordinal": "spellout-ordinal",
        "year": "spellout-numbering-year",
    },
    joins_thousands=True,
)
