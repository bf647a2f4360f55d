"""The speech-to-text service on a fake recogniser, and what is sent to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import numpy as np
import numpy.typing as npt

from nemo_voice_serving.audio.encoding import AudioFormat, encode_whole
from support.http.voice_apps import calling, stt_app
from support.models.fakes import FakeRecogniser

HEARD = "good morning how are you today"
RATE_HZ = 16_000


def swell(seconds: float, rate_hz: int = RATE_HZ) -> npt.NDArray[np.float32]:
    """Returns a tone that swells and fades, so that it is no steady noise."""
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    sound: npt.NDArray[np.float64] = np.sin(2 * np.pi * 220 * times) * np.sin(np.pi * times) ** 2
    return (0.3 * sound).astype(np.float32)


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
