"""Work ends when its client leaves, and its result or error is returned while the client stays."""

import asyncio

import pytest
from starlette.requests import Request
from starlette.types import Message

from nemo_voice_serving.http.disconnect import ClientGone, while_connected


def request_of(messages: "asyncio.Queue[Message]") -> Request:
    return Request({"type": "http", "headers": [], "method": "POST"}, messages.get)


async def test_the_result_is_returned_while_the_client_stays() -> None:
    async def work() -> str:
        return "done"

    assert await while_connected(request_of(asyncio.Queue()), work()) == "done"


async def test_an_error_of_the_work_is_raised() -> None:
    async def work() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await while_connected(request_of(asyncio.Queue()), work())


async def test_work_is_cancelled_when_the_client_leaves() -> None:
    messages: asyncio.Queue[Message] = asyncio.Queue()
    was_cancelled = asyncio.Event()

    async def work() -> None:
        messages.put_nowait({"type": "http.disconnect"})
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            was_cancelled.set()
            raise

    with pytest.raises(ClientGone):
        await while_connected(request_of(messages), work())
    assert was_cancelled.is_set()
