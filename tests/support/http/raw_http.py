"""HTTP by the byte: requests that no client library sends, and their responses."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

_END_OF_HEAD = b"\r\n\r\n"


@dataclass(frozen=True)
class RawResponse:
    """One response, parsed."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> dict[str, Any]:
        """The error in its body."""
        error: dict[str, Any] = json.loads(self.body)["error"]
        return error


@asynccontextmanager
async def connection(
    client: httpx.AsyncClient,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Yields both ends of a connection to where the client's requests go."""
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()  # what is unsent stays so


async def read_response(reader: asyncio.StreamReader) -> RawResponse:
    """Returns the next response, whose length must be stated."""
    status, headers = _parsed(await asyncio.wait_for(reader.readuntil(_END_OF_HEAD), 20))
    body = await asyncio.wait_for(reader.readexactly(int(headers["content-length"])), 20)
    return RawResponse(status, headers, body)


async def sent(client: httpx.AsyncClient, request: bytes) -> RawResponse:
    """Returns the response to these bytes on a connection of their own."""
    async with connection(client) as (reader, writer):
        writer.write(request)
        return await read_response(reader)


async def sent_until_closed(client: httpx.AsyncClient, request: bytes) -> RawResponse:
    """Returns the response to these bytes with all that comes until the service closes."""
    async with connection(client) as (reader, writer):
        writer.write(request)
        received = await asyncio.wait_for(reader.read(), 20)
    head, _, body = received.partition(_END_OF_HEAD)
    return RawResponse(*_parsed(head), body)


async def is_closed(reader: asyncio.StreamReader) -> bool:
    """Returns whether the other end closes before long, having sent nothing more."""
    return await asyncio.wait_for(reader.read(), 20) == b""


def _parsed(head: bytes) -> tuple[int, dict[str, str]]:
    status_line, *lines = head.decode("latin-1").strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    return int(status_line.split()[1]), headers
