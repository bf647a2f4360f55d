"""Telephone and account numbers digit by digit, a short stop between their groups, in any language.

English has its own step, which knows the forms of its countries: `en/telephones.py`.
"""

import re
from collections.abc import Callable

from nemo_voice_tts.text.traced import Traced

_INTERNATIONAL = re.compile(
    r"(?<![\w+])(?P<plus>\+|00(?=[1-9]\d[ ]))"
    r"(?P<n>\d{1,3}(?:[ ./-]{0,3}(?:\(\d{1,5}\)|\d{1,12})){1,8})(?!\w|[./-]\d)"
)
_IBAN = re.compile(
    r"(?<!\w)(?P<country>[A-Z]{2})(?P<n>\d{2}(?:[ ]?\d{4}){3,7}(?:[ ]?\d{1,4})?)(?!\w)"
)
_GROUP = re.compile(r"\d+")
_FEWEST_DIGITS = 7
_SHORTEST = 3


class PhoneNumbers:
    """The step that reads telephone numbers in one language."""

    def __init__(
        self, forms: tuple[re.Pattern[str], ...], digits: Callable[[str], str], plus: str
    ) -> None:
        """Takes what the language has.

        Args:
            forms: The forms of its countries, each with a group `n`.
            digits: Returns digits one by one.
            plus: What the sign is called.
        """
        self._forms = forms
        self._digits = digits
        self._plus = plus

    def __call__(self, text: Traced) -> Traced:
        """Returns the text with its telephone numbers in words."""
        if sum(map(str.isdigit, text.text)) < _SHORTEST:
            return text
        text = text.sub(_IBAN, self._account).sub(_INTERNATIONAL, self._international)
        for form in self._forms:
            text = text.sub(form, self._national)
        return text

    def _grouped(self, written: str) -> str:
        return ", ".join(map(self._digits, _GROUP.findall(written)))

    def _account(self, found: re.Match[str]) -> str:
        return f"{' '.join(found['country'])} {self._grouped(found['n'])}"

    def _international(self, found: re.Match[str]) -> str | None:
        if sum(map(str.isdigit, found["n"])) < _FEWEST_DIGITS:
            return None
        sign = self._plus if found["plus"] == "+" else self._digits("00")
        return f"{sign} {self._grouped(found['n'])}"

    def _national(self, found: re.Match[str]) -> str:
        start, end = (place - found.start() for place in found.span("n"))
        return f"{found[0][:start]}{self._grouped(found['n'])}{found[0][end:]}"
