"""A WebSocket client that can send any bytes, and vanish at any of them."""

import asyncio
import base64
import json
import os
import socket
import struct
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9
_SHORT, _LONG = 126, 127
_HEAD_BYTES = 64 * 1024


class Cut(Enum):
    """How a client leaves."""

    RESET = "reset"
    """With a TCP reset: what a process does that is killed while it has unread data."""
    HALF_CLOSED = "half closed"
    """It sends no more, and reads no more, but keeps its side of the connection."""
    SILENT = "silent"
    """It stays, and neither sends nor reads."""
    GOODBYE = "goodbye"
    """With a closing frame, and without waiting for the response."""


def frame(
    payload: bytes,
    kind: int = TEXT,
    *,
    is_last: bool = True,
    reserved: int = 0,
    masked: bool = True,
) -> bytes:
    """Returns one frame as a client sends it, or, not masked, as none may."""
    first = (0x80 if is_last else 0) | reserved << 4 | kind
    size, flag = len(payload), 0x80 if masked else 0
    if size < _SHORT:
        head = struct.pack("!BB", first, flag | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", first, flag | _SHORT, size)
    else:
        head = struct.pack("!BBQ", first, flag | _LONG, size)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    repeated = (mask * (size // 4 + 1))[:size]
    hidden = int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")
    return head + mask + hidden.to_bytes(size, "big")


def message(kind: str, **fields: Any) -> bytes:
    """Returns the frame of a message."""
    return frame(json.dumps({"type": kind, **fields}).encode())


def audio_message(pcm: bytes) -> bytes:
    """Returns the frame that appends samples."""
    return message("input_audio_buffer.append", audio=base64.b64encode(pcm).decode())


class RawWebSocket:
    """One connection, upgraded."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def opened(cls, address: str, path: str) -> "RawWebSocket":
        """Returns a connection of which the handshake has succeeded."""
        at = urlsplit(address)
        reader, writer = await asyncio.open_connection(at.hostname, at.port, limit=_HEAD_BYTES)
        key = base64.b64encode(os.urandom(16)).decode()
        head = (
            f"GET {path} HTTP/1.1\r\nHost: {at.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade"
            f"\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        writer.write(head.encode())
        response = await reader.readuntil(b"\r\n\r\n")
        assert response.startswith(b"HTTP/1.1 101"), response
        return cls(reader, writer)

    async def send(self, data: bytes) -> None:
        """Sends bytes as they are; waits while the service does not read."""
        self._writer.write(data)
        await self._writer.drain()

    async def next(self) -> bytes:
        """Returns the payload of the next frame of the service; none once it has closed."""
        try:
            _, size = await self._reader.readexactly(2)
            if size == _SHORT:
                (size,) = struct.unpack("!H", await self._reader.readexactly(2))
            elif size == _LONG:
                (size,) = struct.unpack("!Q", await self._reader.readexactly(8))
            return await self._reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""

    async def leave(self, cut: Cut) -> None:
        """Leaves; of a client that only falls silent, `drop` ends the connection."""
        match cut:
            case Cut.RESET:
                linger = struct.pack("ii", 1, 0)
                raw = self._writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self._writer.transport.abort()
            case Cut.HALF_CLOSED:
                if self._writer.can_write_eof():
                    self._writer.write_eof()
            case Cut.GOODBYE:
                self._writer.write(frame(struct.pack("!H", 1000), CLOSE))
                self._writer.close()
            case Cut.SILENT:
                pass

    def drop(self) -> None:
        """Ends the connection, whatever state it is in."""
        self._writer.transport.abort()
