"""HTTP/1.0, as old proxies, `ab` and shells speak it: no chunks, the close ends the response."""

import io
import json
import wave

import httpx
import pytest
from fastapi import FastAPI

from support.http.raw_http import RawResponse, sent_until_closed
from support.http.speech_service import TEXT, BreaksOff, samples_of
from support.http.transcribing import HEARD, clip
from support.http.voice_apps import calling, stt_app, tts_app

JSON = "application/json"
LONG = "A sentence of a story. " * 40


def form(**fields: str) -> tuple[str, bytes]:
    """Returns the content type and the body of a form with a recording."""
    request = httpx.Request("POST", "http://x", data=fields, files={"file": ("a.wav", clip())})
    return request.headers["content-type"], request.read()


def posted(path: str, kind: str, body: bytes, *, headers: str = "", version: str = "1.0") -> bytes:
    """Returns a request by the byte."""
    head = (
        f"POST {path} HTTP/{version}\r\nHost: x\r\nContent-Type: {kind}\r\n{headers}"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def spoken(path: str, **fields: object) -> bytes:
    """Returns a request for speech."""
    return posted(path, JSON, json.dumps(fields).encode())


async def response_of(app: FastAPI, request: bytes) -> RawResponse:
    """Returns what arrives until the connection closes."""
    async with calling(app) as client:
        response = await sent_until_closed(client, request)
    assert "transfer-encoding" not in response.headers
    assert response.headers["connection"] == "close"
    return response


@pytest.mark.parametrize("keep_alive", ["", "Connection: keep-alive\r\n"])
@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/synthesize", {"text": TEXT}),
        ("/v1/audio/speech", {"input": TEXT, "response_format": "wav"}),
    ],
)
async def test_streamed_speech_is_the_file_and_nothing_else(
    path: str, fields: dict[str, str], keep_alive: str
) -> None:
    request = posted(path, JSON, json.dumps(fields).encode(), headers=keep_alive)
    response = await response_of(tts_app(), request)
    assert response.status == 200
    assert response.body.startswith(b"RIFF")
    assert len(response.body) == 44 + 2 * samples_of(TEXT)


async def test_a_whole_response_keeps_its_length() -> None:
    response = await response_of(tts_app(), spoken("/synthesize", text=TEXT, stream=False))
    assert int(response.headers["content-length"]) == len(response.body)
    with wave.open(io.BytesIO(response.body)) as file:
        assert file.getnframes() == samples_of(TEXT)


async def test_events_of_speech_arrive_as_they_are() -> None:
    request = spoken("/v1/audio/speech", input=TEXT, stream_format="sse")
    response = await response_of(tts_app(), request)
    events = response.body.decode().strip().split("\n\n")
    assert all(event.startswith("data: {") for event in events)
    assert json.loads(events[-1][6:])["type"] == "speech.audio.done"


async def test_a_transcript_streams_as_events_to_the_end() -> None:
    kind, body = form(stream="true")
    request = posted("/v1/audio/transcriptions", kind, body)
    response = await response_of(stt_app(), request)
    events = response.body.decode().strip().split("\n\n")
    assert events[-1] == "data: [DONE]"
    assert json.loads(events[-2][6:])["text"] == HEARD


async def test_a_transcript_that_is_not_streamed_has_its_length() -> None:
    kind, body = form()
    response = await response_of(stt_app(), posted("/v1/audio/transcriptions", kind, body))
    assert json.loads(response.body)["text"] == HEARD
    assert int(response.headers["content-length"]) == len(response.body)


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /nowhere HTTP/1.0\r\n\r\n", 404),
        (b"PUT /v1/models HTTP/1.0\r\n\r\n", 405),
        (b"GET /v1/models HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200),
        (spoken("/synthesize", text=""), 400),
        (spoken("/synthesize", text="a" * 5000), 413),
    ],
    ids=["404", "405", "200", "400", "413"],
)
async def test_responses_of_known_length_state_it(request_bytes: bytes, status: int) -> None:
    response = await response_of(tts_app(max_upload_bytes=4096), request_bytes)
    assert response.status == status
    assert int(response.headers["content-length"]) == len(response.body)


async def test_a_stream_that_breaks_off_is_no_end() -> None:
    async with calling(tts_app(BreaksOff())) as client:
        request = spoken("/synthesize", text=LONG + "This is broken. " + LONG)
        with pytest.raises(ConnectionResetError):
            await sent_until_closed(client, request)


async def test_an_expectation_is_ignored_and_http_1_1_still_gets_chunks() -> None:
    body = json.dumps({"text": TEXT}).encode()
    expecting = posted("/synthesize", JSON, body, headers="Expect: 100-continue\r\n")
    response = await response_of(tts_app(), expecting)
    assert response.status == 200
    close = "Connection: close\r\n"
    async with calling(tts_app()) as client:
        chunked = await sent_until_closed(
            client, posted("/synthesize", JSON, body, headers=close, version="1.1")
        )
    assert chunked.headers["transfer-encoding"] == "chunked"
    assert not chunked.body.startswith(b"RIFF")
