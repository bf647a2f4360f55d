"""A closed loop of HTTP clients: each sends its next request when it has its answer.

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

from benchmarks.measures import Answer, Round

WAV_HEAD_BYTES = 44
BYTES_PER_SAMPLE = 2
PATIENCE_S = 300.0
_OK = 200


@dataclass(frozen=True)
class Ask:
    """One request, ready to be sent."""

    path: str
    content: bytes
    content_type: str
    audio_s: float | None = None
    """Seconds of audio in it; absent when the audio is in the answer."""
    answer_rate_hz: int = 22_050
    """The sample rate of the audio in the answer, 16-bit mono after a WAV head."""


def run(address: str, asks: Sequence[Ask], clients: int) -> Round:
    """Returns what became of the requests when so many clients sent them."""
    waiting: SimpleQueue[tuple[int, Ask]] = SimpleQueue()
    for numbered in enumerate(asks):
        waiting.put(numbered)
    answers: dict[int, Answer] = {}
    with ThreadPoolExecutor(clients) as pool:
        began_s = time.perf_counter()
        loops = [pool.submit(_client, address, waiting, answers) for _ in range(clients)]
        for loop in loops:
            loop.result()
        seconds = time.perf_counter() - began_s
    return Round.of_answers(seconds, [answers[place] for place in range(len(asks))])


def _client(
    address: str, waiting: SimpleQueue[tuple[int, Ask]], answers: dict[int, Answer]
) -> None:
    connection = HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE_S)
    try:
        while True:
            place, ask = waiting.get_nowait()
            answers[place] = _answer(connection, ask)
    except Empty:
        connection.close()


def _answer(connection: HTTPConnection, ask: Ask) -> Answer:
    began_s = time.perf_counter()
    received, first_s = 0, 0.0
    try:
        connection.request("POST", ask.path, ask.content, {"content-type": ask.content_type})
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
        return Answer(latency_s, 0.0, None, error)
    if ask.audio_s is not None:
        return Answer(latency_s, ask.audio_s, None, None)
    samples = (received - WAV_HEAD_BYTES) // BYTES_PER_SAMPLE
    return Answer(latency_s, samples / ask.answer_rate_hz, first_s, None)
