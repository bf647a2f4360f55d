"""A client that sends text in pieces over a real socket, in the shape of `stream-input`."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from nemo_voice_serving.http.server import DrainingServer
from support.http.serving import address

PATIENCE_S = 20.0


class TextClient:
    """Sends and receives JSON."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, **message: Any) -> None:
        """Sends a message."""
        await self.socket.send(json.dumps(message))

    async def next(self) -> dict[str, Any]:
        """Returns the next message of the server."""
        async with asyncio.timeout(PATIENCE_S):
            message: dict[str, Any] = json.loads(await self.socket.recv())
        return message

    async def until_final(self, name: str | None = None) -> list[dict[str, Any]]:
        """Returns the messages about a text up to its last."""
        messages = [await self.next()]
        while not (messages[-1]["isFinal"] and messages[-1].get("contextId") == name):
            messages.append(await self.next())
        return [one for one in messages if one.get("contextId") == name]

    async def until_closed(self) -> tuple[list[dict[str, Any]], int]:
        """Returns the messages up to the end of the connection, and its code."""
        messages: list[dict[str, Any]] = []
        try:
            while True:
                messages.append(await self.next())
        except ConnectionClosed as closed:
            return messages, closed.rcvd.code if closed.rcvd else 1006


def audio_of(messages: list[dict[str, Any]]) -> bytes:
    """Returns the audio of messages."""
    return b"".join(base64.b64decode(one["audio"]) for one in messages if one["audio"])


def text_of(messages: list[dict[str, Any]], kind: str = "alignment") -> str:
    """Returns the text whose times messages have."""
    return "".join("".join(one[kind]["chars"]) for one in messages if one[kind])


@asynccontextmanager
async def text_client(
    server: DrainingServer, query: str = "output_format=pcm_22050", *, voice: str = "default",
    path: str = "stream-input", **options: Any,
) -> AsyncIterator[TextClient]:  # fmt: skip
    """Yields a client."""
    base = address(server).replace("http://", "ws://")
    url = f"{base}/v1/text-to-speech/{voice}/{path}?{query}"
    async with websockets.connect(url, proxy=None, **options) as socket:
        yield TextClient(socket)
