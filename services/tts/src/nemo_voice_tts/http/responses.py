"""From a request to its answer, streamed or whole: what every speech route shares."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from nemo_voice_serving.audio.encoding import AudioFormat, encoder_for, wav_header
from nemo_voice_serving.errors import VoiceError
from nemo_voice_serving.http.disconnect import while_connected
from nemo_voice_serving.http.streaming import EVENTS_MEDIA_TYPE, StreamedResponse, failed
from nemo_voice_serving.runtime.runtime import Runtime
from nemo_voice_tts.errors import TextTooLong
from nemo_voice_tts.http import sse
from nemo_voice_tts.synthesis.port import Voice
from nemo_voice_tts.synthesis.synthesis import Speech, Synthesis

WHOLE_AUDIO_S = 120
"""Longest speech that is kept until its length is known, 5 MB at 22,050 Hz: longer ones stream."""
_SAMPLE_BYTES = 2


@dataclass(frozen=True, slots=True)
class SpeechOrder:
    """What a client wants to hear."""

    text: str
    param: str
    """The request's field that holds the text, for errors."""
    max_chars: int
    audio_format: AudioFormat = AudioFormat.WAV
    rate_hz: int | None = None
    """Rate of the audio, or the next one that its codec carries; absent: the model's, likewise."""
    pace: float = 1.0


class Speaker:
    """Answers speech requests once the synthesis is there."""

    def __init__(self, runtime: Runtime[Voice]) -> None:
        self._runtime = runtime
        self.synthesis: Synthesis | None = None

    @property
    def model_name(self) -> str:
        """The name the model was asked for by."""
        return self._runtime.settings.model

    def require_serving(self) -> None:
        """Raises `NotReady` while no model is loaded."""
        self._runtime.require_serving()

    async def stream(self, request: Request, order: SpeechOrder) -> StreamingResponse:
        """Returns the response whose first piece of audio is already made.

        Raises:
            TextTooLong: When the text holds more characters than the order admits.
            NotReady: While no model is loaded.
            VoiceError: Whatever `Synthesis.begin` raises.
        """
        sound = await self._begin(request, order)
        return StreamedResponse(sound, sound.chunks(), media_type=order.audio_format.media_type)

    async def stream_events(self, request: Request, order: SpeechOrder) -> StreamingResponse:
        """Returns the same as server-sent events; raises as `stream` does.

        What goes wrong later is the last event, and marks the request's outcome for the metrics.
        """
        sound = await self._begin(request, order)

        async def events() -> AsyncIterator[bytes]:
            try:
                async for chunk in sound.chunks():
                    for event in sse.deltas(chunk):
                        yield event
                yield sse.done(order.text, sound.audio_s)
            except VoiceError as error:
                request.state.outcome = error.code
                yield failed(error)

        return StreamedResponse(sound, events(), media_type=EVENTS_MEDIA_TYPE)

    async def whole_wav(self, request: Request, order: SpeechOrder) -> Response:
        """Returns the speech as WAV with its true length; one over `WHOLE_AUDIO_S` is streamed.

        Raises as `stream` does, at any moment of the speech that is kept.
        """
        sound = await self._begin(request, replace(order, audio_format=AudioFormat.PCM))
        try:
            held, rest = await while_connected(request, _held(sound))
        except BaseException:
            await sound.aclose()
            raise
        media_type = AudioFormat.WAV.media_type
        if rest is None:
            return Response(wav_header(sound.rate_hz, len(held)) + held, media_type=media_type)

        async def streamed() -> AsyncIterator[bytes]:
            yield wav_header(sound.rate_hz, None) + held
            async for chunk in rest:
                yield chunk

        return StreamedResponse(sound, streamed(), media_type=media_type)

    async def _begin(self, request: Request, order: SpeechOrder) -> "_Sound":
        arrived_s = time.monotonic()
        if len(order.text) > order.max_chars:
            message = f"The text has {len(order.text)} characters; one request may have "
            raise TextTooLong(f"{message}{order.max_chars}.", param=order.param)
        self.require_serving()
        synthesis = self.synthesis
        assert synthesis is not None  # noqa: S101 serving phases begin after it is set
        beginning = synthesis.begin(order.text, pace=order.pace, param=order.param)
        speech = await while_connected(request, beginning)
        self._runtime.metrics.first_audio(time.monotonic() - arrived_s)
        return _Sound(self._runtime, speech, order, synthesis.sample_rate_hz, arrived_s)


class _Sound:
    """One speech on its way through its encoder; close it when its listener leaves."""

    def __init__(
        self,
        runtime: Runtime[Voice],
        speech: Speech,
        order: SpeechOrder,
        model_hz: int,
        arrived_s: float,
    ) -> None:
        self.rate_hz = order.rate_hz or model_hz
        self.audio_s = 0.0
        self._runtime = runtime
        self._speech = speech
        self._encoder = encoder_for(order.audio_format, model_hz, to_hz=order.rate_hz)
        self._model_hz = model_hz
        self._arrived_s = arrived_s

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yields the encoded speech, each chunk as soon as it is there; never an empty one."""
        try:
            head = self._encoder.start()
            async for samples in self._speech.pieces():
                self.audio_s += len(samples) / self._model_hz
                # Encoding holds the interpreter for milliseconds: not on the event loop.
                chunk = head + await asyncio.to_thread(self._encoder.encode, samples)
                head = b""
                if chunk:
                    yield chunk
            if chunk := await asyncio.to_thread(self._encoder.finish):
                yield chunk
        finally:
            await self.aclose()
        self._runtime.metrics.audio_made(self.audio_s)
        self._runtime.metrics.request_paced(time.monotonic() - self._arrived_s, self.audio_s)
        self._runtime.request_served()

    async def aclose(self) -> None:
        """Stops the work behind the speech."""
        await self._speech.aclose()


async def _held(sound: _Sound) -> tuple[bytes, AsyncIterator[bytes] | None]:
    """Returns the speech's samples and None, or its first ones and what is still to come."""
    held, chunks = bytearray(), sound.chunks()
    async for chunk in chunks:
        held += chunk
        if len(held) > WHOLE_AUDIO_S * sound.rate_hz * _SAMPLE_BYTES:
            return bytes(held), chunks
    return bytes(held), None
