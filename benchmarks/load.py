"""The load: clients in a closed loop, or requests that arrive by themselves.

Runs in the benchmark's own process, apart from the servers. In a closed loop each client sends its
next request when it has its response. The clients share one list of requests, so the time for the
whole list can be compared between servers. In an open one a request is sent when its time has come,
whatever became of those before, and its latency counts from that time: a server that is late, or a
generator that is, makes it longer.
"""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from urllib.parse import urlsplit

from benchmarks.http_client import BadResponse, Connection, Request
from benchmarks.measures import Response, Round

TIMEOUT_S = 300.0


class Target:
    """A server's address, and the idle connections to it."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._name = parts.netloc
        self._idle: list[Connection] = []

    async def ask(self, request: Request, began_s: float) -> Response:
        """Returns how the request ended; its times count from `began_s`."""
        message = request.message(self._name)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await self._asked(message, request, began_s)
        except (OSError, TimeoutError, BadResponse) as fault:
            latency_s = time.perf_counter() - began_s
            return Response(latency_s, 0.0, None, type(fault).__name__)

    async def close(self) -> None:
        """Closes the idle connections, and lets those close that have ended."""
        while self._idle:
            self._idle.pop().close()
        for _ in range(2):  # a closed transport lets go of its socket in the loop's next turn
            await asyncio.sleep(0)

    async def _asked(self, message: bytes, request: Request, began_s: float) -> Response:
        connection = self._open_one() or await Connection.to(self._host, self._port)
        try:
            response = await connection.ask(message, request, began_s)
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return response

    def _open_one(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
        return None


def run(address: str, requests: Sequence[Request], clients: int) -> Round:
    """Returns what became of the requests when so many clients sent them."""
    return asyncio.run(_watched(_closed(address, requests, clients)))


def responses_to(address: str, requests: Sequence[Request], clients: int) -> list[Response]:
    """Returns the responses in the requests' order, when so many clients sent them."""
    return asyncio.run(_closed(address, requests, clients))


def run_open(
    address: str, requests: Sequence[Request], arrivals_s: Sequence[float], patience_s: float
) -> Round:
    """Returns what became of requests that arrive at these times.

    Args:
        address: The server's.
        requests: What is sent; repeated when there are more arrivals.
        arrivals_s: Seconds from the start, in their order.
        patience_s: How long after the last arrival the rest is waited for. What is not there by
            then counts as an error.
    """
    return asyncio.run(_watched(_open(address, requests, arrivals_s, patience_s)))


async def _watched(play: Coroutine[None, None, list[Response]]) -> Round:
    began_s, used_s = time.perf_counter(), time.process_time()
    responses = await play
    seconds = time.perf_counter() - began_s
    used = (time.process_time() - used_s) / seconds
    return Round.of_responses(seconds, responses, generator=used)


async def _closed(address: str, requests: Sequence[Request], clients: int) -> list[Response]:
    target = Target(address)
    waiting = iter(enumerate(requests))
    responses: dict[int, Response] = {}

    async def client() -> None:
        for place, request in waiting:
            responses[place] = await target.ask(request, time.perf_counter())

    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(client())
    await target.close()
    return [responses[place] for place in range(len(requests))]


async def _open(
    address: str, requests: Sequence[Request], arrivals_s: Sequence[float], patience_s: float
) -> list[Response]:
    target = Target(address)
    began_s = time.perf_counter()
    tasks = []
    for number, arrival_s in enumerate(arrivals_s):
        due_s = began_s + arrival_s
        await asyncio.sleep(due_s - time.perf_counter())
        request = requests[number % len(requests)]
        tasks.append(asyncio.create_task(target.ask(request, due_s)))
    done, late = await asyncio.wait(tasks, timeout=patience_s)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    await target.close()
    now_s = time.perf_counter()
    return [
        task.result()
        if task in done
        else Response(now_s - began_s - arrival_s, 0.0, None, "not in time")
        for task, arrival_s in zip(tasks, arrivals_s, strict=True)
    ]
