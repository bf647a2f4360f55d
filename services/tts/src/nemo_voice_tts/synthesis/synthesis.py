"""How a text becomes sound: phrases, batched through the voice, in order, the first early.

HTTP routes, the command line and the self-test iterate over `Synthesis.speak`, each in its own
way.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.batching.admission import Admission
from nemo_voice_serving.batching.batcher import Batcher, Served
from nemo_voice_tts.errors import UnspeakableText
from nemo_voice_tts.synthesis.port import (
    FASTEST_PACE,
    SLOWEST_PACE,
    Phrase,
    Spectrogram,
    Voice,
    Window,
)
from nemo_voice_tts.text.en import ENGLISH
from nemo_voice_tts.text.language import Language
from nemo_voice_tts.text.phonemes import Pronunciation
from nemo_voice_tts.text.reading import (
    DEFAULT_OPTIONS,
    Limits,
    ReadingOptions,
    ReadPhrase,
    read,
)

_FIRST, _LATER = 0, 1
_LONG_TEXT_CHARS = 2000
"""A longer one is read in a thread, while the loop serves others: it takes 10 ms and more."""

Normalise = Callable[[str], Awaitable[str]]
"""Turns digits and abbreviations into words."""

WindowSound = asyncio.Future[Served[Samples]]
"""The sound of one window, once its vocoder batch has run."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """How a text is cut and how far ahead of its consumer its phrases are worked on."""

    phrase_chars: int
    first_phrase_chars: int
    phrases_ahead: int
    timeout_s: float


class Synthesis:
    """Speaks texts with one voice, sharing its batches between requests."""

    def __init__(
        self,
        voice: Voice,
        *,
        normalise: Normalise,
        spectrograms: Batcher[Phrase, Spectrogram],
        vocoder: Batcher[Window, Samples],
        admission: Admission,
        pacing: Pacing,
        language: Language = ENGLISH,
    ) -> None:
        self.language = language
        """The language that the voice speaks, whatever the options of a text say."""
        self._voice = voice
        self._normalise = normalise
        self._spectrograms = spectrograms
        self._vocoder = vocoder
        self._admission = admission
        self._pacing = pacing

    @property
    def sample_rate_hz(self) -> int:
        """The rate of the sound."""
        return self._voice.description.sample_rate_hz

    def check(self, pronunciation: Pronunciation) -> None:
        """Raises `UnknownPhoneme` when the voice has not every sound of the pronunciation."""
        self._voice.check(pronunciation)

    async def speak(
        self, text: str, *, pace: float = 1.0, options: ReadingOptions = DEFAULT_OPTIONS
    ) -> AsyncGenerator[Samples, None]:
        """Yields the speech in order, each piece of sound as soon as it is made.

        Work runs a few phrases ahead of the consumer; closing the generator stops it.

        Args:
            text: As the client sent it.
            pace: Speaking rate: 2.0 is twice as fast.
            options: How the text is to be read.

        Raises:
            UnspeakableText: When the voice cannot say the text.
            InvalidMarkup: When the text is SSML, and wrong.
            UnknownPhoneme: When it has not every sound of a pronunciation in the text.
            Overloaded: When too many characters are waiting already.
            DeadlineExceeded: When a piece was not begun in time.
            BackendFailed: When the model raised.
        """
        pacing = self._pacing
        limits = Limits(pacing.phrase_chars, pacing.first_phrase_chars)
        options = replace(options, language=self.language.code)
        phrases = await _read(text, options, limits)
        for pronunciation in phrases[0].pronunciations.values():
            self._voice.check(pronunciation)
        # However long the text is, only its phrases in work take room.
        work = min(len(text), pacing.phrases_ahead * pacing.phrase_chars)
        with self._admission.admit(work):
            pipeline = _Pipeline(
                phrases,
                lambda phrase, urgency: self._window_sounds(phrase, pace=pace, urgency=urgency),
                ahead=pacing.phrases_ahead,
            )
            try:
                piece = await pipeline.next_piece()
                if piece is None:
                    raise UnspeakableText("Nothing in the text can be said.")
                while piece is not None:
                    yield piece
                    piece = await pipeline.next_piece()
            finally:
                await pipeline.aclose()

    async def _window_sounds(
        self, written: ReadPhrase, *, pace: float, urgency: int
    ) -> list[WindowSound]:
        """Returns the windows of one phrase, each already in the vocoder's queue, and its pauses.

        A pause comes on top of the fifth of a second or so in which the voice itself ends a phrase.
        """
        normalised = written.text if written.is_in_words else await self._normalise(written.text)
        try:
            spelled = self.language.spelled(normalised)
            tokens = self._voice.tokens(spelled, written.pronunciations)
        except UnspeakableText:
            # A stretch of dashes inside a text that is otherwise fine is silence, not an error.
            return []
        pace = min(FASTEST_PACE, max(SLOWEST_PACE, pace * written.pace))
        phrase = Phrase(tokens, pace=pace)
        served = await self._spectrograms.submit(
            phrase,
            length=len(phrase.tokens),
            urgency=urgency,
            timeout_s=self._pacing.timeout_s,
            is_patient=urgency == _LATER,
        )
        windows = self._voice.windows(served.output, first=urgency == _FIRST)
        sounds = [
            asyncio.ensure_future(
                self._vocoder.submit(
                    window,
                    length=window.frame_count,
                    urgency=urgency if place == 0 else _LATER,
                    timeout_s=self._pacing.timeout_s,
                    is_patient=True,
                )
            )
            for place, window in enumerate(windows)
        ]
        before = _silence(written.lead_s, self.sample_rate_hz)
        after = _silence(written.pause_s, self.sample_rate_hz)
        return [*before, *sounds, *after]


async def _read(text: str, options: ReadingOptions, limits: Limits) -> list[ReadPhrase]:
    if len(text) <= _LONG_TEXT_CHARS:
        return read(text, options, limits)
    return await asyncio.to_thread(read, text, options, limits)


def _silence(seconds: float, rate_hz: int) -> list[WindowSound]:
    """Returns so many seconds of silence, in pieces of a second at most."""
    left = round(seconds * rate_hz)
    pieces: list[WindowSound] = []
    while left > 0:
        piece: WindowSound = asyncio.get_running_loop().create_future()
        samples = np.zeros(min(left, rate_hz), dtype=np.float32)
        piece.set_result(Served(samples, wait_s=0.0, run_s=0.0, batch_items=1))
        pieces.append(piece)
        left -= len(samples)
    return pieces


class _Pipeline:
    """The phrases of one text in work: as tasks until their spectrogram is made, then as sound."""

    def __init__(
        self,
        phrases: Iterable[ReadPhrase],
        window_sounds: Callable[[ReadPhrase, int], Coroutine[Any, Any, list[WindowSound]]],
        *,
        ahead: int,
    ) -> None:
        self._phrases = iter(phrases)
        self._window_sounds = window_sounds
        self._ahead = ahead
        self._coming: deque[asyncio.Task[list[WindowSound]]] = deque()
        self._sounding: deque[WindowSound] = deque()
        self._urgency = _FIRST
        self._has_sounded = False

    async def next_piece(self) -> Samples | None:
        """Returns the next piece of sound once it is made; None at the end of the text."""
        self._look_ahead()
        while not self._sounding:
            if not self._coming:
                return None
            self._sounding.extend(await self._coming[0])
            del self._coming[0]
            self._look_ahead()
        served = await self._sounding[0]
        del self._sounding[0]
        self._has_sounded = True
        self._look_ahead()
        return served.output

    async def aclose(self) -> None:
        """Cancels what is in work and waits until it has left the queues."""
        for phrase in self._coming:
            phrase.cancel()
            if phrase.done() and not phrase.cancelled() and phrase.exception() is None:
                self._sounding.extend(phrase.result())
        for sound in self._sounding:
            sound.cancel()
        # The first await comes last: once a streamed response is cancelled, every await is.
        await asyncio.gather(*self._coming, *self._sounding, return_exceptions=True)

    def _look_ahead(self) -> None:
        # Starting later phrases before the first sound would delay it: their spectrograms would
        # run on the device before its vocoder.
        ahead = self._ahead if self._has_sounded else 1
        while len(self._coming) < ahead:
            phrase = next(self._phrases, None)
            if phrase is None:
                return
            self._coming.append(asyncio.create_task(self._window_sounds(phrase, self._urgency)))
            self._urgency = _LATER
