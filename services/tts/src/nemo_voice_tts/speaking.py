"""From a request to a streamed answer: what every speech route shares."""

import asyncio
import time
from collections.abc import AsyncIterator

from fastapi import Request
from fastapi.responses import StreamingResponse

from nemo_voice_serving.codecs import AudioFormat, Encoder, encoder_for
from nemo_voice_serving.errors import TextTooLong
from nemo_voice_serving.middleware import while_connected
from nemo_voice_serving.runtime import Runtime
from nemo_voice_tts.synthesis import Speech, Synthesis
from nemo_voice_tts.voice import Voice


class Speaker:
    """Answers speech requests once the synthesis is there."""

    def __init__(self, runtime: Runtime[Voice]) -> None:
        self._runtime = runtime
        self.synthesis: Synthesis | None = None

    async def stream(
        self,
        request: Request,
        text: str,
        *,
        audio_format: AudioFormat,
        pace: float,
        max_chars: int,
        param: str,
    ) -> StreamingResponse:
        """Returns the response whose first piece of audio is already made.

        Raises:
            TextTooLong: When the text holds more than `max_chars` characters.
            NotReady: While no model is loaded.
            VoiceError: Whatever `Synthesis.begin` raises.
        """
        arrived_s = time.monotonic()
        if len(text) > max_chars:
            message = f"The text has {len(text)} characters; one request may have {max_chars}."
            raise TextTooLong(message, param=param)
        self._runtime.require_serving()
        assert self.synthesis is not None  # noqa: S101 serving phases begin after it is set
        speech = await while_connected(request, self.synthesis.begin(text, pace=pace, param=param))
        self._runtime.metrics.first_audio(time.monotonic() - arrived_s)
        encoder = encoder_for(audio_format, self.synthesis.sample_rate_hz)
        body = self._encoded(speech, encoder, arrived_s)
        return StreamingResponse(body, media_type=audio_format.media_type)

    async def _encoded(
        self, speech: Speech, encoder: Encoder, arrived_s: float
    ) -> AsyncIterator[bytes]:
        assert self.synthesis is not None  # noqa: S101 same
        sample_count = 0
        try:
            head = encoder.start()
            async for samples in speech.pieces():
                sample_count += len(samples)
                # Encoding holds the interpreter for milliseconds: not on the event loop.
                yield head + await asyncio.to_thread(encoder.encode, samples)
                head = b""
            yield head + await asyncio.to_thread(encoder.finish)
        finally:
            await speech.aclose()
        audio_s = sample_count / self.synthesis.sample_rate_hz
        self._runtime.metrics.audio_made(audio_s)
        self._runtime.metrics.request_paced(time.monotonic() - arrived_s, audio_s)
        self._runtime.request_served()
