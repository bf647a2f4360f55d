"""The speech-to-text service over HTTP, on a fake recogniser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import numpy as np
import pytest

from nemo_voice_serving.audio.encoding import AudioFormat, encode_whole
from nemo_voice_stt.app import TranscriptionService, build
from nemo_voice_stt.settings import SttSettings
from support.audio.sounds import swell
from support.http.serving import client_of
from support.http.transcribing import HEARD
from support.models.fakes import FakeRecogniser
from support.models.live import loud_detector


def clip(seconds: float = 1.5, audio_format: AudioFormat = AudioFormat.WAV) -> bytes:
    return encode_whole(audio_format, swell(seconds), 16000)


@asynccontextmanager
async def service_of(
    recogniser: FakeRecogniser | None = None, **settings: object
) -> AsyncIterator[tuple[httpx.AsyncClient, TranscriptionService]]:
    made = recogniser or FakeRecogniser()
    app = build(SttSettings(**settings), lambda _settings, _progress: lambda: made, loud_detector)  # type: ignore[arg-type] # any setting by name
    service: TranscriptionService = app.state.service
    async with client_of(app) as client:
        yield client, service


async def test_the_native_route_returns_text() -> None:
    async with service_of() as (client, _service):
        response = await client.post("/transcribe", files={"audio_file": ("a.wav", clip())})
    assert response.status_code == 200
    assert response.json() == {"text": HEARD}


@pytest.mark.parametrize("audio_format", [it for it in AudioFormat if it is not AudioFormat.PCM])
async def test_any_container_comes_in(audio_format: AudioFormat) -> None:
    async with service_of() as (client, _service):
        files = {"file": (f"a.{audio_format}", clip(1.5, audio_format))}
        response = await client.post(
            "/v1/audio/transcriptions", files=files, data={"model": "whisper-1"}
        )
    assert response.json()["text"] == HEARD


async def test_json_is_the_default_and_counts_audio_seconds() -> None:
    async with service_of() as (client, _service):
        response = await client.post("/v1/audio/transcriptions", files={"file": ("a.wav", clip())})
    assert response.json() == {"text": HEARD, "usage": {"type": "duration", "seconds": 1.5}}


async def test_text_is_plain() -> None:
    async with service_of() as (client, _service):
        response = await client.post(
            "/v1/audio/transcriptions",
            files={"file": ("a.wav", clip())},
            data={"response_format": "text"},
        )
    assert response.headers["content-type"].startswith("text/plain")
    assert response.text == HEARD + "\n"


@pytest.mark.parametrize("field", ["timestamp_granularities[]", "timestamp_granularities"])
async def test_word_times_come_by_either_spelling(field: str) -> None:
    async with service_of() as (client, _service):
        response = await client.post(
            "/v1/audio/transcriptions",
            files={"file": ("a.wav", clip())},
            data={"response_format": "verbose_json", field: ["word", "segment"]},
        )
    body = response.json()
    assert [word["word"] for word in body["words"]] == HEARD.split()
    assert body["words"][1]["start"] == 0.25
    assert body["duration"] == 1.5
    assert body["segments"][0]["text"] == HEARD
    assert body["task"] == "transcribe"


async def test_a_verbose_transcript_has_segments_by_default() -> None:
    async with service_of() as (client, _service):
        response = await client.post(
            "/v1/audio/transcriptions",
            files={"file": ("a.wav", clip())},
            data={"response_format": "verbose_json"},
        )
    assert "segments" in response.json()
    assert "words" not in response.json()


async def test_long_audio_is_cut_and_stitched_by_time() -> None:
    recogniser = FakeRecogniser()
    async with service_of(recogniser) as (client, _service):
        response = await client.post(
            "/v1/audio/transcriptions",
            files={"file": ("a.wav", clip(70))},
            data={"response_format": "verbose_json", "timestamp_granularities": "word"},
        )
    body = response.json()
    pieces = [length for batch in recogniser.batches[1:] for length in batch]
    assert len(pieces) >= 3
    assert max(pieces) <= 30 * 16000
    assert sum(pieces) == 70 * 16000
    assert body["text"] == " ".join([HEARD] * len(pieces))
    starts = [word["start"] for word in body["words"]]
    assert starts == sorted(starts)
    assert starts[-1] > 40
    assert body["duration"] == 70


async def test_silence_is_an_empty_transcript_without_running_the_model() -> None:
    recogniser = FakeRecogniser()
    silence = encode_whole(AudioFormat.WAV, np.zeros(32000, np.float32), 16000)
    async with service_of(recogniser) as (client, _service):
        batches = len(recogniser.batches)
        response = await client.post("/transcribe", files={"audio_file": ("a.wav", silence)})
    assert response.json() == {"text": ""}
    assert len(recogniser.batches) == batches


@pytest.mark.parametrize("content", [b"", b"not audio at all", clip()[:20]])
async def test_a_file_that_is_not_audio_is_refused_with_400(content: bytes) -> None:
    async with service_of() as (client, _service):
        response = await client.post("/transcribe", files={"audio_file": ("a.wav", content)})
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "unsupported_audio"


async def test_a_missing_file_is_named() -> None:
    async with service_of() as (client, _service):
        response = await client.post("/transcribe", data={"x": "y"})
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "audio_file"


async def test_audio_longer_than_the_limit_is_a_413() -> None:
    async with service_of(max_audio_s=10) as (client, _service):
        response = await client.post("/transcribe", files={"audio_file": ("a.wav", clip(12))})
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "payload_too_large"


async def test_an_upload_over_the_byte_limit_is_a_413() -> None:
    async with service_of(max_upload_bytes=4096) as (client, _service):
        response = await client.post("/transcribe", files={"audio_file": ("a.wav", clip(5))})
    assert response.status_code == 413


async def test_a_failing_model_is_a_500_and_the_next_request_is_served() -> None:
    recogniser = FakeRecogniser()
    async with service_of(recogniser) as (client, _service):
        recogniser.error = RuntimeError("boom")
        failed = await client.post("/transcribe", files={"audio_file": ("a.wav", clip())})
        recogniser.error = None
        served = await client.post("/transcribe", files={"audio_file": ("a.wav", clip())})
    assert (failed.status_code, served.status_code) == (500, 200)


async def test_metrics_count_audio_seconds() -> None:
    async with service_of() as (client, _service):
        await client.post("/transcribe", files={"audio_file": ("a.wav", clip())})
        text = (await client.get("/v1/metrics")).text
    assert "nemo_voice_audio_in_seconds_total 1.5" in text
    assert 'nemo_voice_batch_items_count{stage="recognition"}' in text


async def test_a_wav_of_unknown_length_is_read_to_its_end() -> None:
    streamed = bytearray(clip())
    streamed[4:8] = streamed[40:44] = b"\xff\xff\xff\xff"
    async with service_of() as (client, _service):
        response = await client.post(
            "/transcribe", files={"audio_file": ("a.wav", bytes(streamed))}
        )
    assert response.json() == {"text": HEARD}
