"""The operator's probes: live as long as the event loop runs, ready while nothing keeps it off."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

LIVE_PATH, READY_PATH = "/healthz", "/readyz"


@asynccontextmanager
async def serve_health(port: int, why_not_ready: Callable[[], str]) -> AsyncIterator[None]:
    """Serves `LIVE_PATH` and `READY_PATH` within the block; port 0 serves nothing.

    Replicas that wait for the lead respond too: they are alive, and ready to lead.

    Args:
        port: Where to listen.
        why_not_ready: Returns why the operator cannot do its work; empty while it can.
    """

    async def ready(_request: web.Request) -> web.Response:
        why = why_not_ready()
        return web.Response(status=503 if why else 200, text=f"{why or 'ready'}\n")

    if not port:
        yield
        return
    app = web.Application()
    app.router.add_get(LIVE_PATH, _alive)
    app.router.add_get(READY_PATH, ready)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, port=port).start()
        yield
    finally:
        await runner.cleanup()


async def _alive(_request: web.Request) -> web.Response:
    return web.Response(text="alive\n")
