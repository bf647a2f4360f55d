"""Transcribes one recording of an archive: checks what is asked of it, opens it, recognises it."""

import asyncio
import stat
from collections.abc import Sequence
from contextlib import ExitStack
from typing import BinaryIO

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_stt.archive.errors import UnreadableFile, reason_of
from nemo_voice_stt.archive.excerpts import excerpt
from nemo_voice_stt.archive.options import ArchiveOptions
from nemo_voice_stt.archive.recording import Recording
from nemo_voice_stt.archive.transcript_files import Heard
from nemo_voice_stt.transcription.hotwords import hotwords_of, refuse_hotwords
from nemo_voice_stt.transcription.languages import (
    SpokenLanguage,
    language_of,
    listed,
    name_of,
    nearest,
)
from nemo_voice_stt.transcription.transcription import Transcription, TranscriptionInput

_RATE_HZ = 16_000
"""Of parts of recordings that are decoded from their beginning: that of all recognisers."""


class Transcriber:
    """Transcribes recordings with one loaded model; any number at once, in shared batches."""

    def __init__(
        self, transcription: Transcription, options: ArchiveOptions, languages: Sequence[str]
    ) -> None:
        """Takes the model's use case, what is wanted, and the languages that it understands."""
        self._transcription = transcription
        self._options = options
        self._languages = languages

    def refuse_impossible(self) -> None:
        """Checks that the model can do what is asked of every recording.

        Raises:
            InvalidRequest: It cannot; the message begins with the flag.
        """
        options, abilities = self._options, self._transcription.abilities
        without_times = [one for one in options.formats if one.is_subtitles]
        if (without_times or options.with_words) and not abilities.word_times:
            flag = f"format {without_times[0]}" if without_times else "words"
            raise InvalidRequest(f"{flag}: the model gives no times of words.", param=flag)
        refuse_hotwords(abilities, hotwords_of(None, options.keywords), "keywords")
        if options.language is not None or options.translate_to is None:
            spoken = self._spoken(options.language)
            if options.translate_to is not None:
                self._target(options.translate_to, spoken)
        elif not abilities.translations:
            raise _only_transcribes()

    async def heard(self, recording: Recording) -> Heard:
        """Returns what a recording says.

        Raises:
            VoiceError: With the reason, as the HTTP route would have it.
            UnreadableFile: The file cannot be read at all.
        """
        options = self._options
        hotwords = hotwords_of(None, (*options.keywords, *recording.keywords))
        refuse_hotwords(self._transcription.abilities, hotwords, "keywords")
        spoken = self._spoken(recording.language or options.language)
        wanted = recording.translate_to or options.translate_to
        target = None if wanted is None else self._target(wanted, spoken)
        is_translated = target is not None and target != spoken.told
        try:
            with ExitStack() as stack:
                file = await asyncio.to_thread(_opened, recording, stack)
                transcript = await self._transcription.transcribe(
                    TranscriptionInput(
                        file,
                        hotwords=hotwords,
                        language=spoken.told,
                        translate_to=target if is_translated else None,
                        needs_words=options.needs_words,
                    )
                )
        except OSError as error:
            raise UnreadableFile(f"The file cannot be read: {reason_of(error)}.") from error
        language = name_of(target) if is_translated and target else spoken.name
        return Heard(transcript, language, is_translated)

    def _spoken(self, language: str | None) -> SpokenLanguage:
        return language_of(language, (), self._languages, self._transcription.abilities)

    def _target(self, wanted: str, spoken: SpokenLanguage) -> str:
        """Returns the code of the language to write in; the spoken one where it is that."""
        pairs = self._transcription.abilities.translations
        if not pairs:
            raise _only_transcribes()
        targets = tuple(dict.fromkeys(written for _, written in pairs))
        target = nearest(wanted, targets)
        if target is None:
            message = f"translate-to: the model does not write {wanted!r}, but {listed(targets)}."
            raise InvalidRequest(message, param="translate-to")
        if spoken.told is None:
            message = "language: to translate, the model must be told what is spoken."
            raise InvalidRequest(message, param="language")
        if spoken.told != target and (spoken.told, target) not in pairs:
            message = f"translate-to: not from {listed([spoken.told])} to {listed([target])}."
            raise InvalidRequest(message, param="translate-to")
        return target


def _only_transcribes() -> InvalidRequest:
    message = "translate-to: the model transcribes and does not translate."
    return InvalidRequest(message, param="translate-to")


def _opened(recording: Recording, stack: ExitStack) -> BinaryIO:
    """Returns the recording's file, or its part, open until the stack is closed."""
    # A pipe would not even open before somebody writes into it.
    if not stat.S_ISREG(recording.path.stat().st_mode):
        raise UnreadableFile("It is no regular file.")
    file: BinaryIO = stack.enter_context(recording.path.open("rb"))
    if recording.start_s is None:
        return file
    return stack.enter_context(excerpt(file, _RATE_HZ, recording.start_s, recording.length_s))
