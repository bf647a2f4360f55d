"""A small HTTP/1.1 client of one connection, for the load generator: what it costs is little.

The generator shares a machine of two cores with the server that it measures, so a request is bytes
made beforehand, and of a response only the status, the count of bytes and the times are kept.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Self

from typing_extensions import override

from benchmarks.measures import Response

WAV_HEAD_BYTES = 44
BYTES_PER_SAMPLE = 2
_OK = 200
REFUSALS = frozenset({429, 503})
"""What a server says that has too much to do."""
_END_OF_HEAD, _END_OF_LINE = b"\r\n\r\n", b"\r\n"


@dataclass(frozen=True)
class Request:
    """One request, ready to be sent."""

    path: str
    content: bytes
    content_type: str
    audio_s: float | None = None
    """Seconds of audio in it; absent when the audio is in the response."""
    response_rate_hz: int = 22_050
    """The sample rate of the audio in the response, 16-bit mono after a WAV head."""

    def message(self, host: str) -> bytes:
        """Returns the bytes to be sent."""
        head = (
            f"POST {self.path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: {self.content_type}\r\n"
            f"content-length: {len(self.content)}\r\n\r\n"
        )
        return head.encode() + self.content


class BadResponse(Exception):
    """What was received is no response that this client reads."""


class Body:
    """The count of a body's bytes as they arrive, whole or in chunks."""

    def __init__(self, length: int | None) -> None:
        self.received = 0
        self.content = bytearray()
        """The first bytes: enough for a text, and for an error."""
        self.is_complete = length == 0
        self._left = length
        self._pending = b""

    def feed(self, data: bytes) -> None:
        """Takes what arrived."""
        if self._left is not None:
            self._take(data)
            self._left -= len(data)
            self.is_complete = self._left <= 0
            return
        self._pending += data
        while not self.is_complete and self._chunk():
            pass

    def _chunk(self) -> bool:
        line, found, rest = self._pending.partition(_END_OF_LINE)
        if not found:
            return False
        size = int(line.split(b";")[0], 16)
        if len(rest) < size + len(_END_OF_LINE):
            return False
        self._take(rest[:size])
        self._pending = rest[size + len(_END_OF_LINE) :]
        self.is_complete = size == 0
        return True

    def _take(self, data: bytes) -> None:
        self.received += len(data)
        if len(self.content) < KEPT_BYTES:
            self.content += data[: KEPT_BYTES - len(self.content)]


KEPT_BYTES = 4096


class Connection(asyncio.Protocol):
    """One connection, which sends one request at a time."""

    def __init__(self) -> None:
        self.is_open = False
        self._transport: asyncio.Transport | None = None
        self._done: asyncio.Future[None] | None = None
        self._head = b""
        self._body: Body | None = None
        self._status = 0
        self._first_s: float | None = None
        self._is_last = False

    @classmethod
    async def to(cls, host: str, port: int) -> Self:
        """Returns an open connection."""
        _, made = await asyncio.get_running_loop().create_connection(cls, host, port)
        return made

    async def ask(self, message: bytes, request: Request, began_s: float) -> Response:
        """Returns how the request ended; its times count from `began_s`.

        Raises:
            ConnectionError: The connection was closed before the response was complete.
        """
        if self._transport is None or not self.is_open:
            raise ConnectionResetError
        self._transport.write(message)
        await self._begun()
        if self._body is None:
            raise ConnectionResetError
        if self._is_last:
            self.close()
        return response_of(self._status, self._body, request, began_s, self._first_s)

    def _begun(self) -> asyncio.Future[None]:
        self._head, self._body, self._first_s = b"", None, None
        self._done = asyncio.get_running_loop().create_future()
        return self._done

    def close(self) -> None:
        """Closes it."""
        if self._transport is not None:
            self._transport.close()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport, self.is_open = transport, True

    @override
    def data_received(self, data: bytes) -> None:
        try:
            self._read(data)
        except ValueError:
            self._end(BadResponse())

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        self._end(ConnectionResetError())

    def _read(self, data: bytes) -> None:
        if self._body is None:
            self._head += data
            head, found, data = self._head.partition(_END_OF_HEAD)
            if not found:
                return
            self._status, self._body = int(head.split(b" ", 2)[1]), Body(_length(head))
            if b"\r\nconnection: close" in head.lower():
                self.is_open, self._is_last = False, True  # the server reads nothing more
        self._body.feed(data)
        if self._first_s is None and self._body.received > WAV_HEAD_BYTES:
            self._first_s = time.perf_counter()
        if self._body.is_complete:
            self._end(None)

    def _end(self, fault: Exception | None) -> None:
        done = self._done
        if done is None or done.done():
            return
        if fault is None:
            done.set_result(None)
        else:
            done.set_exception(fault)


def response_of(
    status: int, body: Body, request: Request, began_s: float, first_s: float | None
) -> Response:
    """Returns how a request ended whose whole response was received just now."""
    latency_s = time.perf_counter() - began_s
    if status != _OK:
        return Response(latency_s, 0.0, None, f"{status}", is_refused=status in REFUSALS)
    text = bytes(body.content) if request.audio_s is not None else b""
    if request.audio_s is not None:
        return Response(latency_s, request.audio_s, None, None, content=text)
    samples = max(0, body.received - WAV_HEAD_BYTES) // BYTES_PER_SAMPLE
    if first_s is None:
        return Response(latency_s, 0.0, None, "no audio")
    return Response(latency_s, samples / request.response_rate_hz, first_s - began_s, None)


def _length(head: bytes) -> int | None:
    """Returns the length of the body, or nothing when it comes in chunks."""
    for line in head.split(_END_OF_LINE)[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return None
