"""An application on a real loopback socket, in the test's own event loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import uvicorn
from fastapi import FastAPI

from nemo_voice_serving.http.protocol import ServerConfig
from nemo_voice_serving.http.server import DrainingServer
from nemo_voice_serving.runtime.runtime import Runtime


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[DrainingServer]:
    """Yields the server once it accepts, and ends it with the block."""
    runtime: Runtime = app.state.service.runtime
    config = ServerConfig(app, runtime.settings, port=0, certificate=runtime.certificate)
    config.timeout_graceful_shutdown = 10
    server = DrainingServer(
        config,
        lifecycle=runtime.lifecycle,
        settings=runtime.settings,
        # The default port would be the same for all.
        side_server=app.state.side_server if _wants_grpc(runtime) else None,
    )
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:
            await asyncio.sleep(0.005)
        yield server
    finally:
        server.should_exit = True
        await task


def _wants_grpc(runtime: Runtime) -> bool:
    return "grpc_port" in runtime.settings.model_fields_set


def address(server: uvicorn.Server) -> str:
    """Returns where the server listens."""
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    return f"{'http' if server.config.ssl is None else 'https'}://{host}:{port}"


@asynccontextmanager
async def client_of(app: FastAPI, *, ready: bool = True) -> AsyncIterator[httpx.AsyncClient]:
    """Yields a client of the running application, by default once it is ready."""
    async with listening(app) as server:
        if ready:
            await app.state.service.until_ready()
        async with httpx.AsyncClient(base_url=address(server), timeout=30) as client:
            yield client
