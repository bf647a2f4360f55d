"""Raised and lowered text of HTML, as Unicode writes it."""

import re

from nemo_voice_tts.text.traced import Traced

_RAISED = dict(zip("0123456789+-\N{MINUS SIGN}", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻", strict=True))
_LOWERED = dict(zip("0123456789", "₀₁₂₃₄₅₆₇₈₉", strict=True))
_DIGIT = re.compile("[0-9+\N{MINUS SIGN}-]")
_NUMBER = re.compile("[0-9+\N{MINUS SIGN}-]+")
_NOTE = re.compile(r"\[[^\]]{1,20}\]|[*†‡§]+")
_WORD = re.compile(r"[^\W\d_]{4,}[.,;:!?\"')]*$|[.,;:!?\"')]$")
"""A number raised after one of these is no exponent but the mark of a note."""
_VARIABLE = re.compile(r"[A-Za-z]")


def raised(text: Traced, before: str) -> Traced:
    """Returns the text of a `<sup>`: digits as exponents, the marks of notes left out.

    Args:
        text: Its text.
        before: The text before it.
    """
    written = text.text.strip()
    if _NOTE.fullmatch(written):
        return text[:0]
    if _NUMBER.fullmatch(written):
        if _WORD.search(before[-80:]):
            return text[:0]
        return text.sub(_DIGIT, lambda found: _RAISED[found[0]])
    if _VARIABLE.fullmatch(written):
        return Traced.joined([text.replaced(0, 0, "^"), text])
    return text


def lowered(text: Traced) -> Traced:
    """Returns the text of a `<sub>`: digits as indices, such as those of a chemical formula."""
    return text.sub(_DIGIT, lambda found: _LOWERED.get(found[0]))
