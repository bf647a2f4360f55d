"""Pronunciations inside a text: each is one placeholder character until the voice says it.

Characters of a private-use plane, so that no step, grammar or cut reads them as anything else;
`reading.py` drops those that a client sent.
"""

import re
from collections.abc import Mapping

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_tts.text.phonemes import Pronunciation

Pronunciations = Mapping[str, Pronunciation]
"""What each placeholder stands for."""
NONE: Pronunciations = {}

PLACEHOLDERS = "\U000f0000-\U000ffffd"
"""The placeholders, as a range inside the brackets of a regular expression."""
PLACEHOLDER = re.compile(f"[{PLACEHOLDERS}]")
_FIRST, _MOST = 0xF0000, 0xFFFE


class Insets:
    """The pronunciations of one text."""

    def __init__(self) -> None:
        self._placeholders: dict[Pronunciation, str] = {}

    def add(self, pronunciation: Pronunciation) -> str:
        """Returns the character that stands for the pronunciation in the text.

        It is a word of its own: put it where the word that it replaces stood.

        Raises:
            InvalidRequest: The text holds too many of them.
        """
        known = self._placeholders.get(pronunciation)
        if known is None:
            if len(self._placeholders) == _MOST:
                raise InvalidRequest(f"The text holds more than {_MOST} pronunciations. Cut it.")
            known = chr(_FIRST + len(self._placeholders))
            self._placeholders[pronunciation] = known
        return known

    @property
    def pronunciations(self) -> Pronunciations:
        """What each placeholder stands for."""
        return {mark: said for said, mark in self._placeholders.items()}
