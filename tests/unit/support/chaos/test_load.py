"""The load against servers that fail in every way: each failure has its own name."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

from nemo_voice_serving.audio.encoding import wav_header
from support.chaos.load import (
    SYNTHESIZE,
    TRANSCRIBE,
    Request,
    is_whole_wav,
    load,
    outcome_of_response,
)
from support.ports import free_port
from support.waiting import until

Writer = asyncio.StreamWriter
Answer = Callable[[Writer], Awaitable[None]]
"""What a server does with the connection once it has a whole request."""


def response(body: bytes, status: str = "200 OK") -> bytes:
    """Returns a whole response that keeps the connection."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


RIGHT = response(json.dumps({"text": "Good morning, how are you today"}).encode())


async def right(writer: Writer) -> None:
    writer.write(RIGHT)


async def resets(writer: Writer) -> None:
    writer.transport.abort()


async def cuts(writer: Writer) -> None:
    writer.write(RIGHT[:-5])
    await writer.drain()
    writer.close()


async def hangs(writer: Writer) -> None:
    await asyncio.sleep(5)


async def wrong(writer: Writer) -> None:
    writer.write(response(b'{"text": "something else"}'))


async def garbled(writer: Writer) -> None:
    writer.write(response(b"not JSON"))


async def unready(writer: Writer) -> None:
    body = json.dumps({"error": {"code": "not_ready"}}).encode()
    writer.write(response(body, "503 Service Unavailable"))


async def proxy_error(writer: Writer) -> None:
    writer.write(response(b"<html>", "502 Bad Gateway"))


class Server:
    """A server that answers every request alike and counts its connections."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.connections = 0

    async def connected(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        """Answers the requests of one connection."""
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.lower().split(b"\r\n")
                (length,) = [int(one.split()[1]) for one in lines if one.startswith(b"content-len")]
                await reader.readexactly(length)
                await self.answer(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    @asynccontextmanager
    async def listening(self, port: int) -> AsyncIterator[None]:
        """Listens in the block."""
        server = await asyncio.start_server(self.connected, "127.0.0.1", port)
        async with server:
            yield


@contextmanager
def serving(answer: Answer) -> Iterator[tuple[str, Server]]:
    """Yields the address of a server in a thread of its own, and the server."""
    port, server, over, up = free_port(), Server(answer), threading.Event(), threading.Event()

    async def run() -> None:
        async with server.listening(port):
            up.set()
            while not over.is_set():
                await asyncio.sleep(0.01)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    up.wait(10)
    try:
        yield f"http://127.0.0.1:{port}", server
    finally:
        over.set()
        thread.join()


def outcomes(address: str, *, fresh: int = 1, kept: int = 0) -> set[str]:
    """Returns the outcomes of a few requests."""
    with load(address, fresh=fresh, kept=kept, pause_s=0, timeout_s=0.5) as found:
        until("requests", lambda: len(found.calls) >= 2, 20)
    return {call.outcome for call in found.calls}


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (right, "ok"),
        (resets, "reset"),
        (cuts, "cut"),
        (hangs, "timed out"),
        (wrong, "wrong body"),
        (garbled, "wrong body"),
        (unready, "503 not_ready"),
        (proxy_error, "502 no code"),
    ],
)
def test_each_way_to_fail_has_its_outcome(answer: Answer, outcome: str) -> None:
    with serving(answer) as (address, _):
        assert outcomes(address) == {outcome}
        assert outcomes(address, fresh=0, kept=1) == {outcome}


def test_a_refused_connection_is_tried_a_second_time_and_both_are_noted() -> None:
    with load(f"http://127.0.0.1:{free_port()}", fresh=1, kept=0, pause_s=0) as found:
        until("requests", lambda: found.calls, 20)
    assert {(call.outcome, call.again) for call in found.calls} == {("refused", "refused")}


def test_half_of_the_callers_keep_their_connection() -> None:
    with serving(right) as (address, server):
        with load(address, fresh=0, kept=1, pause_s=0) as found:
            found.wait_for(5)
        assert server.connections == 1
        assert all(call.is_kept for call in found.calls)
        with load(address, fresh=1, kept=0, pause_s=0) as found:
            found.wait_for(5)
        assert server.connections == 1 + len(found.calls)
        assert not any(call.is_kept for call in found.calls)


def test_the_last_requests_are_waited_for() -> None:
    async def slow(writer: Writer) -> None:
        await asyncio.sleep(0.3)
        writer.write(RIGHT)

    with (
        serving(slow) as (address, server),
        load(address, fresh=3, kept=0, pause_s=9) as found,
    ):
        until("requests", lambda: server.connections == 3)
        assert found.calls == []
    assert [call.outcome for call in found.calls] == ["ok"] * 3
    assert all(call.ended_s - call.began_s >= 0.3 for call in found.calls)


@pytest.mark.parametrize("request_", [TRANSCRIBE, SYNTHESIZE], ids=["stt", "tts"])
def test_an_empty_body_is_never_right(request_: Request) -> None:
    for body in (b"", b"{}"):
        assert outcome_of_response(200, body, request_) == "wrong body"


def test_a_wav_file_is_whole_only_with_all_the_sound_that_its_head_announces() -> None:
    sound = bytes(8)
    whole = b"RIFF" + bytes(36) + len(sound).to_bytes(4, "little") + sound
    assert is_whole_wav(whole)
    assert not is_whole_wav(whole[:-1])
    assert not is_whole_wav(b"RIFF" + bytes(40))


def test_a_streamed_wav_file_is_whole_with_a_second_of_sound() -> None:
    head = wav_header(rate_hz=8, data_bytes=None)
    assert is_whole_wav(head + bytes(16))
    assert not is_whole_wav(head + bytes(14))
    assert not is_whole_wav(b"RIFF" + bytes(36) + b"\xff\xff\xff\xff" + bytes(16))
