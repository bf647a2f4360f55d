"""A thousand open connections, most of them idle, beside some that work."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from urllib.parse import urlsplit

from benchmarks.http_client import Request
from benchmarks.load import run
from benchmarks.measures import Round
from benchmarks.servers import Server

WORKING = 32
_REQUEST = b"GET /v1/health/live HTTP/1.1\r\nhost: localhost\r\n\r\n"
_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Crowd:
    """What so many open connections cost."""

    idle: int
    bytes_each: float
    open_s: float
    """In which all were opened and answered once."""
    answered: int
    """How many were answered again after the others had worked."""
    ratio: float
    """Throughput of the working clients with them, against without them, in the median."""
    errors: int


def crowded(server: Server, requests: Sequence[Request], idle: int, rounds: int) -> Crowd:
    """Returns what idle connections cost the working ones, with and without them in turn."""
    run(server.address, requests, WORKING)
    ratios, each, opened, answered, errors = [], [], [], [], 0
    for _ in range(rounds):
        without = run(server.address, requests, WORKING)
        made = asyncio.run(_beside(server, requests, idle))
        each.append(made[1])
        opened.append(made[2])
        answered.append(made[3])
        errors += without.errors + made[0].errors
        ratios.append(without.seconds / made[0].seconds)
    return Crowd(idle, median(each), median(opened), min(answered), median(ratios), errors)


async def _beside(
    server: Server, requests: Sequence[Request], idle: int
) -> tuple[Round, float, float, int]:
    before = server.resident_bytes()
    began_s = time.perf_counter()
    port = urlsplit(server.address).port
    streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(idle)]
    await asyncio.gather(*[_asked(*stream) for stream in streams])
    opened_s = time.perf_counter() - began_s
    each = (server.resident_bytes() - before) / max(1, idle)
    made = await asyncio.to_thread(run, server.address, requests, WORKING)
    again = await asyncio.gather(*[_asked(*stream) for stream in streams])
    for _, writer in streams:
        writer.close()
    return made, each, opened_s, sum(again)


async def _asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Returns whether the connection is open and answered with 200."""
    try:
        writer.write(_REQUEST)
        async with asyncio.timeout(_TIMEOUT_S):
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(
                line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line
            )
            await reader.readexactly(int(fields.get(b"content-length", b"0")))
    except (OSError, EOFError, TimeoutError):
        return False
    return head.startswith(b"HTTP/1.1 200")
