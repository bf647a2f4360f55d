"""A closed loop of HTTP clients: each sends its next request when it has its response.

Runs in the benchmark's own process, apart from the servers. The clients share one list of requests,
so the time for the whole list can be compared between servers. Each is a thread with the standard
library's client: what a client costs counts as the server's time, and this one costs little.
"""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

from benchmarks.measures import Response, Round

WAV_HEAD_BYTES = 44
BYTES_PER_SAMPLE = 2
TIMEOUT_S = 300.0
_OK = 200


@dataclass(frozen=True)
class Request:
    """One request, ready to be sent."""

    path: str
    content: bytes
    content_type: str
    audio_s: float | None = None
    """Seconds of audio in it; absent when the audio is in the response."""
    response_rate_hz: int = 22_050
    """The sample rate of the audio in the response, 16-bit mono after a WAV head."""


def run(address: str, requests: Sequence[Request], clients: int) -> Round:
    """Returns what became of the requests when so many clients sent them."""
    waiting: SimpleQueue[tuple[int, Request]] = SimpleQueue()
    for numbered in enumerate(requests):
        waiting.put(numbered)
    responses: dict[int, Response] = {}
    with ThreadPoolExecutor(clients) as pool:
        began_s = time.perf_counter()
        loops = [pool.submit(_client, address, waiting, responses) for _ in range(clients)]
        for loop in loops:
            loop.result()
        seconds = time.perf_counter() - began_s
    return Round.of_responses(seconds, [responses[place] for place in range(len(requests))])


def _client(
    address: str, waiting: SimpleQueue[tuple[int, Request]], responses: dict[int, Response]
) -> None:
    connection = HTTPConnection(urlsplit(address).netloc, timeout=TIMEOUT_S)
    try:
        while True:
            place, request = waiting.get_nowait()
            responses[place] = _response_to(connection, request)
    except Empty:
        connection.close()


def _response_to(connection: HTTPConnection, request: Request) -> Response:
    began_s = time.perf_counter()
    received, first_s = 0, 0.0
    try:
        connection.request(
            "POST", request.path, request.content, {"content-type": request.content_type}
        )
        response = connection.getresponse()
        start = response.read(WAV_HEAD_BYTES + 1)
        first_s = time.perf_counter() - began_s
        received = len(start) + len(response.read())
        error = None if response.status == _OK else f"{response.status}"
    except (OSError, HTTPException) as fault:
        connection.close()
        error = type(fault).__name__
    latency_s = time.perf_counter() - began_s
    if error is not None:
        return Response(latency_s, 0.0, None, error)
    if request.audio_s is not None:
        return Response(latency_s, request.audio_s, None, None)
    samples = (received - WAV_HEAD_BYTES) // BYTES_PER_SAMPLE
    return Response(latency_s, samples / request.response_rate_hz, first_s, None)
