"""Many, slow and huge connections: others are served meanwhile, and memory stays bounded."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from support.http.service_process import ServiceProcess, bystander, service_process

FEW, MANY = 150, 2000
SIZES = [FEW, pytest.param(MANY, marks=pytest.mark.long)]
PATIENCE_S = 60.0
GROWTH_MB = 120.0
"""More than all of these attacks together need: 2,000 connections and their longest heads."""
SLOWEST_S = 5.0
HURRY = {"head_timeout_s": 2.0, "upload_timeout_s": 2.0}
LAST = b"Connection: close\r\n"
HEAD = b"POST /synthesize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service that is impatient, so that attacks end soon."""
    with service_process("tts", tmp_path_factory.mktemp("service"), http=HURRY) as made:
        spoken(made)  # what is imported at the first request is no growth
        yield made


Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def connections(service: ServiceProcess, count: int) -> AsyncIterator[list[Ends]]:
    """So many connections to the service."""
    opened: list[Ends] = []
    try:
        for _ in range(count):
            ends = await asyncio.open_connection("127.0.0.1", service.port)
            opened.append(ends)
        yield opened
    finally:
        for _, writer in opened:
            writer.transport.abort()  # what is unsent stays so


async def ending(ends: Ends) -> bytes:
    """What the service sends until it closes the connection."""
    (reader, _), found = ends, b""
    async with asyncio.timeout(PATIENCE_S):
        with contextlib.suppress(ConnectionError):  # what came before a reset counts
            while block := await reader.read(4096):
                found += block
    return found


async def drip(ends: Ends, data: bytes, pause_s: float) -> None:
    """Sends one byte after the other until the connection is closed."""
    _, writer = ends
    with contextlib.suppress(ConnectionError):
        for byte in data:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(pause_s)


def spoken(service: ServiceProcess) -> httpx.Response:
    return httpx.post(f"{service.address}/synthesize", json={"text": "Still here."}, timeout=60)


async def attack(
    service: ServiceProcess, count: int, data: bytes, pause_s: float, *, head: bytes = b""
) -> list[bytes]:
    """What each of so many connections is sent that drip these bytes, after a head in one piece."""

    async def one(ends: Ends) -> bytes:
        ends[1].write(head)
        sender = asyncio.create_task(drip(ends, data, pause_s))
        try:
            return await ending(ends)
        finally:
            sender.cancel()

    async with connections(service, count) as opened:
        return await asyncio.gather(*map(one, opened))


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize(
    ("head", "data", "status"),
    [
        (b"", b"GET / HTTP/1.1\r\nX-Slow: " + b"x" * 9999, b"408"),
        (HEAD + b"Content-Length: 1999\r\n\r\n", b" " * 1999, b"408"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 999, b"408"),
        (HEAD + b"Content-Length: 9999999999\r\n\r\n", b" " * 1999, b"413"),
        (HEAD + LAST + b"Content-Length: 9999999999\r\n\r\n", b" " * 1999, b"413"),
        (b"", b"", b""),
    ],
    ids=["head", "body", "chunks", "refused body", "refused last body", "silence"],
)
def test_slow_clients_are_ended_while_others_are_served(
    count: int, head: bytes, data: bytes, status: bytes, service: ServiceProcess
) -> None:
    with (
        service.growing_less_than(GROWTH_MB),
        bystander(lambda client: client.get(f"{service.address}/v1/models")) as others,
    ):
        # A byte a tenth of a second: the whole would take minutes.
        found = asyncio.run(attack(service, count, data, pause_s=0.1, head=head))
    sent = [response[9:12] for response in found]
    # A client that still sends when it is refused may find its connection reset instead.
    assert set(sent) <= {status, b""}
    assert sent.count(status) > count / 2
    assert others.failures == []
    assert others.slowest_s < SLOWEST_S
    assert spoken(service).status_code == 200


def test_heads_and_bodies_at_the_pace_of_a_bad_line_are_served(service: ServiceProcess) -> None:
    body = b'{"text": "Slow but steady."}'
    request = HEAD + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body
    (response,) = asyncio.run(attack(service, 1, request, pause_s=0.002))
    assert response.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 8_000_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 200_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a" * 9_000_000,
        b"GET / HTTP/1.1\r\n" + b"Cookie: " + b"a=b;" * 100_000 + b"\r\n\r\n",
    ],
    ids=["target", "value", "lines", "name", "cookies"],
)
def test_huge_heads_are_refused_before_they_are_whole(head: bytes, service: ServiceProcess) -> None:
    async def send(ends: Ends) -> bytes:
        _, writer = ends
        with contextlib.suppress(ConnectionError):
            writer.write(head)
        return await ending(ends)

    async def call(service: ServiceProcess) -> list[bytes]:
        async with connections(service, 20) as opened:
            return await asyncio.gather(*map(send, opened))

    with service.growing_less_than(GROWTH_MB):
        found = asyncio.run(call(service))
    assert {response[9:12] for response in found} <= {b"431", b"400", b""}
    assert any(response[9:12] == b"431" for response in found)
    assert spoken(service).status_code == 200


def test_as_many_header_lines_as_a_head_holds_cost_little(service: ServiceProcess) -> None:
    lines = b"".join(b"x%d: y\r\n" % number for number in range(5000))
    request = b"GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + lines + b"\r\n"

    async def call(service: ServiceProcess) -> bytes:
        async with connections(service, 1) as ((reader, writer),):
            writer.write(request)
            return await ending((reader, writer))

    began_s = time.monotonic()
    assert asyncio.run(call(service))[9:12] in {b"200", b"431"}
    assert time.monotonic() - began_s < SLOWEST_S


@pytest.mark.parametrize("count", [400, pytest.param(MANY, marks=pytest.mark.long)])
def test_more_connections_than_files_end_with_their_silence(count: int, tmp_path: Path) -> None:
    with (
        service_process("tts", tmp_path, http=HURRY, most_files=128) as service,
        httpx.Client(base_url=service.address, timeout=60) as kept,
    ):
        assert kept.get("/v1/models").status_code == 200

        async def crowd() -> None:
            async with connections(service, count) as opened:
                # A client that was there before is served in the crowd.
                assert (await asyncio.to_thread(kept.get, "/v1/models")).status_code == 200
                await asyncio.gather(*map(ending, opened))

        began_s = time.monotonic()
        asyncio.run(crowd())
        with bystander(lambda client: client.get(f"{service.address}/v1/models")) as others:
            time.sleep(2)
        assert others.failures == []
        assert time.monotonic() - began_s < count / 100 * 4 + 20
        # A line a second at most, not one for each connection that waits.
        assert service.written().count("\n") < 60 + (time.monotonic() - began_s) * 3
