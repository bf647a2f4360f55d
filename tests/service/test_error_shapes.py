"""Every error has its status, one shape, and the field that is to blame."""

import json
from collections.abc import Mapping

import httpx
import pytest

from support.audio.sounds import libsndfile_bytes, tone
from support.http.voice_apps import calling, stt_app, tts_app

SPEECH, NATIVE, TRANSCRIPTIONS = "/v1/audio/speech", "/synthesize", "/v1/audio/transcriptions"
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "multipart/form-data; boundary=x"}
CLIP = libsndfile_bytes(tone(0.5, 16000), 16000, "WAV", "PCM_16")


def error_of(response: httpx.Response) -> tuple[int, str, str | None]:
    """Returns status, code and param, after a check of the shape."""
    body = response.json()
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"message", "type", "param", "code"}
    assert body["error"]["message"]
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-request-id"]
    assert "Traceback" not in response.text
    return response.status_code, body["error"]["code"], body["error"]["param"]


@pytest.mark.parametrize(
    ("path", "content", "headers", "expected"),
    [
        (SPEECH, b"{", JSON, (400, "invalid_request", None)),
        (SPEECH, b"", JSON, (400, "invalid_request", None)),
        (SPEECH, b"", {}, (400, "invalid_request", None)),
        (SPEECH, b"[]", JSON, (400, "invalid_request", None)),
        (SPEECH, b"null", JSON, (400, "invalid_request", None)),
        (SPEECH, b'"text"', JSON, (400, "invalid_request", None)),
        (SPEECH, b"\xff\xfe\x00", JSON, (400, "invalid_request", None)),
        (SPEECH, b"[" * 100_000, JSON, (400, "invalid_request", None)),
        (SPEECH, b'{"input": ' + b"9" * 10_000 + b"}", JSON, (400, "invalid_request", None)),
        (SPEECH, b'{"input": "hi", "speed": NaN}', JSON, (400, "invalid_request", "speed")),
        (SPEECH, b'{"input": "hi", "speed": 1e999}', JSON, (400, "invalid_request", "speed")),
        (SPEECH, b'{"input": "hi", "speed": "fast"}', JSON, (400, "invalid_request", "speed")),
        (SPEECH, b'{"input": 7}', JSON, (400, "invalid_request", "input")),
        (SPEECH, b'{"model": "demo"}', JSON, (400, "invalid_request", "input")),
        (SPEECH, b'{"input": "hi", "voice": {}}', JSON, (400, "invalid_request", "voice")),
        (SPEECH, b'{"input": "hi", "voice": 3}', JSON, (400, "invalid_request", "voice")),
        (SPEECH, b'{"input": "\\ud800"}', JSON, (400, "unspeakable_text", "input")),
        (SPEECH, b'{"input": "hi"}', {}, (415, "unsupported_media_type", None)),
        (
            SPEECH,
            b"input=hi",
            {"Content-Type": "text/plain"},
            (415, "unsupported_media_type", None),
        ),
        (NATIVE, b"text=hi", FORM, (415, "unsupported_media_type", None)),
        (NATIVE, b'{"text": "\\u0000"}', JSON, (400, "unspeakable_text", "text")),
        (NATIVE, b'{"text": "' + b"a" * 100_001 + b'"}', JSON, (400, "text_too_long", "text")),
        ("/nowhere", b"{}", JSON, (404, "not_found", None)),
        ("/nowhere%00%ff", b"{}", JSON, (404, "not_found", None)),
        ("/v1/models", b"{}", JSON, (405, "method_not_allowed", None)),
    ],
    ids=lambda value: repr(value)[:30],
)
async def test_wrong_speech_requests_are_refused(
    path: str,
    content: bytes,
    headers: Mapping[str, str],
    expected: tuple[int, str, str | None],
) -> None:
    async with calling(tts_app()) as client:
        response = await client.post(path, content=content, headers=headers)
    assert error_of(response) == expected


@pytest.mark.parametrize(
    ("content", "headers", "expected"),
    [
        (b"", {}, (400, "invalid_request", "file")),
        (b"", FORM, (400, "invalid_request", "file")),
        (b"garbage", FORM, (400, "invalid_request", None)),
        (b"--x\r\n", FORM, (400, "invalid_request", None)),
        (b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--", FORM,
         (400, "invalid_request", None)),
        (b"a", {"Content-Type": "multipart/form-data"}, (400, "invalid_request", None)),
        (b'{"file": "a"}', JSON, (415, "unsupported_media_type", None)),
        (CLIP, {"Content-Type": "audio/wav"}, (415, "unsupported_media_type", None)),
    ],
    ids=lambda value: repr(value)[:30],
)  # fmt: skip
async def test_wrong_bodies_of_transcription_requests_are_refused(
    content: bytes, headers: Mapping[str, str], expected: tuple[int, str, str | None]
) -> None:
    async with calling(stt_app()) as client:
        response = await client.post(TRANSCRIPTIONS, content=content, headers=headers)
    assert error_of(response) == expected


@pytest.mark.parametrize(
    ("fields", "files", "expected"),
    [
        ({"file": "text"}, {"x": b""}, (400, "invalid_request", "file")),
        ({}, {"file": b""}, (400, "unsupported_audio", "file")),
        ({}, {"file": b"RIFF"}, (400, "unsupported_audio", "file")),
        ({"response_format": "midi"}, {"file": CLIP}, (400, "invalid_request", "response_format")),
        ({"timestamp_granularities[]": "page"}, {"file": CLIP},
         (400, "invalid_request", "timestamp_granularities[]")),
    ],
    ids=lambda value: repr(value)[:30],
)  # fmt: skip
async def test_wrong_fields_of_transcription_requests_are_refused(
    fields: dict[str, str], files: dict[str, bytes], expected: tuple[int, str, str | None]
) -> None:
    async with calling(stt_app()) as client:
        response = await client.post(TRANSCRIPTIONS, data=fields, files=files)
    assert error_of(response) == expected


async def test_a_405_states_the_allowed_methods() -> None:
    async with calling(stt_app()) as client:
        responses = [
            await client.request(method, TRANSCRIPTIONS) for method in ("GET", "PUT", "OPTIONS")
        ]
    for response in responses:
        assert error_of(response) == (405, "method_not_allowed", None)
        assert response.headers["allow"] == "POST"


async def test_a_body_over_the_limit_is_refused_with_413_with_or_without_a_content_length() -> None:
    async def parts(count: int) -> object:
        for _ in range(count):
            yield b" " * 1000

    async with calling(tts_app(max_upload_bytes=4096)) as client:
        declared = await client.post(SPEECH, content=b" " * 5000, headers=JSON)
        streamed = await client.post(SPEECH, content=parts(10), headers=JSON)  # type: ignore[arg-type] # an async generator is what httpx accepts
    assert error_of(declared) == error_of(streamed) == (413, "payload_too_large", None)


async def test_a_malformed_host_header_is_ignored() -> None:
    async with calling(tts_app()) as client:
        response = await client.get("/nowhere", headers={"Host": "[::"})
    assert error_of(response) == (404, "not_found", None)


async def test_errors_quote_lone_surrogates_as_valid_utf8() -> None:
    body = json.dumps({"input": "Hello", "voice": "\ud800"})
    async with calling(tts_app()) as client:
        response = await client.post(SPEECH, content=body.encode(), headers=JSON)
    assert response.status_code == 400
    error_of(response)


async def test_an_unexpected_exception_is_a_500_without_its_details(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = tts_app()

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("secret path /srv/x")

    async with calling(app) as client:
        response = await client.get("/broken")
        metrics = (await client.get("/metrics")).text
    assert error_of(response) == (500, "backend_failed", None)
    assert "secret" not in response.text
    assert "secret path /srv/x" in caplog.text
    assert 'outcome="backend_failed",route="/broken"' in metrics
