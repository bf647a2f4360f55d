"""The operator's liveness, on a real connection."""

import aiohttp

from nemo_voice_operator.controller.health import LIVE_PATH, serve_liveness
from support.ports import free_port


async def test_liveness_is_served_within_the_block_only() -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}{LIVE_PATH}"
    async with aiohttp.ClientSession() as session:
        async with serve_liveness(port), session.get(url) as response:
            assert response.status == 200
        try:
            await session.get(url)
        except aiohttp.ClientConnectionError:
            return
    raise AssertionError("it still responds")


async def test_liveness_is_not_served_on_port_0() -> None:
    async with serve_liveness(0):
        pass
