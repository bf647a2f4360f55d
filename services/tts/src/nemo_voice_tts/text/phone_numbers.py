"""Telephone numbers digit by digit, with a short stop between their groups, in any language.

English has its own step, which knows the forms of its countries: `en/telephones.py`.
"""

import re
from collections.abc import Callable

from nemo_voice_tts.text.language import Step
from nemo_voice_tts.text.traced import Traced

_INTERNATIONAL = re.compile(
    r"(?<![\w+])(?P<plus>\+|00(?=[1-9]\d[ ]))(?P<n>\d{1,3}(?:[ ./-]{0,3}(?:\(\d{1,5}\)"
    r"|\d{1,12})){1,8})"
    r"(?!\w|[./-]\d)"
)
_GROUP = re.compile(r"\d+")
_FEWEST_DIGITS = 7


def phone_numbers(
    forms: tuple[re.Pattern[str], ...], digits: Callable[[str], str], plus: str
) -> Step:
    """Returns the step that reads telephone numbers.

    Args:
        forms: The forms of the language's countries, each with a group `n`.
        digits: Returns digits one by one.
        plus: What the sign is called.
    """

    def grouped(written: str) -> str:
        return ", ".join(map(digits, _GROUP.findall(written)))

    def international(found: re.Match[str]) -> str | None:
        if sum(map(str.isdigit, found["n"])) < _FEWEST_DIGITS:
            return None
        sign = plus if found["plus"] == "+" else digits("00")
        return f"{sign} {grouped(found['n'])}"

    def national(found: re.Match[str]) -> str:
        start, end = found.span("n")
        offset = found.start()
        return f"{found[0][: start - offset]}{grouped(found['n'])}{found[0][end - offset :]}"

    def step(text: Traced) -> Traced:
        if sum(map(str.isdigit, text.text)) < 3:  # noqa: PLR2004 the shortest of all
            return text
        text = text.sub(_INTERNATIONAL, international)
        for form in forms:
            text = text.sub(form, national)
        return text

    return step
