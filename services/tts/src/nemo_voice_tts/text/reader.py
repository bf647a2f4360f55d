"""Whole texts in words, with the grammars in this process: for commands and evaluations.

A service does the same with the processes of `normaliser.py`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from nemo_voice_tts.text.grammars import (
    build_grammars,
    default_grammars,
    open_grammars,
    verbalised,
)
from nemo_voice_tts.text.normaliser import is_plain, whitelist_words
from nemo_voice_tts.text.reading import (
    DEFAULT_OPTIONS,
    Limits,
    ReadingOptions,
    ReadPhrase,
    read,
)


class Reader:
    """Reads texts in this process."""

    def __init__(self, grammars: Path | None = None) -> None:
        """Takes the folder of the grammars, which are built and opened when a text needs them.

        Args:
            grammars: The folder; absent: the user's cache.
        """
        self._directory = grammars or default_grammars()

    def phrases(
        self, text: str, options: ReadingOptions = DEFAULT_OPTIONS, limits: Limits | None = None
    ) -> list[ReadPhrase]:
        """Returns the phrases of a text, each in the words that a voice says.

        Raises:
            UnspeakableText: As `reading.read` does.
        """
        return [self._in_words(phrase) for phrase in read(text, options, limits)]

    def words(self, text: str, options: ReadingOptions = DEFAULT_OPTIONS) -> str:
        """Returns the words of a whole text.

        Raises:
            UnspeakableText: As `reading.read` does.
        """
        return " ".join(phrase.text for phrase in self.phrases(text, options))

    def _in_words(self, phrase: ReadPhrase) -> ReadPhrase:
        if phrase.is_in_words or is_plain(phrase.text, whitelist_words()):
            return phrase
        return replace(phrase, text=verbalised(self._grammars, phrase.text))

    @cached_property
    def _grammars(self) -> Any:
        build_grammars(self._directory)
        return open_grammars(self._directory)


async def read_words(
    text: str,
    options: ReadingOptions,
    limits: Limits,
    normalise: Callable[[str], Awaitable[str]],
) -> list[ReadPhrase]:
    """Returns the phrases of a text in words, with a service's normaliser.

    Raises:
        UnspeakableText: As `reading.read` does.
        BackendFailed: As the normaliser does.
    """
    phrases = read(text, options, limits)
    return [
        phrase if phrase.is_in_words else replace(phrase, text=await normalise(phrase.text))
        for phrase in phrases
    ]
