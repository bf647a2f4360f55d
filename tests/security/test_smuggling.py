"""Requests that two servers may read in two ways.

The service never serves what a front end did not pass on, and nobody gets another's response.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from support.http.front_ends import FORBIDDEN, front_end
from support.http.service_process import ServiceProcess, service_process
from support.waiting import until

MARK = "smuggled-request"
SMUGGLED = f"GET {FORBIDDEN} HTTP/1.1\r\nHost: x\r\nX-Request-Id: {MARK}\r\n\r\n".encode()
SAID = b'{"text": "Hi."}'
LENGTH = len(SMUGGLED)
ENDED = b"0\r\n\r\n" + SMUGGLED
CHUNK = b"%x\r\n%s\r\n0\r\n\r\n" % (LENGTH, SMUGGLED)
VICTIMS = 4
_STATUS = re.compile(rb"HTTP/1\.1 [0-9]{3} ")

WITH_LENGTH = [
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: CHUNKED",
    b"Transfer-Encoding : chunked",
    b"Transfer-Encoding:\tchunked",
    b"Transfer-Encoding:\x0bchunked",
    b"Transfer-Encoding: \x00chunked",
    b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: chunkedx",
    b'Transfer-Encoding: "chunked"',
    b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: identity, chunked",
    b"Transfer-Encoding: chunked, chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding:\r\n chunked",
    b"X: y\r\n Transfer-Encoding: chunked",
    b"X: y\nTransfer-Encoding: chunked",
    b"X: y\rTransfer-Encoding: chunked",
    b"X: y\x00\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding\n: chunked",
    b"Transfer-Encoding\x00: chunked",
    b" Transfer-Encoding: chunked",
    b"\x00Transfer-Encoding: chunked",
]
LENGTHS = [
    b"Content-Length: 0\r\nContent-Length: %d",
    b"Content-Length: %d\r\nContent-Length: 0",
    b"Content-Length: 0, %d",
    b"Content-Length: +%d",
    b"Content-Length: -%d",
    b"Content-Length : %d",
    b"Content-Length: %d;",
    b"Content-Length: %d\x00",
    b"Content-Length:\x0b%d",
    b"Content-Length: 0\r\n %d",
    b"Content-Length:\n%d",
    b"Content-Length: 0x%d",
    b"Content-Length: %d_0",
    b"Content-Length: 18446744073709551616%d",
    b"X: y\nContent-Length: %d",
    b"X: y\rContent-Length: %d",
    b"Content-Length\x00: %d",
    b" Content-Length: %d",
]


@dataclass(frozen=True)
class Attack:
    """The bytes of a request that hides another one."""

    name: str
    request: bytes


def posted(headers: bytes, body: bytes, line: bytes = b"POST /synthesize HTTP/1.1") -> bytes:
    common = line + b"\r\nHost: x\r\nContent-Type: application/json\r\n"
    return common + headers + b"\r\n\r\n" + body


def attacks() -> Iterator[Attack]:
    """Every attack: which of two lengths counts, where a line ends, what a body is."""
    for headers in WITH_LENGTH:
        for body, stated_bytes in ((ENDED, len(ENDED)), (CHUNK, 0), (CHUNK, 4)):
            stated = b"Content-Length: %d" % stated_bytes
            for both in (stated + b"\r\n" + headers, headers + b"\r\n" + stated):
                yield Attack(f"{both!r}", posted(both, body))
    for headers in LENGTHS:
        yield Attack(f"{headers!r}", posted(headers % LENGTH, SMUGGLED))
    chunked = b"Transfer-Encoding: chunked"
    for chunks in (
        b"0\n\n" + SMUGGLED,
        b"2;\n{}\r\n" + ENDED,
        b"2\r\n{}" + ENDED,
        b"2\r\n{}\n" + ENDED,
        b"+0\r\n\r\n" + SMUGGLED,
        b"0x0\r\n\r\n" + SMUGGLED,
        b"-1\r\n\r\n" + SMUGGLED,
        b"10000000000000000\r\n" + ENDED,
        b"0\r\nContent-Length: 9\n\n" + SMUGGLED,
    ):
        yield Attack(f"chunks {chunks[:20]!r}", posted(chunked, chunks))
    length = b"Content-Length: %d" % len(SAID)
    for line in (
        b"POST /synthesize HTTP/0.9",
        b"POST /synthesize HTTP/2.0",
        b"POST /synthesize\tHTTP/1.1",
        b"POST  /synthesize HTTP/1.1",
        b"POST /synthesize HTTP/1.1 \x00",
        b"\x00POST /synthesize HTTP/1.1",
        b"POST /synthesize HTTP/1.1\nX: y",
    ):
        yield Attack(f"{line!r}", posted(length, SMUGGLED, line))
    upgrade = b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: %d" % LENGTH
    yield Attack("an upgrade", posted(upgrade, SMUGGLED))
    hop = b"Connection: Content-Length\r\nContent-Length: %d" % LENGTH
    yield Attack("a length as a header of the connection", posted(hop, SMUGGLED))
    old = b"Transfer-Encoding: chunked\r\nContent-Length: %d" % len(ENDED)
    yield Attack("chunks in HTTP/1.0", posted(old, ENDED, b"POST /synthesize HTTP/1.0"))


@dataclass(frozen=True)
class Way:
    """The way to the service."""

    kind: str
    port: int
    service: ServiceProcess


@pytest.fixture(scope="module", params=["direct", "nginx", "haproxy"])
def way(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    """A service that logs the id of each request, and what is in front of it."""
    folder = tmp_path_factory.mktemp(request.param)
    hurry = {"head_timeout_s": 1.0, "upload_timeout_s": 1.0}
    with (
        service_process("tts", folder, log_level="debug", http=hurry) as service,
        front_end(request.param, service.port, folder) as port,
    ):
        yield Way(request.param, port, service)


async def send(port: int, attack: Attack) -> bytes:
    """What an attack is answered until the connection is closed, or for a while."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = b""
    try:
        writer.write(attack.request)
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(1.5):
                while block := await reader.read(4096):
                    found += block
    finally:
        writer.close()
    return found


def served_ids(service: ServiceProcess) -> list[str]:
    """The ids of the requests that the service has finished, in their order."""
    lines = [json.loads(line) for line in service.written().splitlines()]
    return [line["request_id"] for line in lines if line["event"] == "request finished"]


async def assault(port: int) -> list[tuple[Attack, bytes]]:
    """Each attack and its answers, while other clients use the same connections."""
    limit = asyncio.Semaphore(8)

    async def one(attack: Attack) -> tuple[Attack, bytes]:
        async with limit:
            return attack, await send(port, attack)

    return await asyncio.gather(*map(one, attacks()))


async def use(port: int, over: asyncio.Event) -> int:
    """The number of calls of a client that got its own response each time."""
    count = 0
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        while not over.is_set():
            mine = f"victim-{id(over)}-{count}-{id(client)}"
            got = await client.get("/v1/models", headers={"X-Request-Id": mine})
            if got.status_code in {502, 503, 504} and "x-request-id" not in got.headers:
                continue  # the front end answers for itself, of a service that is too slow for it
            assert (got.status_code, got.headers.get("x-request-id")) == (200, mine)
            assert got.json()["object"] == "list"
            count += 1
    return count


def test_no_hidden_request_is_served_and_nobody_gets_anothers_response(way: Way) -> None:
    async def both() -> tuple[list[tuple[Attack, bytes]], list[int]]:
        over = asyncio.Event()
        victims = [asyncio.create_task(use(way.port, over)) for _ in range(VICTIMS)]
        try:
            found = await assault(way.port)
        finally:
            over.set()
        return found, await asyncio.gather(*victims)

    found, counts = asyncio.run(both())
    assert min(counts) > 0
    served = [attack.name for attack, answers in found if MARK.encode() in answers]
    assert served == []
    assert MARK not in served_ids(way.service)
    if way.kind == "direct":  # a front end answers for itself as well
        twice = [attack.name for attack, answers in found if len(_STATUS.findall(answers)) > 1]
        assert twice == []


def test_the_front_end_would_pass_on_what_it_allows_and_not_what_it_forbids(way: Way) -> None:
    is_allowed = way.kind == "direct"
    with httpx.Client(base_url=f"http://127.0.0.1:{way.port}") as client:
        assert client.get("/v1/models").status_code == 200
        forbidden = client.get(FORBIDDEN, headers={"X-Request-Id": "asked-openly"})
        assert forbidden.status_code == (200 if is_allowed else 403)
        client.get("/v1/models", headers={"X-Request-Id": "asked-after"})
    until("it is logged", lambda: "asked-after" in served_ids(way.service))
    assert ("asked-openly" in served_ids(way.service)) is is_allowed
