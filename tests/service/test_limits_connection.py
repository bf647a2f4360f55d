"""What a connection may cost: heads that are long or slow, bodies that trickle, ends of both."""

import asyncio

import pytest

from support.raw_http import answer, connection, is_closed, sent
from support.voice_apps import calling, stt_app, tts_app

HURRY = {"head_timeout_s": 0.2, "upload_timeout_s": 0.3, "upload_bytes_per_s": 1000}
GET = b"GET /v1/models HTTP/1.1\r\nHost: x\r\n"


async def test_a_head_over_the_limit_is_a_431_however_it_comes() -> None:
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
            endless = await answer(reader)
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
    ],
    ids=lambda request_bytes: request_bytes[:40],
)
async def test_what_is_not_http_is_a_400_in_the_one_shape(request_bytes: bytes) -> None:
    async with calling(tts_app()) as client:
        refused = await sent(client, request_bytes)
    assert refused.status == 400
    assert refused.error["type"] == "invalid_request_error"
    assert refused.headers["content-type"] == "application/json"


async def test_a_head_that_does_not_end_is_a_408() -> None:
    async with calling(tts_app(http=HURRY)) as client, connection(client) as (reader, writer):
        writer.write(GET)
        refused = await answer(reader)
        assert await is_closed(reader)
    assert (refused.status, refused.error["code"]) == (408, "request_too_slow")


async def test_a_connection_without_a_request_is_closed_without_a_word() -> None:
    async with calling(tts_app(http=HURRY)) as client:
        async with connection(client) as (reader, _):
            assert await is_closed(reader)
        async with connection(client) as (reader, writer):
            writer.write(b"\r\n")
            assert await is_closed(reader)


async def test_an_idle_connection_is_kept_as_long_as_the_setting_says() -> None:
    http = {**HURRY, "keep_alive_s": 1}
    async with calling(tts_app(http=http)) as client, connection(client) as (reader, writer):
        for _ in range(2):
            writer.write(GET + b"\r\n")
            assert (await answer(reader)).status == 200
        began_s = asyncio.get_running_loop().time()
        assert await is_closed(reader)
        assert asyncio.get_running_loop().time() - began_s > 0.8


async def test_a_body_that_trickles_is_a_408_and_frees_its_place() -> None:
    async with calling(stt_app(http=HURRY)) as client:
        async with connection(client) as (reader, writer):
            writer.write(
                b"POST /transcribe HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n"
                b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
                b'Content-Disposition: form-data; name="audio_file"; filename="a"\r\n\r\n'
            )
            trickle = asyncio.create_task(trickled(writer))
            refused = await answer(reader)
            metrics = (await client.get("/metrics")).text
            trickle.cancel()
        whole = await client.get("/v1/models")
    assert (refused.status, refused.error["code"]) == (408, "request_too_slow")
    assert "nemo_voice_in_flight 0.0" in metrics
    assert whole.status_code == 200


async def trickled(writer: asyncio.StreamWriter) -> None:
    """Sends a byte now and then, which is no progress."""
    while True:
        writer.write(b"-")
        await asyncio.sleep(0.02)


async def test_a_body_that_comes_steadily_has_the_time_it_takes() -> None:
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
        assert (await answer(reader)).status == 200


async def test_who_was_refused_early_is_heard_out_for_a_while_and_then_left() -> None:
    http = {**HURRY, "keep_alive_s": 60}
    head = b"POST /transcribe HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
    async with calling(stt_app(max_upload_bytes=1024, http=http)) as client:
        async with connection(client) as (reader, writer):
            writer.write(head % 5000)
            refused = await answer(reader)
            writer.write(b"a" * 5000 + GET + b"\r\n")
            following = await answer(reader)
        async with connection(client) as (reader, writer):
            writer.write(head % 5000)
            await answer(reader)
            trickle = asyncio.create_task(trickled(writer))
            assert await is_closed(reader)
            trickle.cancel()
    assert (refused.status, refused.error["code"]) == (413, "payload_too_large")
    assert following.status == 200


async def test_a_wish_for_another_protocol_is_passed_over() -> None:
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n"
    socket = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\n"
    body = b'{"input": ""}'
    post = (
        b"POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n%s\r\n%s"
    )
    async with calling(tts_app()) as client:
        plain = await sent(client, GET + upgrade + b"\r\n")
        web = await sent(client, GET + socket + b"\r\n")
        posted = await sent(client, post % (len(body), upgrade, body))
        nowhere = await sent(client, b"GET /v1/realtime HTTP/1.1\r\nHost: x\r\n" + socket + b"\r\n")
    assert (plain.status, web.status) == (200, 200)
    assert (posted.status, posted.error["code"]) == (400, "unspeakable_text")
    assert (nowhere.status, nowhere.error["code"]) == (404, "not_found")
