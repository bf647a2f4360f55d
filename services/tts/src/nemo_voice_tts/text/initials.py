"""What a voice must be told of letters, by the words that its lexicon holds.

A backend calls it on phrases in words: what is initials was decided by `en/initialisms.py`, before
any model was asked.
"""

import re
from collections.abc import Container

_CAPITALS = re.compile(r"\b[A-Z]{2,6}(?=(?:s|'s)?\b)")
_JOINED = re.compile(r"\b[A-Z]?[a-z]+(?:[A-Z][a-z]+)+\b")
_PART = re.compile(r"[A-Z]?[a-z]+")
_LETTER_A = re.compile(
    r"(?<![\w'])A(?:(?='s\b| [A-Z]\b)|(?<=[A-Z] A)\b)|(?<=[\w,] )A(?= ?(?:[a-z,;:.!?)]|$))"
)
"""The letter, not the article: among letters, or where no article stands."""
_LETTER_NAMES = {"A": "ay"}
"""`a` alone is read as the article."""


def spelled(phrase: str, lexicon: Container[str]) -> str:
    """Returns the phrase as the voice reads it: letters by their names, joined words apart.

    Capitals that the lexicon does not hold as a word are letters, such as `P M`; `GitHub` is two
    words where it holds these alone.
    """

    def letters(found: re.Match[str]) -> str:
        if found[0].lower() in lexicon and len(found[0]) > 2:  # noqa: PLR2004 a pair is initials
            return found[0]
        return " ".join(found[0])

    def apart(found: re.Match[str]) -> str:
        parts = _PART.findall(found[0])
        is_known = found[0].lower() in lexicon
        if is_known or not all(part.lower() in lexicon for part in parts):
            return found[0]
        return " ".join(parts)

    phrase = _JOINED.sub(apart, _CAPITALS.sub(letters, phrase))
    return _LETTER_A.sub(lambda found: _LETTER_NAMES[found[0]], phrase)
