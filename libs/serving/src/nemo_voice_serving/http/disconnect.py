"""Work that ends with its client: a request whose connection closes is cancelled."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import Request

from nemo_voice_serving.errors import VoiceError

T = TypeVar("T")


class ClientGone(VoiceError):
    """The client closed the connection before the response; only logs and metrics see this."""

    code = "client_gone"
    status = 499
    kind = "invalid_request_error"


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Returns the work's result, or cancels it as soon as the client leaves.

    Call it after the body has been read: what is received then can only be the disconnect.

    Raises:
        ClientGone: When the client left first.
    """
    task = asyncio.ensure_future(work)
    watcher = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({task, watcher}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientGone("The client closed the connection.")
        return task.result()
    finally:
        for pending in (task, watcher):
            pending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(task, watcher, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
