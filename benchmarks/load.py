"""A closed loop of HTTP clients: each sends its next request when it has its answer.

Runs in the benchmark's own process, apart from the servers. The clients share one list of requests,
so the time for the whole list can be compared between servers.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import httpx

from benchmarks.measures import Answer, Round

WAV_HEAD_BYTES = 44
BYTES_PER_SAMPLE = 2
PATIENCE_S = 300.0


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
    return asyncio.run(_closed_loop(address, asks, clients))


async def _closed_loop(address: str, asks: Sequence[Ask], clients: int) -> Round:
    waiting = iter(enumerate(asks))
    answers: dict[int, Answer] = {}
    limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
    async with httpx.AsyncClient(
        base_url=address, limits=limits, timeout=PATIENCE_S, trust_env=False
    ) as http:
        began_s = time.perf_counter()
        await asyncio.gather(*(_client(http, waiting, answers) for _ in range(clients)))
        seconds = time.perf_counter() - began_s
    return Round.of_answers(seconds, [answers[place] for place in range(len(asks))])


async def _client(
    http: httpx.AsyncClient, waiting: Iterator[tuple[int, Ask]], answers: dict[int, Answer]
) -> None:
    for place, ask in waiting:
        answers[place] = await _answer(http, ask)


async def _answer(http: httpx.AsyncClient, ask: Ask) -> Answer:
    began_s = time.perf_counter()
    received, first_s = 0, 0.0
    headers = {"content-type": ask.content_type}
    try:
        async with http.stream("POST", ask.path, content=ask.content, headers=headers) as response:
            async for chunk in response.aiter_raw():
                received += len(chunk)
                if received > WAV_HEAD_BYTES and not first_s:
                    first_s = time.perf_counter() - began_s
        error = None if response.status_code == httpx.codes.OK else f"{response.status_code}"
    except httpx.HTTPError as fault:
        error = type(fault).__name__
    latency_s = time.perf_counter() - began_s
    if error is not None:
        return Answer(latency_s, 0.0, None, error)
    if ask.audio_s is not None:
        return Answer(latency_s, ask.audio_s, None, None)
    samples = (received - WAV_HEAD_BYTES) // BYTES_PER_SAMPLE
    return Answer(latency_s, samples / ask.answer_rate_hz, first_s, None)
