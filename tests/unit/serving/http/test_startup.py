"""The start-up route: when it responds, and what."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from nemo_voice_serving.http.disconnect import ClientGone
from nemo_voice_serving.http.routes.startup import startup_router
from nemo_voice_serving.runtime.lifecycle import Lifecycle, Phase

PATH = "/v1/health/startup"


@asynccontextmanager
async def starting() -> AsyncIterator[tuple[httpx.AsyncClient, Lifecycle]]:
    """A client of a service that has begun to start, and the service's phase."""
    app, lifecycle = FastAPI(), Lifecycle()
    app.include_router(startup_router(lifecycle))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        yield client, lifecycle


def elapsed_s(began: float) -> float:
    return asyncio.get_running_loop().time() - began


@pytest.mark.looptime
@pytest.mark.parametrize(
    ("end", "status", "said"),
    [
        (Phase.READY, 200, "started"),
        (Phase.FAILED, 503, "not_started"),
        (Phase.DRAINING, 503, "not_started"),
    ],
)
async def test_response_comes_as_soon_as_the_start_has_ended(
    end: Phase, status: int, said: str
) -> None:
    async with starting() as (client, lifecycle):
        began, loop = asyncio.get_running_loop().time(), asyncio.get_running_loop()
        for after_s, phase in ((10, Phase.LOADING), (20, Phase.WARMING), (30, end)):
            loop.call_later(after_s, lifecycle.enter, phase, f"now {phase}")
        response = await client.get(PATH, params={"wait_s": 300})
        assert elapsed_s(began) == 30
    assert (response.status_code, response.json()["status"]) == (status, said)
    assert response.json()["reason"] == (None if status == 200 else f"now {end}")


@pytest.mark.looptime
@pytest.mark.parametrize(("params", "waited_s"), [({}, 0), ({"wait_s": 7.5}, 7.5)])
async def test_response_to_a_start_that_takes_longer_comes_when_the_wait_is_over(
    params: dict[str, float], waited_s: float
) -> None:
    async with starting() as (client, lifecycle):
        began = asyncio.get_running_loop().time()
        lifecycle.enter(Phase.LOADING, "reading the weights")
        response = await client.get(PATH, params=params)
        assert elapsed_s(began) == waited_s
    assert response.status_code == 503
    assert (response.json()["phase"], response.json()["reason"]) == (
        "loading",
        "reading the weights",
    )


@pytest.mark.looptime
async def test_a_service_that_started_and_is_not_ready_now_has_started() -> None:
    async with starting() as (client, lifecycle):
        lifecycle.enter(Phase.READY)
        lifecycle.require(lambda: "there is no API key")
        began = asyncio.get_running_loop().time()
        response = await client.get(PATH, params={"wait_s": 300})
        assert elapsed_s(began) == 0
    assert response.status_code == 200


@pytest.mark.looptime
async def test_every_waiting_client_gets_the_response() -> None:
    async with starting() as (client, lifecycle):
        asyncio.get_running_loop().call_later(5, lifecycle.enter, Phase.READY)
        waiting = (client.get(PATH, params={"wait_s": 60}) for _ in range(20))
        responses = await asyncio.gather(*waiting)
    assert {response.status_code for response in responses} == {200}


@pytest.mark.looptime
async def test_nothing_waits_for_a_client_that_has_left() -> None:
    app, lifecycle = FastAPI(), Lifecycle()
    app.include_router(startup_router(lifecycle))
    kinds = iter(["http.request", "http.disconnect"])

    async def receive() -> Message:
        return {"type": next(kinds)}

    async def send(_message: Message) -> None:
        """Nobody is there."""

    query = b"wait_s=86400"
    scope = {"type": "http", "method": "GET", "path": PATH, "query_string": query, "headers": []}
    async with asyncio.timeout(30):
        with pytest.raises(ClientGone):
            await app(scope, receive, send)
