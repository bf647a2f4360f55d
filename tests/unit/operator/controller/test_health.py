"""The operator's liveness, asked on a real connection."""

import aiohttp

from nemo_voice_operator.controller.health import LIVE_PATH, serve_liveness
from support.ports import free_port


async def test_it_answers_within_the_block_and_not_after() -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}{LIVE_PATH}"
    async with aiohttp.ClientSession() as session:
        async with serve_liveness(port), session.get(url) as response:
            assert response.status == 200
        try:
            await session.get(url)
        except aiohttp.ClientConnectionError:
            return
    raise AssertionError("it still answers")


async def test_without_a_port_nobody_is_answered() -> None:
    async with serve_liveness(0):
        pass
