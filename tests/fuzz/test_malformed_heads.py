"""Malformed HTTP: every connection gets a response below 500 or is closed."""

import asyncio
import random

import httpx
import pytest

from support.http.malformed import mangled
from support.http.raw_http import connection
from support.http.voice_apps import calling, tts_app

SEED = 20261123
SHORT, WHOLE = 200, 4000
CALLERS = 8
PATIENCE_S = 20.0
HURRY = {"head_timeout_s": 0.3, "upload_timeout_s": 0.3, "max_head_bytes": 8192}
BODY = b'{"input": "Hello.", "response_format": "pcm"}'
REQUESTS = [
    b"GET /v1/models HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY),
    b"POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY),
    (
        b"POST /synthesize HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: Upgrade\r\n"
        b"Upgrade: h2c\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n"
        b'{"text": "Hi."}'
    ),
]


async def beginning(client: httpx.AsyncClient, request: bytes) -> bytes:
    """Returns the first bytes of the response, or none when the connection closes."""
    async with connection(client) as (reader, writer), asyncio.timeout(PATIENCE_S):
        writer.write(request)
        try:
            return await reader.read(64)
        except ConnectionResetError:
            return b""


@pytest.mark.parametrize("count", [SHORT, pytest.param(WHOLE, marks=pytest.mark.long)])
async def test_malformed_heads_get_a_response_or_are_closed(count: int) -> None:
    chance = random.Random(SEED)  # noqa: S311 the same requests each time
    made = (mangled(chance, chance.choice(REQUESTS)) for _ in range(count))

    async def call(client: httpx.AsyncClient) -> list[bytes]:
        return [await beginning(client, request) for request in made]

    async with calling(tts_app(http=HURRY)) as client:
        responses = await asyncio.gather(*(call(client) for _ in range(CALLERS)))
        still = await client.get("/v1/models")
        metrics = (await client.get("/metrics")).text
    found = [response for each in responses for response in each if response]
    statuses = [int(response[9:12]) for response in found]
    assert all(response.startswith(b"HTTP/1.1 ") for response in found)
    assert max(statuses) < 500
    assert {200, 400, 408} <= set(statuses)
    assert len(statuses) > count // 2
    assert still.status_code == 200
    assert "nemo_voice_in_flight 0.0" in metrics
