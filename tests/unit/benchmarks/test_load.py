"""The load's clients, against small servers: one in a thread, and one that misbehaves."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from typing_extensions import override

from benchmarks.http_client import WAV_HEAD_BYTES, Body, Request
from benchmarks.inputs import text_request
from benchmarks.load import Target, responses_to, run, run_open

SECOND = bytes(2 * 22_050)
CLIP = Request("/transcribe", b"sound", "audio/wav", audio_s=3.5)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bodies: list[bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.bodies.append(body)
        status = 429 if b"refused" in body else 500 if b"bad" in body else 200
        content = b"" if status != 200 else bytes(WAV_HEAD_BYTES) + SECOND
        if b"sound" in body:
            content = b'{"text": "good morning"}'
        self.send_response(status)
        if b"chunks" in body:
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            for start in range(0, len(content), 7_001):
                piece = content[start : start + 7_001]
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
            return
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


@dataclass(frozen=True)
class Listening:
    """A server and what it was sent."""

    address: str
    bodies: list[bytes]


@pytest.fixture
def server() -> Iterator[Listening]:
    bodies: list[bytes] = []
    handler = type("Handler", (_Handler,), {"bodies": bodies})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        yield Listening(f"http://127.0.0.1:{listening.server_address[1]}", bodies)
        listening.shutdown()
        thread.join()


def test_each_request_is_sent_once_whatever_the_number_of_clients(
    server: Listening,
) -> None:
    requests = [text_request(f"text {number}") for number in range(20)]
    made = run(server.address, requests, clients=8)
    assert sorted(server.bodies) == sorted(request.content for request in requests)
    assert (made.items, made.errors, len(made.latencies_s)) == (20, 0, 20)
    assert made.generator > 0


def test_audio_in_the_response_is_counted_from_its_bytes_in_chunks_or_not(
    server: Listening,
) -> None:
    made = run(server.address, [text_request("two"), text_request("in chunks")], clients=1)
    assert made.audio_s == pytest.approx(2.0)
    assert len(made.firsts_s) == 2
    for first_s, latency_s in zip(made.firsts_s, made.latencies_s, strict=True):
        assert 0 < first_s <= latency_s


def test_audio_in_the_request_is_what_the_request_says(server: Listening) -> None:
    made = run(server.address, [CLIP], 1)
    assert (made.audio_s, made.firsts_s) == (3.5, ())


def test_a_text_is_kept(server: Listening) -> None:
    (response,) = responses_to(server.address, [CLIP], 1)
    assert response.content == b'{"text": "good morning"}'


def test_a_refusal_is_an_error_of_its_own_kind(server: Listening) -> None:
    requests = [text_request(text) for text in ("good", "bad", "refused")]
    made = run(server.address, requests, clients=2)
    assert (made.items, made.errors, made.refused) == (1, 2, 1)


def test_a_refused_connection_is_an_error() -> None:
    assert run("http://127.0.0.1:9", [text_request("nobody listens")], clients=1).errors == 1


def test_arrivals_are_sent_whatever_became_of_those_before(server: Listening) -> None:
    made = run_open(server.address, [text_request("a"), CLIP], [0.0, 0.0, 0.01], patience_s=30.0)
    assert (made.items, made.errors) == (3, 0)
    assert len(server.bodies) == 3


def test_a_body_in_chunks_may_be_cut_anywhere() -> None:
    whole = b"3\r\nabc\r\n5;note=1\r\ndefgh\r\n0\r\n\r\n"
    for size in range(1, len(whole)):
        body = Body(None)
        for start in range(0, len(whole), size):
            body.feed(whole[start : start + size])
        assert (bytes(body.content), body.received, body.is_complete) == (b"abcdefgh", 8, True)


Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def answering(answer: Answer) -> AsyncIterator[str]:
    """Yields the address of a server that answers each connection so."""
    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


async def asked(address: str, began_s: float = 0.0) -> str | None:
    target = Target(address)
    response = await target.ask(CLIP, began_s)
    await target.close()
    return response.error


async def test_a_response_that_breaks_off_is_an_error() -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"sound")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf")
        writer.close()

    async with answering(half) as address:
        assert await asked(address) == "ConnectionResetError"


async def test_what_is_no_http_is_an_error() -> None:
    async def noise(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"sound")
        writer.write(b"hello there\r\n\r\n")
        writer.close()

    async with answering(noise) as address:
        assert await asked(address) == "BadResponse"


async def test_a_connection_that_the_server_closed_is_opened_again() -> None:
    served: list[int] = []

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"sound")
        served.append(1)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with answering(once) as address:
        target = Target(address)
        for _ in range(3):
            assert (await target.ask(CLIP, 0.0)).error is None
            for _turn in range(20):  # lets the end of the connection arrive
                await asyncio.sleep(0)
        await target.close()
    assert len(served) == 3


async def test_a_connection_that_the_server_will_read_no_more_from_is_not_used_again() -> None:
    asked_on: list[int] = []

    async def last(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"sound")
        asked_on.append(id(writer))
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\ncontent-length: 2\r\n\r\nok")
        await reader.read()  # until the client closes
        writer.close()

    async with answering(last) as address:
        target = Target(address)
        for _ in range(2):
            assert (await target.ask(CLIP, 0.0)).error is None
        await target.close()
    assert len(asked_on) == 2


def test_what_is_not_there_in_time_is_an_error(server: Listening) -> None:
    release = threading.Event()

    class Slow(_Handler):
        bodies = server.bodies

        @override
        def do_POST(self) -> None:
            release.wait(30)
            super().do_POST()

    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        address = f"http://127.0.0.1:{listening.server_address[1]}"
        made = run_open(address, [CLIP], [0.0, 0.0], patience_s=0.0)
        release.set()
        listening.shutdown()
        thread.join()
    assert (made.items, made.errors) == (0, 2)
