"""How a response ends, where uvicorn's own way would spoil or lose it.

uvicorn writes chunks to HTTP/1.0, which knows none, and closes a connection on which the rest of a
body still arrives: the kernel then resets it, and the client never reads the response.
"""

import socket
import struct
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

WITHOUT_CHUNKS = frozenset({"0.9", "1.0"})
"""The versions of HTTP in which the end of the connection ends a body of unknown length."""

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


def _reset(cycle: RequestResponseCycle) -> None:
    connection = cycle.transport.get_extra_info("socket")
    if connection is not None and not cycle.transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
        cycle.transport.abort()
