"""A speech on its way to its client, whatever the protocol: begun, encoded, charged and counted."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from nemo_voice_serving.access.quotas import charge_audio
from nemo_voice_serving.audio.encoding import AudioFormat, encoder_for
from nemo_voice_serving.runtime.service import Service
from nemo_voice_tts.errors import TextTooLong
from nemo_voice_tts.synthesis.pipeline import Piece
from nemo_voice_tts.synthesis.port import Voice
from nemo_voice_tts.synthesis.synthesis import Synthesis
from nemo_voice_tts.synthesis.voices import DEFAULT_VOICE
from nemo_voice_tts.synthesis.word_times import SpokenPhrase
from nemo_voice_tts.text.language import Language
from nemo_voice_tts.text.pronunciations import EMPTY, PronunciationList
from nemo_voice_tts.text.reading import ReadingOptions
from nemo_voice_tts.text.structure.blocks import TextFormat
from nemo_voice_tts.text.unread import unread_places


@dataclass(frozen=True, slots=True)
class SpeechParameters:
    """What a request says about the speech it wants, whatever its wire format."""

    text: str
    param: str
    """The request's field that holds the text, for errors."""
    max_chars: int
    audio_format: AudioFormat = AudioFormat.WAV
    rate_hz: int | None = None
    """Rate of the audio, or the next one that its codec carries; absent: the model's, likewise."""
    pace: float = 1.0
    text_format: TextFormat | None = None
    """What the text is written in; absent: what the service's setting says."""
    pronunciations: PronunciationList = EMPTY
    """The request's own list."""
    strict: bool = False
    """Whether characters that no voice reads are refused instead of left out."""
    voice: str = DEFAULT_VOICE
    """The name of the voice that speaks."""
    has_times: bool = False
    """Whether the times of the words are wanted."""


class Delivery:
    """Begins the speeches of a service."""

    def __init__(
        self,
        service: Service[Voice, Synthesis],
        *,
        text_format: TextFormat = TextFormat.AUTO,
        pronunciations: Callable[[], PronunciationList] = lambda: EMPTY,
    ) -> None:
        """Takes the service, and how texts are read whose requests do not say it.

        Args:
            service: The service.
            text_format: What texts are written in.
            pronunciations: Returns the service's own list.
        """
        self._service = service
        self._text_format = text_format
        self._pronunciations = pronunciations

    def options(
        self,
        text_format: TextFormat | None,
        pronunciations: PronunciationList,
        *,
        strict: bool,
    ) -> ReadingOptions:
        """Returns how a request's text is read: what it says itself comes first."""
        return ReadingOptions(
            text_format or self._text_format,
            language=self.language().code,
            pronunciations=(pronunciations, self._pronunciations()),
            strict=strict,
        )

    def language(self) -> Language:
        """Returns the language of the voice; raises `NotReady` while no model is ready."""
        return self._service.use_case().language

    async def begin(self, wanted: SpeechParameters) -> "EncodedSpeech":
        """Returns the speech whose first piece is already made; close it when its client leaves.

        Raises:
            TextTooLong: When the text holds more characters than the request may have.
            NotReady: While no model is ready.
            VoiceError: Whatever `Synthesis.speak` raises before its first piece.
        """
        arrived_s = time.monotonic()
        check_length(wanted.text, wanted.max_chars)
        synthesis = self._service.use_case()
        speaker = synthesis.voices.speaker(wanted.voice)
        options = self.options(wanted.text_format, wanted.pronunciations, strict=wanted.strict)
        pieces = synthesis.pieces(
            wanted.text,
            speaker=speaker,
            pace=wanted.pace,
            options=options,
            has_times=wanted.has_times,
        )
        first = await anext(pieces)
        metrics = self._service.runtime.metrics
        metrics.first_audio(time.monotonic() - arrived_s)
        metrics.characters_unread(len(unread_places(wanted.text)))
        return EncodedSpeech(
            self._service, first, pieces, wanted, synthesis.sample_rate_hz, arrived_s
        )


@dataclass(frozen=True, slots=True)
class SpeechPart:
    """Some of the encoded speech; never without audio."""

    audio: bytes
    phrases: tuple[tuple[float, SpokenPhrase], ...] = ()
    """What begins in it, each with where in the speech it does, in seconds."""
    ends_s: float = 0.0
    """Up to where the speech was encoded."""


class EncodedSpeech:
    """One speech on its way through its encoder; close it when its client leaves."""

    def __init__(
        self,
        service: Service[Voice, Synthesis],
        first: Piece,
        rest: AsyncGenerator[Piece, None],
        wanted: SpeechParameters,
        model_hz: int,
        arrived_s: float,
    ) -> None:
        self.rate_hz = wanted.rate_hz or model_hz
        self.audio_s = 0.0
        self._begun: list[tuple[float, SpokenPhrase]] = []
        self._service = service
        self._first = first
        self._rest = rest
        self._encoder = encoder_for(wanted.audio_format, model_hz, to_hz=wanted.rate_hz)
        self._model_hz = model_hz
        self._arrived_s = arrived_s

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Yields the encoded speech, each chunk as soon as it is there; never an empty one."""
        async with aclosing(self.parts()) as parts:
            async for part in parts:
                yield part.audio

    async def parts(self) -> AsyncGenerator[SpeechPart, None]:
        """Yields the same with what is said in it, where its times were wanted."""
        try:
            if part := self._part(self._encoder.start() + await self._encoded(self._first)):
                yield part
            async for piece in self._rest:
                if part := self._part(await self._encoded(piece)):
                    yield part
            if part := self._part(await asyncio.to_thread(self._encoder.finish)):
                yield part
        finally:
            await self.aclose()
        metrics = self._service.runtime.metrics
        metrics.audio_made(self.audio_s)
        metrics.request_paced(time.monotonic() - self._arrived_s, self.audio_s)
        self._service.request_served()

    async def aclose(self) -> None:
        """Stops the work behind the speech."""
        await self._rest.aclose()

    def _part(self, audio: bytes) -> SpeechPart | None:
        if not audio:
            return None
        begun, self._begun = tuple(self._begun), []
        return SpeechPart(audio, begun, self.audio_s)

    async def _encoded(self, piece: Piece) -> bytes:
        if piece.phrase is not None:
            self._begun.append((self.audio_s, piece.phrase))
        samples = piece.samples
        piece_s = len(samples) / self._model_hz
        self.audio_s += piece_s
        charge_audio(piece_s)
        # Encoding holds the interpreter for milliseconds: not on the event loop.
        return await asyncio.to_thread(self._encoder.encode, samples)


def check_length(text: str, max_chars: int) -> None:
    """Raises `TextTooLong` for a text of more characters than a request may have."""
    if len(text) > max_chars:
        message = f"The text has {len(text)} characters; one request may have {max_chars}."
        raise TextTooLong(message)
