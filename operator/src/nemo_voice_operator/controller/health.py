"""The operator's liveness: an answer for the kubelet as long as the event loop turns."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

LIVE_PATH = "/healthz"


@asynccontextmanager
async def serve_liveness(port: int) -> AsyncIterator[None]:
    """Answers whoever asks for `LIVE_PATH`, within the block; port 0 answers nobody.

    Replicas that do not lead answer too: waiting is what they are alive for.
    """
    if not port:
        yield
        return
    app = web.Application()
    app.router.add_get(LIVE_PATH, _alive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, port=port).start()
        yield
    finally:
        await runner.cleanup()


async def _alive(_request: web.Request) -> web.Response:
    return web.Response(text="alive\n")
