"""How a text becomes sound: phrases, batched through the voice, in order, the first early.

The routes call `Synthesis.begin` and read the `Speech` it returns; no HTTP here and no torch.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.batching.admission import Admission
from nemo_voice_serving.batching.batcher import Batcher, Served
from nemo_voice_serving.http.quotas import charge_audio
from nemo_voice_tts.errors import UnspeakableText
from nemo_voice_tts.synthesis.port import Phrase, Spectrogram, Voice, Window
from nemo_voice_tts.text.segmentation import check_speakable, phrases_of

_FIRST, _LATER = 0, 1

Normalise = Callable[[str], Awaitable[str]]
"""Turns digits and abbreviations into words."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """How a text is cut and how far ahead of its listener it is worked on."""

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
    ) -> None:
        self._voice = voice
        self._normalise = normalise
        self._spectrograms = spectrograms
        self._vocoder = vocoder
        self._admission = admission
        self._pacing = pacing

    @property
    def sample_rate_hz(self) -> int:
        """The rate of the sound."""
        return self._voice.sample_rate_hz

    async def begin(self, text: str, *, pace: float = 1.0, param: str = "input") -> "Speech":
        """Returns the speech once its first piece is made, so that errors come before any audio.

        Raises:
            UnspeakableText: When an English voice cannot say the text.
            Overloaded: When too many characters are waiting already.
            DeadlineExceeded: When the first piece was not begun in time.
            BackendFailed: When the model raised.
        """
        check_speakable(text, param=param)
        phrases = phrases_of(
            text,
            first_max_chars=self._pacing.first_phrase_chars,
            max_chars=self._pacing.phrase_chars,
        )
        speech = Speech(self, iter(phrases), pace=pace, ahead=self._pacing.phrases_ahead)
        # However long the text is, only its phrases in work take room.
        work = min(len(text), self._pacing.phrases_ahead * self._pacing.phrase_chars)
        speech.hold.enter_context(self._admission.admit(work))
        try:
            await speech.make_first()
        except BaseException:
            await speech.aclose()
            raise
        return speech

    async def spoken(self, text: str, *, pace: float, urgency: int) -> list["Sounding"]:
        """Returns the windows of one phrase, each already on its way through the vocoder."""
        normalised = await self._normalise(text)
        try:
            phrase = Phrase(self._voice.tokens(normalised), pace=pace)
        except UnspeakableText:
            # A stretch of dashes inside a text that is otherwise fine is silence, not an error.
            return []
        served = await self._spectrograms.submit(
            phrase,
            length=len(phrase.tokens),
            urgency=urgency,
            timeout_s=self._pacing.timeout_s,
        )
        windows = self._voice.windows(served.output, first=urgency == _FIRST)
        return [
            asyncio.ensure_future(
                self._vocoder.submit(
                    window,
                    length=window.frame_count,
                    urgency=urgency if place == 0 else _LATER,
                    timeout_s=self._pacing.timeout_s,
                )
            )
            for place, window in enumerate(windows)
        ]


Sounding = asyncio.Future[Served[Samples]]
"""One window's sound, when it is ready."""


class Speech:
    """The sound of one text, piece by piece; close it when its listener leaves."""

    def __init__(
        self, synthesis: Synthesis, phrases: Iterator[str], *, pace: float, ahead: int
    ) -> None:
        self.hold = ExitStack()
        self._synthesis = synthesis
        self._phrases = phrases
        self._pace = pace
        self._ahead = ahead
        self._coming: deque[asyncio.Task[list[Sounding]]] = deque()
        self._sounding: deque[Sounding] = deque()
        self._first: Samples | None = None
        self._urgency = _FIRST
        self._has_sounded = False

    async def make_first(self) -> None:
        """Waits for the first piece of sound."""
        self._first = await self._next()
        if self._first is None:
            raise UnspeakableText("Nothing in the text can be said.", param="input")

    async def pieces(self) -> AsyncIterator[Samples]:
        """Yields the sound in order, each piece as soon as it is made."""
        try:
            while self._first is not None:
                piece, self._first = self._first, None
                charge_audio(len(piece) / self._synthesis.sample_rate_hz)
                yield piece
                self._first = await self._next()
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Stops the work behind the speech and gives its room in the queue back."""
        for phrase in self._coming:
            phrase.cancel()
        for sounding in self._sounding:
            sounding.cancel()
        outcomes = await asyncio.gather(*self._coming, return_exceptions=True)
        late = [sounding for made in outcomes if isinstance(made, list) for sounding in made]
        for sounding in late:
            sounding.cancel()
        await asyncio.gather(*self._sounding, *late, return_exceptions=True)
        self._coming.clear()
        self._sounding.clear()
        self.hold.close()

    async def _next(self) -> Samples | None:
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

    def _look_ahead(self) -> None:
        # Work on later phrases would stand before the first one's vocoder on the device.
        ahead = self._ahead if self._has_sounded else 1
        while len(self._coming) < ahead:
            text = next(self._phrases, None)
            if text is None:
                return
            work = self._synthesis.spoken(text, pace=self._pace, urgency=self._urgency)
            self._coming.append(asyncio.create_task(work))
            self._urgency = _LATER
