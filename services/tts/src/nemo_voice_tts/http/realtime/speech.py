"""The speech of one session on its way to its client: encoded, charged and counted."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from nemo_voice_serving.access.quotas import charge_audio
from nemo_voice_serving.runtime.metrics import ServiceMetrics
from nemo_voice_tts.http.realtime.formats import OutputFormat
from nemo_voice_tts.live_text.events import Event, Finished, Sound, Stopped
from nemo_voice_tts.live_text.session import LiveText

CHUNK_BYTES = 49_152
"""Audio of one message: many clients take no more than a megabyte. A multiple of 3 needs no padding
in base64."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event, or a part of its audio."""

    event: Event
    audio: bytes = b""


class EncodedText:
    """A session with the encoder of its speech."""

    def __init__(
        self, text: LiveText, output: OutputFormat, model_hz: int, metrics: ServiceMetrics
    ) -> None:
        """Takes the session, what its speech is written in, and who counts it."""
        self.text = text
        self._encoder = output.encoder(model_hz)
        self._model_hz = model_hz
        self._metrics = metrics
        self._has_begun = False

    async def told(self) -> AsyncGenerator[Told, None]:
        """Yields the session's events to the last, sound as encoded audio."""
        async for event in self.text.events():
            audio = await self._audio(event)
            for start in range(0, len(audio), CHUNK_BYTES):
                yield Told(event, audio[start : start + CHUNK_BYTES])
            if not isinstance(event, Sound):
                yield Told(event)

    async def _audio(self, event: Event) -> bytes:
        # Encoding holds the interpreter for milliseconds: not on the event loop.
        if isinstance(event, Sound):
            start = b"" if self._has_begun else self._encoder.start()
            self._has_begun = True
            seconds = len(event.samples) / self._model_hz
            charge_audio(seconds)
            self._metrics.audio_made(seconds)
            return start + await asyncio.to_thread(self._encoder.encode, event.samples)
        if isinstance(event, Finished | Stopped) and self._has_begun:
            return await asyncio.to_thread(self._encoder.finish)
        return b""
