"""Thousands of malformed requests: none causes a 5xx, hangs, or leaks memory."""

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
"""Memory growth of a process in most rounds: half of what a long one sends. A few rounds grow by
more, when a thread decodes its largest file so far; leaked requests would show in all of them."""
libc = ctypes.CDLL("libc.so.6")


async def status_of(client: httpx.AsyncClient, request: Malformed) -> int:
    """Returns the response's status, after a check that it came in time and in shape."""
    async with asyncio.timeout(PATIENCE_S):
        response = await client.post(request.path, content=request.content, headers=request.headers)
    what = (
        f"{request.name}: {response.status_code} {response.text[:300]} for {request.content[:80]!r}"
    )
    assert response.status_code < 500, what
    if response.status_code != 200:
        error = response.json()["error"]
        assert error.keys() == {"message", "type", "param", "code"}, what
        assert "Traceback" not in response.text, what
    return response.status_code


async def statuses(
    client: httpx.AsyncClient,
    requests: Callable[[random.Random], Malformed],
    *,
    seed: int,
    count: int,
) -> Counter[int]:
    """Returns how often each status came for `count` requests from a few concurrent callers."""
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
    """Returns the statuses of all requests, and the median growth of memory in a round."""
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
            libc.malloc_trim(0)  # memory that is free but kept does not count
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
async def test_malformed_recordings_are_refused_or_transcribed(count: int) -> None:
    recordings = Recordings()
    found, growth = await fuzzed(stt_app(), lambda chance: upload(chance, recordings), count)
    assert sum(found.values()) == count // ROUNDS * ROUNDS
    assert found[400] > count // 4
    assert found[200] > count // 10
    assert growth < GROWTH_BYTES


@pytest.mark.parametrize(
    "count", [SHORT, pytest.param(WHOLE, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
async def test_malformed_speech_requests_are_refused_or_spoken(count: int) -> None:
    found, growth = await fuzzed(tts_app(), order, count)
    assert sum(found.values()) == count // ROUNDS * ROUNDS
    assert found[400] > count // 4
    assert found[200] > 0
    assert growth < GROWTH_BYTES
