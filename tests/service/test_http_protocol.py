"""Limits of a connection: long or slow heads, slow bodies, slow readers, and malformed HTTP."""

import asyncio
import json
import threading
from contextlib import suppress

import pytest

from support.http.raw_http import connection, is_closed, read_response, sent
from support.http.voice_apps import calling, stt_app, tts_app
from support.models.fakes import FakeVoice

HURRY = {"head_timeout_s": 0.2, "upload_timeout_s": 0.3, "upload_bytes_per_s": 1000}
STORY = json.dumps({"text": "A long story. " * 1000}).encode()
LONG_STORY = (
    b"POST /synthesize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(STORY), STORY)
)
UNBUFFERED_BYTES = 20_000_000
"""Less than the speech of it, and more than socket buffers hold."""
GET = b"GET /v1/models HTTP/1.1\r\nHost: x\r\n"


async def test_a_head_over_the_limit_is_refused_with_431_however_it_is_split() -> None:
    async with calling(tts_app(http={"max_head_bytes": 4096})) as client:
        line = await sent(client, b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        header = await sent(client, GET + b"X-Long: " + b"a" * 5000 + b"\r\n\r\n")
        many = await sent(client, GET + b"X-Many: a\r\n" * 500 + b"\r\n")
        fits = await sent(client, GET + b"X-Long: " + b"a" * 3900 + b"\r\n\r\n")
        async with connection(client) as (reader, writer):
            writer.write(GET + b"X-Endless: ")
            for _ in range(10):
                writer.write(b"a" * 1000)
                await writer.drain()
                await asyncio.sleep(0)
            endless = await read_response(reader)
            assert await is_closed(reader)
    for refused in (line, header, many, endless):
        assert refused.status == 431
        assert refused.error["code"] == "headers_too_large"
        assert refused.error.keys() == {"message", "type", "param", "code"}
        assert refused.headers["connection"] == "close"
        assert refused.headers["x-request-id"]
    assert fits.status == 200


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /v1/models HTTP/1.1\r\nNo colon here\r\n\r\n",
        b"POST /synthesize HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /synthesize HTTP/1.1\r\nHost: x\r\nContent-Length: 1e9\r\n\r\n",
        b"POST /synthesize HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"GET http://[::bad/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v1/models HTTP/1.1\r\n\r\n",
        b"GET /v1/models HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    ],
    ids=lambda request_bytes: request_bytes[:40],
)
async def test_malformed_http_is_refused_with_400_in_the_shape_of_all_errors(
    request_bytes: bytes,
) -> None:
    async with calling(tts_app()) as client:
        refused = await sent(client, request_bytes)
    assert refused.status == 400
    assert refused.error["type"] == "invalid_request_error"
    assert refused.headers["content-type"] == "application/json"


async def test_an_unfinished_head_is_refused_with_408() -> None:
    async with calling(tts_app(http=HURRY)) as client, connection(client) as (reader, writer):
        writer.write(GET)
        refused = await read_response(reader)
        assert await is_closed(reader)
    assert (refused.status, refused.error["code"]) == (408, "request_too_slow")


async def test_a_connection_without_a_request_is_closed_without_a_response() -> None:
    async with calling(tts_app(http=HURRY)) as client:
        async with connection(client) as (reader, _):
            assert await is_closed(reader)
        async with connection(client) as (reader, writer):
            writer.write(b"\r\n")
            assert await is_closed(reader)


async def test_an_idle_connection_is_kept_open_for_the_keep_alive_time() -> None:
    http = {**HURRY, "keep_alive_s": 1}
    async with calling(tts_app(http=http)) as client, connection(client) as (reader, writer):
        for _ in range(2):
            writer.write(GET + b"\r\n")
            assert (await read_response(reader)).status == 200
        began_s = asyncio.get_running_loop().time()
        assert await is_closed(reader)
        assert asyncio.get_running_loop().time() - began_s > 0.8


async def test_a_slow_body_is_refused_with_408_and_is_no_longer_in_flight() -> None:
    async with calling(stt_app(http=HURRY)) as client:
        async with connection(client) as (reader, writer):
            writer.write(
                b"POST /transcribe HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n"
                b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
                b'Content-Disposition: form-data; name="audio_file"; filename="a"\r\n\r\n'
            )
            trickle = asyncio.create_task(trickled(writer))
            refused = await read_response(reader)
            metrics = (await client.get("/metrics")).text
            trickle.cancel()
        whole = await client.get("/v1/models")
    assert (refused.status, refused.error["code"]) == (408, "request_too_slow")
    assert "nemo_voice_in_flight 0.0" in metrics
    assert whole.status_code == 200


async def trickled(writer: asyncio.StreamWriter) -> None:
    """Sends single bytes, slower than any upload may be."""
    while True:
        writer.write(b"-")
        await asyncio.sleep(0.02)


async def test_a_body_that_arrives_fast_enough_may_exceed_the_upload_timeout() -> None:
    http = {"upload_timeout_s": 0.3, "upload_bytes_per_s": 1000}
    text = b'{"text": "' + b"a b " * 500 + b'", "stream": false}'
    async with calling(tts_app(http=http)) as client, connection(client) as (reader, writer):
        writer.write(
            b"POST /synthesize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % len(text)
        )
        for start in range(0, len(text), 500):
            writer.write(text[start : start + 500])
            await asyncio.sleep(0.15)
        assert (await read_response(reader)).status == 200


async def test_the_body_of_a_refused_request_is_discarded_for_a_while() -> None:
    http = {"head_timeout_s": 1.0, "keep_alive_s": 60}
    head = b"POST /transcribe HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
    async with calling(stt_app(max_upload_bytes=1024, http=http)) as client:
        async with connection(client) as (reader, writer):
            writer.write(head % 5000)
            refused = await read_response(reader)
            writer.write(b"a" * 5000 + GET + b"\r\n")
            following = await read_response(reader)
        async with connection(client) as (reader, writer):
            writer.write(head % 5000)
            await read_response(reader)
            trickle = asyncio.create_task(trickled(writer))
            with suppress(
                ConnectionResetError
            ):  # a byte that was on its way makes the close a reset
                assert await is_closed(reader)
            trickle.cancel()
    assert (refused.status, refused.error["code"]) == (413, "payload_too_large")
    assert following.status == 200


JAVA_UPGRADE = (
    b"Connection: Upgrade, HTTP2-Settings\r\nHost: x\r\n"
    b"HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\nUpgrade: h2c\r\n"
    b"User-Agent: Java-http-client/21.0.2\r\n"
)
"""What Java's HttpClient sends with the first request on a connection."""


@pytest.mark.parametrize("pause_s", [0, 0.05], ids=["at once", "head first"])
async def test_a_request_of_javas_client_that_offers_http_2_keeps_its_body(pause_s: float) -> None:
    body = b'{"input": ""}'
    head = (
        b"POST /v1/audio/speech HTTP/1.1\r\nContent-Length: %d\r\n%s"
        b"Content-Type: application/json\r\n\r\n" % (len(body), JAVA_UPGRADE)
    )
    async with calling(tts_app()) as client, connection(client) as (reader, writer):
        for _ in range(2):
            writer.write(head)
            await asyncio.sleep(pause_s)
            writer.write(body)
            response = await read_response(reader)
            assert (response.status, response.error["code"]) == (400, "unspeakable_text")


async def test_an_upgrade_without_a_body_is_ignored() -> None:
    socket = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\n"
    async with calling(tts_app()) as client:
        http_2 = await sent(client, b"GET /v1/models HTTP/1.1\r\n" + JAVA_UPGRADE + b"\r\n")
        web = await sent(client, GET + socket + b"\r\n")
        nowhere = await sent(client, b"GET /v1/nowhere HTTP/1.1\r\nHost: x\r\n" + socket + b"\r\n")
    assert (http_2.status, web.status) == (200, 200)
    assert (nowhere.status, nowhere.error["code"]) == (404, "not_found")


async def test_an_upgrade_that_cannot_be_ignored_is_refused_rather_than_losing_its_body() -> None:
    head = b"POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
    async with calling(tts_app()) as client:
        other = await sent(client, head + b"Upgrade: foo\r\nContent-Length: 2\r\n\r\n{}")
        async with connection(client) as (reader, writer):
            writer.write(head + b"Upgrade: ")
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.write(b"h2c\r\nContent-Length: 2\r\n\r\n{}")
            in_parts = await read_response(reader)
    for refused in (other, in_parts):
        assert (refused.status, refused.error["code"]) == (400, "invalid_request")
        assert "Upgrade" in refused.error["message"]


async def test_trailers_over_the_limit_are_refused_with_431_and_end_the_connection() -> None:
    head = (
        b"POST /synthesize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
    )
    async with calling(tts_app(http={"max_head_bytes": 4096, "head_timeout_s": 0.3})) as client:
        few = await sent(client, head + b"X-Digest: abc\r\n\r\n")
        async with connection(client) as (reader, writer):
            writer.write(head)
            sending = asyncio.create_task(_send_trailers_until_closed(writer))
            refused = await read_response(reader)
            with pytest.raises(ConnectionError):
                await sending
        metrics = (await client.get("/metrics")).text
    assert few.error["param"] == "text"
    assert (refused.status, refused.error["code"]) == (431, "headers_too_large")
    assert "nemo_voice_in_flight 0.0" in metrics


async def _send_trailers_until_closed(writer: asyncio.StreamWriter) -> None:
    for _ in range(100):
        writer.write(b"X-Many: a\r\n" * 100)
        await writer.drain()
        await asyncio.sleep(0.02)


async def test_a_head_that_is_malformed_and_too_large_gets_one_response() -> None:
    broken = b"X-Broken: \x00\r\n" + b"a" * 3000
    async with (
        calling(tts_app(http={"max_head_bytes": 4096})) as client,
        connection(client) as (reader, writer),
    ):
        writer.write(GET)
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(b"X-Fine: " + b"a" * 2000 + b"\r\n" + broken)
        refused = await read_response(reader)
        assert await is_closed(reader)
    assert refused.status == 400


async def test_a_request_pipelined_after_an_offer_of_http_2_is_served() -> None:
    upgrade = b"Connection: Upgrade\r\nUpgrade: h2c\r\n"
    async with calling(tts_app()) as client, connection(client) as (reader, writer):
        writer.write(GET + upgrade + b"\r\n" + GET + b"\r\n")
        assert [(await read_response(reader)).status for _ in range(2)] == [200, 200]


async def test_a_pipelined_head_has_its_time_from_the_end_of_the_response_before_it() -> None:
    body = json.dumps({"text": "A story. " * 100, "stream": False}).encode()
    post = (
        b"POST /synthesize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    voice = FakeVoice()
    async with (
        calling(tts_app(voice, http=HURRY)) as client,
        connection(client) as (reader, writer),
    ):
        voice._gate = threading.Event()
        writer.write(post + GET)
        await asyncio.sleep(2 * HURRY["head_timeout_s"])
        voice._gate.set()
        served, unfinished = await read_response(reader), await read_response(reader)
        assert await is_closed(reader)
    assert served.status == 200
    assert (unfinished.status, unfinished.error["code"]) == (408, "request_too_slow")


async def test_an_empty_line_after_a_request_does_not_end_its_response() -> None:
    body = b'{"text": "One word.", "stream": false}'
    voice = FakeVoice()
    async with (
        calling(tts_app(voice, http=HURRY)) as client,
        connection(client) as (reader, writer),
    ):
        voice._gate = threading.Event()
        writer.write(
            b"POST /synthesize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%s\r\n" % (len(body), body)
        )
        await asyncio.sleep(0.1)
        writer.write(b"\r\n")
        await asyncio.sleep(2 * HURRY["head_timeout_s"])
        voice._gate.set()
        assert (await read_response(reader)).status == 200


async def test_malformed_http_after_a_request_does_not_spoil_its_response() -> None:
    body = b'{"text": "One word.", "stream": false}'
    post = (
        b"POST /synthesize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    async with calling(tts_app()) as client, connection(client) as (reader, writer):
        writer.write(post + b"nonsense\r\n\r\n")
        assert (await read_response(reader)).status == 200
        assert await is_closed(reader)


async def test_a_client_that_stops_reading_is_disconnected_and_no_longer_in_flight() -> None:
    async with (
        calling(tts_app(http={"send_timeout_s": 0.2})) as client,
        connection(client) as (reader, writer),
    ):
        writer.write(LONG_STORY)
        await reader.readuntil(b"\r\n\r\n")
        async with asyncio.timeout(20):
            while "nemo_voice_in_flight 0.0" not in (await client.get("/metrics")).text:
                await asyncio.sleep(0.02)
        received_bytes = await _received(reader)
    assert received_bytes < UNBUFFERED_BYTES / 2


async def test_a_client_that_reads_slowly_gets_the_whole_response() -> None:
    async with (
        calling(tts_app(http={"send_timeout_s": 0.3})) as client,
        connection(client) as (reader, writer),
    ):
        writer.write(LONG_STORY)
        received_bytes = await _received(reader, pause_s=0.05)
    assert received_bytes > UNBUFFERED_BYTES


@pytest.mark.parametrize("send_timeout_s", [0.1, 86_400.0])
async def test_the_shortest_and_the_longest_send_timeout_serve(send_timeout_s: float) -> None:
    async with calling(tts_app(http={"send_timeout_s": send_timeout_s})) as client:
        assert (await client.get("/v1/models")).status_code == 200


async def _received(reader: asyncio.StreamReader, *, pause_s: float = 0.0) -> int:
    """Returns how many bytes arrive until the connection ends."""
    count = 0
    with suppress(ConnectionResetError):
        while part := await asyncio.wait_for(reader.read(1 << 20), 20):
            count += len(part)
            await asyncio.sleep(pause_s)
    return count
