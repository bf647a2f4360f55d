"""The speech-to-text service on a fake recogniser, and what is sent to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from nemo_voice_serving.audio.encoding import AudioFormat, encode_whole
from support.audio.sounds import swell
from support.http.voice_apps import calling, stt_app
from support.models.fakes import FakeRecogniser

HEARD = "good morning how are you today"
RATE_HZ = 16_000


def clip(seconds: float = 1.5) -> bytes:
    """Returns a WAV file that the service takes for speech."""
    return encode_whole(AudioFormat.WAV, swell(seconds), RATE_HZ)


@asynccontextmanager
async def stt_service(
    recogniser: FakeRecogniser | None = None, **settings: object
) -> AsyncIterator[httpx.AsyncClient]:
    """Yields a client of the service, with any setting by its name."""
    async with calling(stt_app(recogniser, **settings)) as client:
        yield client


async def transcribed(client: httpx.AsyncClient, audio: bytes, **fields: Any) -> httpx.Response:
    """Returns the response of OpenAI's route to a file and these fields."""
    data = {"model": "whisper-1", **fields}
    return await client.post(
        "/v1/audio/transcriptions", files={"file": ("a.wav", audio)}, data=data
    )
