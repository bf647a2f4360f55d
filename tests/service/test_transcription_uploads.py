"""What can be uploaded: OpenAI's containers and bare samples; and what is refused, and how."""

import asyncio
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from support.audio.sounds import ffmpeg_bytes, silent_film, swell
from support.http.raw_http import connection
from support.http.transcribing import HEARD, clip, stt_service, transcribed
from support.models.fakes import FakeRecogniser

PATH = "/v1/audio/transcriptions"
DURATION_S = 3.0

CONTAINERS = {
    "flac": ("flac", "flac", "s16", 16_000),
    "mp3": ("mp3", "libmp3lame", "fltp", 16_000),
    "mp4": ("mp4", "aac", "fltp", 44_100),
    "mpeg": ("mpeg", "mp2", "s16", 48_000),
    "mpga": ("mp3", "libmp3lame", "fltp", 44_100),
    "m4a": ("ipod", "aac", "fltp", 48_000),
    "ogg": ("ogg", "libopus", "flt", 48_000),
    "wav": ("wav", "pcm_s16le", "s16", 8_000),
    "webm": ("webm", "libopus", "flt", 48_000),
}
"""By OpenAI's names: FFmpeg's container, codec, format of samples, and a rate."""


def recording(container: str, codec: str, sample_format: str, rate_hz: int) -> bytes:
    sound: Any = swell(DURATION_S, rate_hz)
    if sample_format == "s16":
        sound = (sound * 32767).astype(np.int16)
    return ffmpeg_bytes(sound, rate_hz, container, codec, sample_format)


@pytest.mark.parametrize("name", CONTAINERS)
async def test_each_of_openais_containers_is_transcribed_whole(name: str) -> None:
    audio = recording(*CONTAINERS[name])
    async with stt_service() as client:
        files = {"file": (f"speech.{name}", audio)}
        response = await client.post(PATH, files=files, data={"response_format": "verbose_json"})
    assert response.json()["text"] == HEARD
    # MP3 and AAC add up to two frames of their own at either end.
    assert response.json()["duration"] == pytest.approx(DURATION_S, abs=0.15)


@pytest.mark.parametrize(
    ("content_type", "rate_hz", "dtype"),
    [
        ("audio/pcm", 24_000, "<i2"),
        ("audio/pcm;rate=16000", 16_000, "<i2"),
        ("audio/L16; rate=8000", 8_000, ">i2"),
    ],
)
@pytest.mark.parametrize("path", [PATH, "/transcribe"])
async def test_bare_samples_are_read_as_their_type_says(
    path: str, content_type: str, rate_hz: int, dtype: str
) -> None:
    samples = (swell(2.0, rate_hz) * 32767).astype(dtype).tobytes()
    recogniser = FakeRecogniser()
    async with stt_service(recogniser) as client:
        field = "file" if path == PATH else "audio_file"
        response = await client.post(path, files={field: ("a.pcm", samples, content_type)})
    assert response.json()["text"] == HEARD
    assert recogniser.batches[-1] == [32_000]


async def test_curl_sends_bare_samples_as_the_documentation_says(tmp_path: Path) -> None:
    (tmp_path / "a.pcm").write_bytes((swell(2.0) * 32767).astype("<i2").tobytes())
    async with stt_service() as client:
        address = f"{client.base_url}{PATH}".replace("//v1", "/v1")
        command = ["curl", "-sS", address, "-F", "file=@a.pcm;type=audio/pcm;rate=16000"]
        curl = await asyncio.to_thread(
            subprocess.run, command, cwd=tmp_path, capture_output=True, text=True, check=True
        )
    assert '"seconds":2.0' in curl.stdout


@pytest.mark.parametrize(
    ("audio", "content_type"),
    [
        pytest.param(b"", "audio/wav", id="empty"),
        pytest.param(b"", "audio/pcm", id="empty-samples"),
        pytest.param(clip(0.05), "audio/wav", id="too-short"),
        pytest.param(bytes(800), "audio/pcm", id="too-short-samples"),
        pytest.param(b"no audio at all" * 999, "audio/mpeg", id="no-audio"),
        pytest.param(clip()[:40], "audio/wav", id="half-a-header"),
        pytest.param(silent_film(), "video/mp4", id="silent-film"),
        pytest.param(bytes(9999), "audio/L16", id="no-rate"),
        pytest.param(bytes(9999), "audio/pcm;rate=1", id="a-rate-of-1"),
        pytest.param(bytes(9999), "audio/pcm;rate=1e9", id="a-rate-of-1e9"),
        pytest.param(bytes(9999), "audio/pcm;channels=99", id="99-channels"),
    ],
)
@pytest.mark.parametrize("stream", ["true", "false"])
async def test_what_is_no_audio_is_a_400_that_says_so(
    audio: bytes, content_type: str, stream: str
) -> None:
    async with stt_service() as client:
        files = {"file": ("a", audio, content_type)}
        response = await client.post(PATH, files=files, data={"stream": stream})
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (
        400,
        "unsupported_audio",
        "file",
    )


@pytest.mark.parametrize("fields", [{}, {"stream": "true"}, {"response_format": "srt"}])
async def test_audio_over_the_limit_is_a_413(fields: dict[str, str]) -> None:
    async with stt_service(max_audio_s=10) as client:
        response = await transcribed(client, clip(12), **fields)
    assert (response.status_code, response.json()["error"]["code"]) == (413, "payload_too_large")


async def test_bare_samples_over_the_limit_are_a_413() -> None:
    async with stt_service(max_audio_s=10) as client:
        files = {"file": ("a.pcm", bytes(2 * 24_000 * 11), "audio/pcm")}
        response = await client.post(PATH, files=files)
    assert response.status_code == 413


async def test_a_large_upload_waits_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    opened: list[Path] = []
    original = tempfile.TemporaryFile

    def noted(*args: Any, **kwargs: Any) -> Any:
        opened.append(tmp_path)
        return original(*args, **kwargs)

    monkeypatch.setattr(tempfile, "TemporaryFile", noted)
    async with stt_service() as client:
        small = await transcribed(client, clip(3))
        assert (small.status_code, opened) == (200, [])
        large = await transcribed(client, clip(120))
    assert large.status_code == 200
    assert opened == [tmp_path]


async def test_no_room_for_an_upload_is_our_failure_and_is_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    async with stt_service() as client:
        response = await transcribed(client, clip(120))
    assert response.status_code == 500
    assert response.json()["error"]["code"] == "backend_failed"
    assert "request body could not be stored" in caplog.text


async def test_a_client_that_leaves_within_its_upload_is_no_invalid_request() -> None:
    async with stt_service() as client:
        async with connection(client) as (reader, writer):
            writer.write(
                b"POST /v1/audio/transcriptions HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n"
                b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
            )
            while "nemo_voice_in_flight 1.0" not in (await client.get("/metrics")).text:
                await asyncio.sleep(0.01)
        while "nemo_voice_in_flight 0.0" not in (await client.get("/metrics")).text:
            await asyncio.sleep(0.01)
        metrics = (await client.get("/metrics")).text
    assert reader.at_eof()
    assert 'outcome="client_gone",route="/v1/audio/transcriptions"' in metrics


async def test_a_form_has_room_for_its_fields_and_no_more() -> None:
    async with stt_service() as client:
        files = [("file", (f"{place}.wav", clip(1))) for place in range(5)]
        too_many = await client.post(PATH, files=files)
        too_long = await client.post(PATH, files=files[:1], data={"prompt": "a" * 100_000})
    for response in (too_many, too_long):
        assert response.status_code == 400
        assert response.json()["error"]["type"] == "invalid_request_error"


async def test_a_field_in_another_alphabet_than_the_errors_is_quoted() -> None:
    body = (
        b"--b\r\nContent-Disposition: form-data; name=known_speaker_names+2AA-\r\n\r\na\r\n"
        b"--b\r\nContent-Disposition: form-data; name=keywords\r\n\r\n+2AA-\r\n"
        b"--b\r\nContent-Disposition: form-data; name=file; filename=a.wav\r\n\r\n%s\r\n--b--\r\n"
    ) % clip(1)
    kind = {"Content-Type": "multipart/form-data; boundary=b; charset=utf-7"}
    named = body.replace(b"known_speaker_names", b"other")
    async with stt_service() as client:
        speakers = await client.post(PATH, content=body, headers=kind)
        keywords = await client.post(PATH, content=named, headers=kind)
    assert (speakers.status_code, speakers.json()["error"]["param"]) == (400, "known_speaker_names")
    assert (keywords.status_code, keywords.json()["error"]["param"]) == (400, "keywords")


async def test_a_stereo_file_of_a_track_and_its_inverse_is_transcribed() -> None:
    sound = (swell(2.0) * 32767).astype(np.int16)
    stereo = np.stack([sound, -sound], axis=1).reshape(1, -1)
    audio = ffmpeg_bytes(stereo, 16_000, "wav", "pcm_s16le", "s16", layout="stereo")
    async with stt_service() as client:
        response = await transcribed(client, audio)
    assert response.json()["text"] == HEARD


async def test_a_file_that_is_cut_off_is_transcribed_as_far_as_it_goes() -> None:
    audio = recording(*CONTAINERS["ogg"])
    async with stt_service() as client:
        whole = await transcribed(client, audio, response_format="verbose_json")
        cut = await transcribed(client, audio[: len(audio) // 2], response_format="verbose_json")
    assert cut.json()["text"] == HEARD
    assert 0.5 < cut.json()["duration"] < whole.json()["duration"]


async def test_a_file_field_that_is_no_file_is_named() -> None:
    async with stt_service() as client:
        response: httpx.Response = await client.post(
            PATH, data={"file": "just text"}, files={"other": ("a.wav", clip())}
        )
    assert (response.status_code, response.json()["error"]["param"]) == (400, "file")
