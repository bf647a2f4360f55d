"""A request that is refused early: its client reads the error although it still sends the body."""

import asyncio
import json
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import httpx
import pytest

from nemo_voice_serving.http import protocol
from support.http.raw_http import RawResponse, connection, is_closed, read_response
from support.http.served import served
from support.http.voice_apps import calling, tts_app
from support.models.fakes import FakeVoice

MEGABYTE = 1 << 20
BODY = json.dumps({"text": "a " * 5 * MEGABYTE}).encode()
"""10 MB, five times what the service takes."""
IN_FLIGHT = "nemo_voice_in_flight 1.0"
AUTHORIZED = {"Authorization": "Bearer sesame"}
JSON = "Content-Type: application/json\r\n"


def head(path: str, headers: str = JSON, *, method: str = "POST", version: str = "1.1") -> bytes:
    """Returns the head of a request, whose body is `BODY`."""
    line = f"{method} {path} HTTP/{version}\r\nHost: x\r\n"
    return f"{line}{headers}Content-Length: {len(BODY)}\r\n\r\n".encode()


async def refused(client: httpx.AsyncClient, request_head: bytes) -> RawResponse:
    """Returns the response that a client reads only after it has sent the whole body."""
    async with connection(client) as (reader, writer):
        writer.write(request_head)
        await writer.drain()
        await asyncio.sleep(0.05)  # the response is there before most of the body
        for start in range(0, len(BODY), 1 << 16):
            writer.write(BODY[start : start + (1 << 16)])
            await writer.drain()
        return await read_response(reader)


CLOSE = JSON + "Connection: close\r\n"
ENDS = pytest.mark.parametrize("headers", [JSON, CLOSE], ids=["kept", "closed"])
VERSIONS = pytest.mark.parametrize("version", ["1.1", "1.0"])


@ENDS
@VERSIONS
@pytest.mark.parametrize("path", ["/synthesize", "/v1/audio/speech", "/nowhere", "/v1/models"])
async def test_a_body_over_the_limit_is_read_past_so_that_its_413_arrives(
    path: str, headers: str, version: str
) -> None:
    async with calling(tts_app()) as client:
        response = await refused(client, head(path, headers, version=version))
    assert (response.status, response.error["code"]) == (413, "payload_too_large")


@ENDS
@VERSIONS
@pytest.mark.parametrize(
    ("path", "method", "extra", "status"),
    [
        ("/nowhere", "POST", "", 404),
        ("/v1/models", "PUT", "", 405),
        ("/synthesize", "POST", "Content-Encoding: gzip\r\n", 415),
    ],
)
async def test_other_early_errors_arrive_too(
    path: str, method: str, extra: str, status: int, headers: str, version: str
) -> None:
    async with calling(tts_app(max_upload_bytes=64 * MEGABYTE)) as client:
        request = head(path, headers + extra, method=method, version=version)
        response = await refused(client, request)
    assert response.status == status


@ENDS
async def test_a_missing_key_and_a_reached_limit_arrive(headers: str, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("sesame")
    gate = threading.Event()
    voice = FakeVoice()
    app = tts_app(
        voice, api_keys_file=keys, key_limits={"requests": 1}, max_upload_bytes=64 * MEGABYTE
    )
    key = f"Authorization: {AUTHORIZED['Authorization']}\r\n"
    async with calling(app) as client:
        without = await refused(client, head("/synthesize", headers))
        voice._gate = gate
        running = asyncio.create_task(
            client.post("/synthesize", json={"text": "Hi."}, headers=AUTHORIZED)
        )
        while IN_FLIGHT not in (await client.get("/metrics")).text:
            await asyncio.sleep(0.01)
        second = await refused(client, head("/synthesize", headers + key))
        gate.set()
        await running
    assert (without.status, without.error["code"]) == (401, "invalid_api_key")
    assert (second.status, second.error["code"]) == (429, "rate_limit_exceeded")
    assert second.headers["retry-after"]


async def test_malformed_chunks_are_refused_although_more_follow() -> None:
    chunked = f"POST /synthesize HTTP/1.1\r\nHost: x\r\n{JSON}Transfer-Encoding: chunked\r\n\r\n"
    async with calling(tts_app()) as client:
        response = await refused(client, chunked.encode() + b"2\r\n{}\r\nnonsense\r\n")
        metrics = (await client.get("/metrics")).text
    assert (response.status, response.error["code"]) == (400, "invalid_request")
    assert "nemo_voice_in_flight 0.0" in metrics


@pytest.mark.parametrize("path", ["/synthesize", "/nowhere"])
def test_pythons_own_client_reads_the_error(path: str) -> None:
    # It asks for the connection to be closed, and reads only when it has sent everything.
    with served(tts_app()) as address:
        request = urllib.request.Request(  # noqa: S310 a loopback address
            address + path, data=BODY, headers={"Content-Type": "application/json"}
        )
        with pytest.raises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(request, timeout=20)  # noqa: S310 same
    assert raised.value.code == 413
    assert json.load(raised.value)["error"]["code"] == "payload_too_large"


async def test_after_an_unanswered_expectation_the_connection_closes() -> None:
    async with calling(tts_app()) as client, connection(client) as (reader, writer):
        writer.write(head("/synthesize", JSON + "Expect: 100-continue\r\n"))
        response = await read_response(reader)
        # What follows could be the body or a request: it is neither.
        writer.write(b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await is_closed(reader)
    assert (response.status, response.headers["connection"]) == (413, "close")


async def test_nothing_that_follows_a_last_response_is_served() -> None:
    app = tts_app(max_upload_bytes=1024)
    post = f"POST /synthesize HTTP/1.1\r\nHost: x\r\n{CLOSE}Content-Length: 2000\r\n\r\n"
    async with calling(app) as client, connection(client) as (reader, writer):
        writer.write(post.encode())
        response = await read_response(reader)
        writer.write(b" " * 2000 + b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await is_closed(reader)
        metrics = (await client.get("/metrics")).text
    assert response.status == 413
    assert "/v1/models" not in metrics


@ENDS
async def test_whoever_sends_on_slowly_is_cut_off_in_time(headers: str) -> None:
    http = {"head_timeout_s": 0.5}
    async with calling(tts_app(http=http)) as client, connection(client) as (reader, writer):
        writer.write(head("/synthesize", headers))
        assert (await read_response(reader)).status == 413
        began_s = time.monotonic()
        with pytest.raises(ConnectionError):
            await _trickle(writer, b" ", pause_s=0.02)
        assert time.monotonic() - began_s < 10


@ENDS
async def test_whoever_sends_on_fast_is_cut_off_after_so_many_bytes(
    headers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "_MAX_DROPPED_BYTES", 2 * MEGABYTE)
    async with calling(tts_app()) as client, connection(client) as (reader, writer):
        writer.write(head("/synthesize", headers))
        assert (await read_response(reader)).status == 413
        began_s = time.monotonic()
        with pytest.raises(ConnectionError):
            await _trickle(writer, b" " * 50_000, pause_s=0.001)
        assert time.monotonic() - began_s < 8


async def _trickle(writer: asyncio.StreamWriter, data: bytes, *, pause_s: float) -> None:
    """Sends the data again and again, less than the head promises, until the other end closes."""
    for _ in range(450):
        writer.write(data)
        await writer.drain()
        await asyncio.sleep(pause_s)
