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
from nemo_voice_tts.synthesis.port import Voice
from nemo_voice_tts.synthesis.synthesis import Synthesis
from nemo_voice_tts.text.pronunciations import EMPTY, PronunciationList
from nemo_voice_tts.text.reading import ReadingOptions
from nemo_voice_tts.text.structure.blocks import TextFormat
from nemo_voice_tts.text.unread import unread_places


@dataclass(frozen=True, slots=True)
class WantedSpeech:
    """What a request says about the speech it wants."""

    text: str
    audio_format: AudioFormat = AudioFormat.PCM
    rate_hz: int | None = None
    """Rate of the audio, or the next one that its codec carries; absent: the model's, likewise."""
    pronunciations: PronunciationList = EMPTY
    """The request's own list."""
    speaker: int | None = None
    """Who speaks, as `Synthesis.voices` names them; absent: the default voice."""


class Delivery:
    """Delivers speeches of a service."""

    def __init__(
        self,
        service: Service[Voice, Synthesis],
        *,
        max_text_chars: int,
        text_format: TextFormat = TextFormat.AUTO,
        pronunciations: Callable[[], PronunciationList] = lambda: EMPTY,
    ) -> None:
        """Takes the service, and how its texts are read.

        Args:
            service: The service.
            max_text_chars: Longest text.
            text_format: What texts are written in.
            pronunciations: Returns the service's own list.
        """
        self._service = service
        self._max_text_chars = max_text_chars
        self._text_format = text_format
        self._pronunciations = pronunciations

    async def chunks(self, wanted: WantedSpeech) -> AsyncGenerator[bytes, None]:
        """Yields the encoded speech, each chunk as soon as it is there; never an empty one.

        Closing it stops the work behind it.

        Raises:
            TextTooLong: The text holds more characters than one request may.
            NotReady: While no model is ready.
            VoiceError: Whatever `Synthesis.speak` raises.
        """
        arrived_s, audio_s, has_begun = time.monotonic(), 0.0, False
        if len(wanted.text) > self._max_text_chars:
            most = f"one request may have {self._max_text_chars}"
            raise TextTooLong(f"The text has {len(wanted.text)} characters; {most}.")
        synthesis = self._service.use_case()
        metrics = self._service.runtime.metrics
        lists = (wanted.pronunciations, self._pronunciations())
        options = ReadingOptions(
            self._text_format, language=synthesis.language.code, pronunciations=lists
        )
        model_hz = synthesis.sample_rate_hz
        encoder = encoder_for(wanted.audio_format, model_hz, to_hz=wanted.rate_hz)
        async with aclosing(
            synthesis.speak(wanted.text, speaker=wanted.speaker, options=options)
        ) as pieces:
            async for samples in pieces:
                head = b""
                if not has_begun:
                    metrics.first_audio(time.monotonic() - arrived_s)
                    metrics.characters_unread(len(unread_places(wanted.text)))
                    head, has_begun = encoder.start(), True
                piece_s = len(samples) / model_hz
                audio_s += piece_s
                charge_audio(piece_s)
                # Encoding holds the interpreter for milliseconds: not on the event loop.
                if chunk := head + await asyncio.to_thread(encoder.encode, samples):
                    yield chunk
            if chunk := await asyncio.to_thread(encoder.finish):
                yield chunk
        metrics.audio_made(audio_s)
        metrics.request_paced(time.monotonic() - arrived_s, audio_s)
        self._service.request_served()
