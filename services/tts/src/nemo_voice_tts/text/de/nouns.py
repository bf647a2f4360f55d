"""The gender of German nouns: known for common ones, guessed from their endings for others."""

import re
from enum import Enum
from functools import lru_cache

from nemo_voice_tts.text.word_sets import WordSets


class Gender(Enum):
    """A noun's gender."""

    MASCULINE = "m"
    FEMININE = "f"
    NEUTER = "n"


_SETS = WordSets(__package__)
_KNOWN = {
    **dict.fromkeys(_SETS["masculine"], Gender.MASCULINE),
    **dict.fromkeys(_SETS["feminine"], Gender.FEMININE),
    **dict.fromkeys(_SETS["neuter"], Gender.NEUTER),
}
_BY_LENGTH = sorted((noun for noun in _KNOWN if len(noun) > 3), key=len, reverse=True)  # noqa: PLR2004 others end words by chance
_ENDINGS = (
    (re.compile(r"(?:chen|lein|ment|tum|um|nis|ett|ma|en)"), Gender.NEUTER),
    (re.compile(r"(?:ung|heit|keit|schaft|tät|ion|ik|ei|enz|anz|ur|in|ie|sis|e)"), Gender.FEMININE),
)


@lru_cache(maxsize=4096)
def gender_of(noun: str) -> Gender:
    """Returns the gender of a noun in the singular, which may be a compound."""
    lowered = noun.lower().rpartition("-")[2]
    if lowered in _KNOWN:
        return _KNOWN[lowered]
    last = next((known for known in _BY_LENGTH if lowered.endswith(known)), None)
    if last is not None:
        return _KNOWN[last]
    for pattern, gender in _ENDINGS:
        if re.search(rf"{pattern.pattern}$", lowered):
            return gender
    return Gender.MASCULINE
