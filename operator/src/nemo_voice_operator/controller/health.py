"""The operator's liveness probe: it responds as long as the event loop runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

LIVE_PATH = "/healthz"


@asynccontextmanager
async def serve_liveness(port: int) -> AsyncIterator[None]:
    """Serves `LIVE_PATH` within the block; port 0 serves nothing.

    Replicas that wait for the lead respond too: they are alive.
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
