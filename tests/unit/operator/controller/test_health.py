"""The operator's probes, on a real connection."""

import socket

import aiohttp
import pytest

from nemo_voice_operator.controller.health import LIVE_PATH, READY_PATH, serve_health
from support.ports import free_port


async def answer(session: aiohttp.ClientSession, port: int, path: str) -> tuple[int, str]:
    async with session.get(f"http://127.0.0.1:{port}{path}") as response:
        return response.status, await response.text()


async def test_liveness_is_served_within_the_block_only() -> None:
    port = free_port()
    async with aiohttp.ClientSession() as session:
        async with serve_health(port, str):
            assert (await answer(session, port, LIVE_PATH))[0] == 200
        try:
            await answer(session, port, LIVE_PATH)
        except aiohttp.ClientConnectionError:
            return
    raise AssertionError("it still responds")


async def test_readiness_says_what_is_in_the_way_and_liveness_is_true_all_the_same() -> None:
    port, why = free_port(), [""]
    async with aiohttp.ClientSession() as session, serve_health(port, lambda: why[0]):
        assert await answer(session, port, READY_PATH) == (200, "ready\n")
        why[0] = "another operator manages everything"
        assert await answer(session, port, READY_PATH) == (503, f"{why[0]}\n")
        assert (await answer(session, port, LIVE_PATH))[0] == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
async def test_liveness_is_served_on_addresses_of_both_families(host: str) -> None:
    if ":" in host and not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    url = f"http://{host}:{(port := free_port())}{LIVE_PATH}"
    async with (
        serve_health(port, str),
        aiohttp.ClientSession() as session,
        session.get(url) as response,
    ):
        assert response.status == 200


async def test_nothing_is_served_on_port_0() -> None:
    async with serve_health(0, str):
        pass
