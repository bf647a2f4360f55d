"""An application on a loopback socket in a thread, for clients that block or are programs."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from support.http.serving import address, listening

_PATIENCE_S = 60.0


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Yields the address of the application once it is ready, and ends it with the block."""
    started, ended = threading.Event(), asyncio.Event()
    found: list[tuple[str, asyncio.AbstractEventLoop]] = []

    async def serve() -> None:
        async with listening(app) as server:
            await app.state.service.until_ready()
            found.append((address(server), asyncio.get_running_loop()))
            started.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert started.wait(_PATIENCE_S), "the application did not become ready"
    (where, loop) = found[0]
    try:
        yield where
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(_PATIENCE_S)
