"""Thousands of malformed requests: none is answered with a 5xx, none hangs, none leaves a trace."""

import asyncio
import ctypes
import gc
import itertools
import random
import statistics
from collections import Counter
from collections.abc import Callable

import httpx
import psutil
import pytest
from fastapi import FastAPI

from support.http.malformed import Malformed, Recordings, order, upload
from support.http.voice_apps import stt_app, tts_app

pytestmark = pytest.mark.filterwarnings(
    # Starlette leaves the file of a form that ends in its middle to its last reference.
    "ignore:Unclosed file <tempfile:ResourceWarning"
)

SEED = 20261123
SHORT, WHOLE = 150, 6000
CALLERS = 4
PATIENCE_S = 30.0
ROUNDS = 10
GROWTH_BYTES = 3_000_000
"""What a process may grow by in most rounds: half of what a long one sends. A few grow by more,
when a thread meets its heaviest file so far; a leak of requests would show in all of them."""
libc = ctypes.CDLL("libc.so.6")


async def status_of(client: httpx.AsyncClient, request: Malformed) -> int:
    """Returns the answer's status, once it is proven to be an answer in time and in shape."""
    async with asyncio.timeout(PATIENCE_S):
        answer = await client.post(request.path, content=request.content, headers=request.headers)
    what = f"{request.name}: {answer.status_code} {answer.text[:300]} for {request.content[:80]!r}"
    assert answer.status_code < 500, what
    if answer.status_code != 200:
        error = answer.json()["error"]
        assert error.keys() == {"message", "type", "param", "code"}, what
        assert "Traceback" not in answer.text, what
    return answer.status_code


async def statuses(
    client: httpx.AsyncClient,
    requests: Callable[[random.Random], Malformed],
    *,
    seed: int,
    count: int,
) -> Counter[int]:
    """Returns how often each status came, to so many requests from a few callers at once."""
    chance, found = random.Random(seed), Counter[int]()  # noqa: S311 the same requests each time
    made = (requests(chance) for _ in range(count))

    async def call() -> None:
        for request in made:
            found[await status_of(client, request)] += 1

    await asyncio.gather(*(call() for _ in range(CALLERS)))
    return found


async def fuzzed(
    app: FastAPI, requests: Callable[[random.Random], Malformed], count: int
) -> tuple[Counter[int], float]:
    """Returns the statuses of all requests, and by how much most rounds let memory grow."""
    process, found, sizes = psutil.Process(), Counter[int](), []
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://service") as client,
    ):
        await app.state.service.until_ready()
        for part in range(ROUNDS):
            found += await statuses(client, requests, seed=SEED + part, count=count // ROUNDS)
            gc.collect()
            libc.malloc_trim(0)  # what is free but kept is no growth
            sizes.append(process.memory_info().rss)
        ready = await client.get("/v1/health/ready")
        metrics = (await client.get("/metrics")).text
    assert ready.status_code == 200
    assert "nemo_voice_in_flight 0.0" in metrics
    assert "nemo_voice_queued_work 0.0" in metrics
    grown = [after - before for before, after in itertools.pairwise(sizes)]
    return found, statistics.median(grown)


@pytest.mark.parametrize(
    "count", [SHORT, pytest.param(WHOLE, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
async def test_broken_recordings_are_refused_or_heard(count: int) -> None:
    recordings = Recordings()
    found, growth = await fuzzed(stt_app(), lambda chance: upload(chance, recordings), count)
    assert sum(found.values()) == count // ROUNDS * ROUNDS
    assert found[400] > count // 4
    assert found[200] > count // 10
    assert growth < GROWTH_BYTES


@pytest.mark.parametrize(
    "count", [SHORT, pytest.param(WHOLE, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
async def test_broken_orders_are_refused_or_spoken(count: int) -> None:
    found, growth = await fuzzed(tts_app(), order, count)
    assert sum(found.values()) == count // ROUNDS * ROUNDS
    assert found[400] > count // 4
    assert found[200] > 0
    assert growth < GROWTH_BYTES
