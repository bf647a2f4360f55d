"""An hour of audio through the whole service: every second heard, memory bounded."""

import wave
from collections.abc import Sequence
from pathlib import Path

import httpx
import numpy as np
import psutil
from typing_extensions import override

from nemo_voice_stt.app import build
from nemo_voice_stt.settings import SttSettings
from nemo_voice_stt.transcription.port import Clip, Recognition
from support.http.serving import client_of
from support.models.fakes import FakeRecogniser
from support.models.live import loud_detector

HOUR_S = 3600
GROWTH_BYTES = 150e6
"""The form parser, two pieces being cut, the pieces ahead; the hour is 230 MB as float32."""


def write_hour(path: Path) -> None:
    times = np.arange(16000 * 10) / 16000
    swell = 9000 * np.sin(2 * np.pi * 220 * times) * np.sin(np.pi * times) ** 2
    block = swell.astype("<i2").tobytes()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        for _ in range(HOUR_S // 10):
            file.writeframes(block)


class Watching(FakeRecogniser):
    """A recogniser that notes the process's memory at each batch."""

    def __init__(self) -> None:
        super().__init__()
        self.peak_bytes = 0

    @override
    def recognise(self, batch: Sequence[Clip], /) -> Sequence[Recognition]:
        self.peak_bytes = max(self.peak_bytes, psutil.Process().memory_info().rss)
        return super().recognise(batch)


async def test_an_hour_is_transcribed_within_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "hour.wav"
    write_hour(path)
    recogniser = Watching()
    app = build(SttSettings(), lambda _settings, _progress: lambda: recogniser, loud_detector)
    async with client_of(app) as client:
        before = psutil.Process().memory_info().rss
        with path.open("rb") as file:
            response = await client.post(
                "/v1/audio/transcriptions",
                files={"file": ("hour.wav", file)},
                data={"response_format": "verbose_json"},
                timeout=httpx.Timeout(300),
            )
    assert response.json()["duration"] == HOUR_S
    assert sum(map(sum, recogniser.batches[1:])) == HOUR_S * 16000
    assert recogniser.peak_bytes - before < GROWTH_BYTES
