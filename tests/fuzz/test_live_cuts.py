"""Live sessions whose clients vanish, or send what no client sends: nothing of them stays."""

import asyncio
import gc
import logging
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from nemo_voice_serving.http.server import DrainingServer
from nemo_voice_stt.http.realtime.connection import Connection
from nemo_voice_stt.realtime.session import LiveSession
from support.http.live_client import PATH, TRANSCRIPTION, connected, live_service
from support.http.raw_websocket import (
    BINARY,
    CLOSE,
    PING,
    TEXT,
    Cut,
    RawWebSocket,
    audio_message,
    frame,
    message,
)
from support.http.serving import address
from support.http.transcribing import HEARD
from support.http.voice_apps import stt_app
from support.models.live import silence, speech

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(autouse=True)
def nothing_failed(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Checks that the service logged no error: all of this is the fault of clients."""
    yield
    errors = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not errors, errors[0].getMessage()


SEED = 20261201
PATIENCE_S = 60.0
SCRIPT = (
    message("session.update", session={"audio": {"input": {"transcription": {"language": "en"}}}}),
    audio_message(speech(0.6)),
    audio_message(silence(1)),
    audio_message(speech(0.4)),
    message("input_audio_buffer.commit"),
    audio_message(speech(0.2)),
    message("input_audio_buffer.clear"),
)
EVENTS = 15
"""More than what answers the script."""
ODD = (
    b"",
    b"{",
    b"\xff\xfe",
    b"[" * 3000,
    b'{"type":"input_audio_buffer.append","audio":"AAA"}',
    b'{"type":"session.update","session":{"audio":{"input":{"format":{"rate":1e999}}}}}',
    b'{"type":"input_audio_buffer.append","audio":"' + b"A" * 70_000 + b'"}',
)
SHORT, WHOLE = 60, 1_200
_MESSAGES = 5
"""Of each session of chance, about: the whole run sends more than 5,000."""
_AT_ONCE = 20
_GROWTH_BYTES = 96 * 2**20


@dataclass
class Watched:
    """A service, and what it held before anybody came."""

    server: DrainingServer
    http: httpx.AsyncClient
    objects: int = 0
    """Sessions that other tests of this process have left in the memory."""
    tasks: int = 0
    files: int = 0
    bytes_held: int = 0

    async def is_as_before(self) -> None:
        """Returns once nothing is left of any session.

        Raises:
            TimeoutError: Something is.
        """
        try:
            async with asyncio.timeout(PATIENCE_S):
                while await self._left():
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise TimeoutError(f"still there: {await self._left()}") from None

    async def serves(self) -> None:
        """Checks that a session of an ordinary client is served."""
        async with connected(self.server) as client:
            await client.configure(turn_detection=None)
            await client.say(speech(1))
            await client.send("input_audio_buffer.commit")
            assert (await client.until(f"{TRANSCRIPTION}.completed"))[-1]["transcript"] == HEARD

    async def _left(self) -> dict[str, int]:
        lines = (await self.http.get("/metrics")).text.splitlines()
        assert (await self.http.get("/v1/health/ready")).status_code == httpx.codes.OK
        (sessions,) = (line for line in lines if line.startswith("nemo_voice_live_sessions "))
        left = {
            "sessions": round(float(sessions.split()[-1])),
            "objects": max(0, _sessions_in_memory() - self.objects),
            "tasks": max(0, len(asyncio.all_tasks()) - self.tasks),
            "files": max(0, _open_files() - self.files),
        }
        return {name: count for name, count in left.items() if count}


@asynccontextmanager
async def watched() -> AsyncIterator[Watched]:
    """Yields a service that closes idle sessions after a second, and expects nothing to stay."""
    app = stt_app(realtime={"idle_s": 1.0, "early_final_s": 0.1}, http={"max_message_bytes": 10**6})
    async with (
        live_service(app) as server,
        httpx.AsyncClient(base_url=address(server), timeout=PATIENCE_S) as http,
    ):
        scene = Watched(server, http, objects=_sessions_in_memory())
        await scene.serves()
        await scene._left()
        scene.tasks, scene.files = len(asyncio.all_tasks()), _open_files()
        scene.bytes_held = psutil.Process().memory_info().rss
        yield scene
        await scene.is_as_before()
        await scene.serves()
        await scene.is_as_before()


def _sessions_in_memory() -> int:
    gc.collect()
    # Not isinstance: some objects of torch warn when they are asked for their class.
    return sum(type(one) in {Connection, LiveSession} for one in gc.get_objects())


def _open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def left_after(server: DrainingServer, sent: int, read: int, cut: Cut) -> RawWebSocket:
    """Returns a connection that was left after so many messages and events."""
    client = await RawWebSocket.opened(address(server), PATH)
    for data in SCRIPT[:sent]:
        await client.send(data)
    for _ in range(read):
        try:
            async with asyncio.timeout(0.5):
                if not await client.next():
                    break
        except TimeoutError:
            break  # there were fewer
    await client.leave(cut)
    return client


@pytest.mark.parametrize("cut", Cut)
async def test_a_client_may_vanish_at_each_message_and_each_event(cut: Cut) -> None:
    async with watched() as scene:
        places = [(sent, 0) for sent in range(len(SCRIPT) + 1)]
        places += [(len(SCRIPT), read) for read in range(1, EVENTS)]
        work = [left_after(scene.server, sent, read, cut) for sent, read in places]
        clients = await asyncio.gather(*work)
        if cut is Cut.SILENT:  # the service ends them by itself, and their sockets stay theirs
            await _sessions_end(scene)
        for client in clients:
            client.drop()


async def _sessions_end(scene: Watched) -> None:
    """Returns once no session is open, though every socket is."""
    async with asyncio.timeout(PATIENCE_S):
        while (await scene._left()).get("sessions"):
            await asyncio.sleep(0.1)


async def test_two_faults_at_once_end_a_session_as_one_does() -> None:
    async with watched() as scene:
        client = await RawWebSocket.opened(address(scene.server), PATH)
        await client.next()
        await client.send(frame(b"\xff\xfe") * 2)
        assert await client.next() == (1007).to_bytes(2, "big")
        assert await client.next() == b""
        client.drop()


@pytest.mark.parametrize("count", [SHORT, pytest.param(WHOLE, marks=pytest.mark.long)])
async def test_no_frame_of_chance_leaves_anything_behind(count: int) -> None:
    async with watched() as scene:
        limit = asyncio.Semaphore(_AT_ONCE)

        async def one(number: int) -> None:
            async with limit, asyncio.timeout(PATIENCE_S):
                await of_chance(scene.server, random.Random(SEED + number))  # noqa: S311 not secret

        await asyncio.gather(*map(one, range(count)))
        await scene.is_as_before()
        assert psutil.Process().memory_info().rss - scene.bytes_held < _GROWTH_BYTES


async def of_chance(server: DrainingServer, chance: random.Random) -> None:
    """Sends a few frames of chance, reads a few events, and vanishes in some way."""
    client = await RawWebSocket.opened(address(server), PATH)
    try:
        for _ in range(chance.randint(_MESSAGES - 2, _MESSAGES + 4)):
            await client.send(frame_of_chance(chance))
            if chance.random() < 0.2:
                async with asyncio.timeout(5):
                    await client.next()
        cut = chance.choice(list(Cut))
        await client.leave(cut)
        if cut is Cut.SILENT:
            await asyncio.sleep(chance.random())
    except (OSError, TimeoutError):
        pass  # the service has closed it, or has nothing to say
    finally:
        client.drop()


def frame_of_chance(chance: random.Random) -> bytes:
    """Returns a frame that is good, odd, broken, or none at all."""
    match chance.randrange(8):
        case 0 | 1 | 2:
            return chance.choice(SCRIPT)
        case 3:
            return frame(chance.choice(ODD), chance.choice([TEXT, TEXT, BINARY]))
        case 4:  # in pieces, between which others may come
            payload = chance.choice(ODD)
            half = len(payload) // 2
            first = frame(payload[:half], TEXT, is_last=False)
            return first + frame(b"", PING) + frame(payload[half:], 0)
        case 5:  # no client may send these
            kind, reserved = chance.choice([0, 3, 7, 11, TEXT]), chance.randrange(8)
            return frame(b"odd", kind, reserved=reserved, masked=chance.random() < 0.7)
        case 6:
            damaged = bytearray(chance.choice(SCRIPT))
            for _ in range(chance.choice([1, 20])):
                damaged[chance.randrange(min(200, len(damaged)))] = chance.randrange(256)
            return bytes(damaged[: chance.choice([1, 7, len(damaged)])])
        case _:
            code = chance.randbytes(chance.choice([0, 1, 2, 130]))
            return frame(code, chance.choice([PING, CLOSE, 10]))


@pytest.mark.parametrize("answers", [40, pytest.param(400, marks=pytest.mark.long)])
async def test_clients_that_read_nothing_are_ended_and_hold_nothing(answers: int) -> None:
    asks = message(
        "session.update", session={"audio": {"input": {"noise_reduction": "x" * 30_000}}}
    )
    async with watched() as scene:

        async def one() -> RawWebSocket:
            client = await RawWebSocket.opened(address(scene.server), PATH)
            try:
                async with asyncio.timeout(10):
                    for _ in range(answers):
                        await client.send(asks)
            except (OSError, TimeoutError):
                pass  # it is not read any more
            return client

        clients = await asyncio.gather(*(one() for _ in range(10)))
        await _sessions_end(scene)
        for client in clients:
            client.drop()
        await scene.is_as_before()
        assert psutil.Process().memory_info().rss - scene.bytes_held < _GROWTH_BYTES
