"""From a request to its response, streamed or whole: what every speech route shares."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from nemo_voice_serving.audio.encoding import AudioFormat, encoder_for, wav_header
from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.errors import NotReady, VoiceError
from nemo_voice_serving.http.disconnect import while_connected
from nemo_voice_serving.http.error_param import error_param
from nemo_voice_serving.http.quotas import charge_audio
from nemo_voice_serving.http.streaming import EVENTS_MEDIA_TYPE, StreamedResponse, failed
from nemo_voice_serving.runtime.service import Service
from nemo_voice_tts.errors import TextTooLong
from nemo_voice_tts.http import sse
from nemo_voice_tts.synthesis.port import Voice
from nemo_voice_tts.synthesis.synthesis import Synthesis
from nemo_voice_tts.synthesis.voices import DEFAULT_VOICE, Voices
from nemo_voice_tts.text.en import ENGLISH
from nemo_voice_tts.text.language import Language
from nemo_voice_tts.text.phonemes import Pronunciation, arpabet
from nemo_voice_tts.text.pronunciations import EMPTY, Check, PronunciationList, of_mapping
from nemo_voice_tts.text.reading import ReadingOptions
from nemo_voice_tts.text.structure.blocks import TextFormat
from nemo_voice_tts.text.unread import unread_places

WHOLE_AUDIO_S = 120
"""Longest speech that is kept until its length is known, 5 MB at 22,050 Hz: longer ones stream."""
_SAMPLE_BYTES = 2


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


class SpeechResponses:
    """Builds the responses to speech requests from the service's synthesis."""

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

    @property
    def voices(self) -> Voices:
        """The voices of the loaded model; raises `NotReady` while there is none."""
        self.require_serving()
        return self._service.use_case().voices

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

    def check_sounds(self, pronunciation: Pronunciation) -> None:
        """Refuses a pronunciation of a request; before a model is ready, as an English voice does.

        Raises:
            UnknownPhoneme: The voice has not every sound of it.
        """
        try:
            synthesis = self._service.use_case()
        except NotReady:
            arpabet(pronunciation)
            return
        # An English list may be meant for either kind of English voice.
        check = arpabet if synthesis.language is ENGLISH else synthesis.check
        check(pronunciation)

    def require_serving(self) -> None:
        """Raises `NotReady` while no model is ready."""
        self._service.runtime.require_serving()

    async def stream(self, request: Request, wanted: SpeechParameters) -> StreamingResponse:
        """Returns the response whose first piece of audio is already made.

        Raises:
            TextTooLong: When the text holds more characters than the route admits.
            NotReady: While no model is ready.
            VoiceError: Whatever `Synthesis.speak` raises before its first piece.
        """
        speech = await self._begin(request, wanted)
        return StreamedResponse(speech, speech.chunks(), media_type=wanted.audio_format.media_type)

    async def stream_events(self, request: Request, wanted: SpeechParameters) -> StreamingResponse:
        """Returns the same as server-sent events; raises as `stream` does.

        A later error is the last event, and marks the request's outcome for the metrics.
        """
        speech = await self._begin(request, wanted)

        async def events() -> AsyncIterator[bytes]:
            try:
                async for chunk in speech.chunks():
                    for event in sse.deltas(chunk):
                        yield event
                yield sse.done(wanted.text, speech.audio_s)
            except VoiceError as error:
                request.state.outcome = error.code
                yield failed(error)

        return StreamedResponse(speech, events(), media_type=EVENTS_MEDIA_TYPE)

    async def whole_wav(self, request: Request, wanted: SpeechParameters) -> Response:
        """Returns the speech as WAV with its true length; one over `WHOLE_AUDIO_S` is streamed.

        Raises as `stream` does, at any moment of the speech that is kept.
        """
        speech = await self._begin(request, replace(wanted, audio_format=AudioFormat.PCM))
        try:
            held, rest = await while_connected(request, _held(speech))
        except BaseException:
            await speech.aclose()
            raise
        media_type = AudioFormat.WAV.media_type
        if rest is None:
            return Response(wav_header(speech.rate_hz, len(held)) + held, media_type=media_type)

        async def streamed() -> AsyncIterator[bytes]:
            yield wav_header(speech.rate_hz, None) + held
            async for chunk in rest:
                yield chunk

        return StreamedResponse(speech, streamed(), media_type=media_type)

    async def _begin(self, request: Request, wanted: SpeechParameters) -> "_EncodedSpeech":
        arrived_s = time.monotonic()
        with error_param(wanted.param):
            check_length(wanted.text, wanted.max_chars)
            synthesis = self._service.use_case()
            speaker = synthesis.voices.speaker(wanted.voice)
            options = self.options(wanted.text_format, wanted.pronunciations, strict=wanted.strict)
            pieces = synthesis.speak(
                wanted.text, speaker=speaker, pace=wanted.pace, options=options
            )
            first = await while_connected(request, anext(pieces))
        metrics = self._service.runtime.metrics
        metrics.first_audio(time.monotonic() - arrived_s)
        metrics.characters_unread(len(unread_places(wanted.text)))
        return _EncodedSpeech(
            self._service, first, pieces, wanted, synthesis.sample_rate_hz, arrived_s
        )


class _EncodedSpeech:
    """One speech on its way through its encoder; close it when its client leaves."""

    def __init__(
        self,
        service: Service[Voice, Synthesis],
        first: Samples,
        rest: AsyncGenerator[Samples, None],
        wanted: SpeechParameters,
        model_hz: int,
        arrived_s: float,
    ) -> None:
        self.rate_hz = wanted.rate_hz or model_hz
        self.audio_s = 0.0
        self._service = service
        self._first = first
        self._rest = rest
        self._encoder = encoder_for(wanted.audio_format, model_hz, to_hz=wanted.rate_hz)
        self._model_hz = model_hz
        self._arrived_s = arrived_s

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yields the encoded speech, each chunk as soon as it is there; never an empty one."""
        try:
            if chunk := self._encoder.start() + await self._encoded(self._first):
                yield chunk
            async for samples in self._rest:
                if chunk := await self._encoded(samples):
                    yield chunk
            if chunk := await asyncio.to_thread(self._encoder.finish):
                yield chunk
        finally:
            await self.aclose()
        metrics = self._service.runtime.metrics
        metrics.audio_made(self.audio_s)
        metrics.request_paced(time.monotonic() - self._arrived_s, self.audio_s)
        self._service.request_served()

    async def aclose(self) -> None:
        """Stops the work behind the speech."""
        await self._rest.aclose()

    async def _encoded(self, samples: Samples) -> bytes:
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


def request_list(words: Mapping[str, str] | None, check: Check = arpabet) -> PronunciationList:
    """Returns a request's own list of pronunciations.

    Args:
        words: How each word is said.
        check: What refuses phonemes; absent: those that are no sound of English.

    Raises:
        InvalidPronunciations: An entry cannot be used; the message says what to do.
    """
    with error_param("pronunciations"):
        return of_mapping(words, check) if words else EMPTY


async def _held(speech: _EncodedSpeech) -> tuple[bytes, AsyncIterator[bytes] | None]:
    """Returns the speech's samples and None, or its first ones and what is still to come."""
    held, chunks = bytearray(), speech.chunks()
    async for chunk in chunks:
        held += chunk
        if len(held) > WHOLE_AUDIO_S * speech.rate_hz * _SAMPLE_BYTES:
            return bytes(held), chunks
    return bytes(held), None
