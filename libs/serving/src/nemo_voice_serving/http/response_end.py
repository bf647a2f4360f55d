"""How a response ends, where uvicorn's own way would spoil or lose it.

uvicorn writes chunks to HTTP/1.0, which knows none, and closes a connection on which the rest of a
body still arrives: the kernel then resets it, and the client never reads the response.
"""

import asyncio
import contextlib
import fcntl
import socket
import ssl
import struct
import termios
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

WITHOUT_CHUNKS = frozenset({"0.9", "1.0"})
"""The versions of HTTP in which the end of the connection ends a body of unknown length."""

GOODBYE_S = 1.0
"""How long a client may take to answer TLS's goodbye: those that keep idle connections in a pool do
not read them, and some hang."""
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class ResponseEnd:
    """Passes one request to the application, and sees to the end of its response."""

    def __init__(
        self, app: ASGIApp, cycle: RequestResponseCycle, close_later: Callable[[], bool]
    ) -> None:
        """Takes the application, uvicorn's side of the request, and who may close in its place.

        `close_later` is called before the end of a connection's last response; it returns whether
        it closes the connection itself, because the client still sends.
        """
        self._app = app
        self._cycle = cycle
        self._close_later = close_later
        self._is_ended_by_close = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves the request; a response that breaks off is a reset where a close ends it."""

        async def send_ended(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = self._started(message)
            elif message["type"] == "http.response.body":
                self._continued(message)
            await send(message)

        try:
            await self._app(scope, receive, send_ended)
        except BaseException:
            if self._is_ended_by_close and not self._cycle.response_complete:
                # A plain close would make the client take what it has for the whole.
                _reset(self._cycle)
            raise

    def _started(self, message: Message) -> Message:
        headers = list(message.get("headers", []))
        cycle = self._cycle
        has_length = any(name.lower() == b"content-length" for name, _ in headers)
        if cycle.scope["http_version"] in WITHOUT_CHUNKS and not has_length:
            self._is_ended_by_close = True
            cycle.chunked_encoding = False
        if cycle.waiting_for_100_continue and cycle.more_body:
            # Whether the client sends its body after this response, nobody knows: what follows
            # on the connection could be the body or the next request.
            headers.append((b"connection", b"close"))
        return {**message, "headers": headers}

    def _continued(self, message: Message) -> None:
        cycle = self._cycle
        if self._is_ended_by_close:
            cycle.expected_content_length = len(message.get("body", b""))
        is_last = not message.get("more_body", False)
        if is_last and not cycle.keep_alive and self._close_later():
            cycle.keep_alive = True  # which keeps uvicorn from closing; the header has been sent


def end_sending(transport: asyncio.Transport) -> None:
    """Tells the client that nothing more comes, and still reads what it sends."""
    connection: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
    if connection is None:
        transport.write_eof()
        return
    if transport.is_closing():
        return
    try:
        # Event loops say goodbye when they close, and reset what the client still sends.
        connection.unwrap()
    except ssl.SSLWantReadError:
        transport.pause_reading()
        transport.resume_reading()  # which sends what OpenSSL has to say
    except (ssl.SSLError, OSError):
        transport.close()


def abort_when_sent(transport: asyncio.Transport) -> None:
    """Ends a closing connection of TLS whose client has everything, but answers no goodbye."""
    connection = transport.get_extra_info("socket")
    is_tls = transport.get_extra_info("ssl_object") is not None
    if not is_tls or not transport.is_closing() or connection.fileno() < 0:
        return
    with contextlib.suppress(OSError):
        waiting = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4))
        if not any(waiting):
            transport.abort()


def _reset(cycle: RequestResponseCycle) -> None:
    connection = cycle.transport.get_extra_info("socket")
    if connection is not None and not cycle.transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
        cycle.transport.abort()
