"""A client of live sessions over a real socket."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import websockets
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection

from nemo_voice_serving.http.server import DrainingServer
from support.http.serving import address, listening

TRANSCRIPTION = "conversation.item.input_audio_transcription"
PATH = "/v1/realtime?intent=transcription"


class LiveClient:
    """Sends and receives JSON."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, kind: str, **fields: Any) -> None:
        """Sends a message."""
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def say(self, pcm: bytes) -> None:
        """Appends samples."""
        await self.send("input_audio_buffer.append", audio=base64.b64encode(pcm).decode())

    async def configure(self, **given: Any) -> dict[str, Any]:
        """Updates `session.audio.input`, and returns the event that answers."""
        session = {"type": "transcription", "audio": {"input": given}}
        await self.send("session.update", session=session)
        return await self.next()

    async def next(self) -> dict[str, Any]:
        """Returns the next event."""
        event: dict[str, Any] = json.loads(await self.socket.recv())
        return event

    async def until(self, kind: str) -> list[dict[str, Any]]:
        """Returns the events up to the first of a kind."""
        events = [await self.next()]
        while events[-1]["type"] != kind:
            events.append(await self.next())
        return events


@asynccontextmanager
async def connected(
    server: DrainingServer, path: str = PATH, *, greeted: bool = True, **options: Any
) -> AsyncIterator[LiveClient]:
    """Yields a client that has been greeted."""
    url = address(server).replace("http", "ws", 1) + path
    async with websockets.connect(url, proxy=None, **options) as socket:
        client = LiveClient(socket)
        if greeted:
            await client.next()
        yield client


@asynccontextmanager
async def live_service(app: FastAPI) -> AsyncIterator[DrainingServer]:
    """Yields the server of an application that is ready."""
    async with listening(app) as server:
        await app.state.service.until_ready()
        yield server
