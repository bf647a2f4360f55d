"""WebSockets over one connection: uvicorn's protocol, whose end the application decides.

The handshake has passed `LimitedHttpProtocol`, with its limits of size and time; the limit of what
a client leaves unread stays with the connection.
"""

import base64
import binascii
import logging
from collections.abc import Iterable
from typing import Any

from typing_extensions import override
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState

from nemo_voice_serving.errors import HeadersTooLarge
from nemo_voice_serving.http.error_responses import raw_response
from nemo_voice_serving.http.response_end import GOODBYE_S, abort_when_sent

logger = logging.getLogger("uvicorn.websocket")
logger.setLevel(logging.WARNING)  # it would log each address, and keys may be in one
# Its client's fault, which the close code 1007 tells it: no error of the service, with a traceback.
logger.addFilter(lambda record: not str(record.msg).startswith("Invalid UTF-8"))


_KEY_BYTES = 16


def is_handshake(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Returns whether the headers of a request that wants an upgrade are whole, as RFC 6455 has it.

    A server may ignore any other offer, and answer as to a plain request.
    """
    given = {name.lower(): value.strip() for name, value in headers}
    try:
        key = base64.b64decode(given.get(b"sec-websocket-key", b""), validate=True)
    except binascii.Error:
        return False
    return len(key) == _KEY_BYTES and given.get(b"sec-websocket-version") == b"13"


class LimitedWebSocketProtocol(WebSocketsSansIOProtocol):
    """Serves one WebSocket; a stop of the server leaves its end to the application.

    uvicorn would close it with 1012 at once, in the middle of a sentence. The application sees the
    drain by the lifecycle, and closes it in its own time; the server waits for that.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.logger = self.conn.logger = logger

    @override
    def data_received(self, data: bytes) -> None:
        try:
            super().data_received(data)
        except InvalidState:  # uvicorn closes it for an error, and it is being closed already
            self.transport.close()
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            # uvicorn would leave the client without an answer. The head was one for HTTP.
            message = "The handshake has a header that is longer than 8192 bytes, or too many."
            self.transport.write(raw_response(HeadersTooLarge(message)))
            self.transport.close()

    @override
    def handle_parser_exception(self) -> None:
        super().handle_parser_exception()
        self._close_for_the_application()

    @override
    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self._close_for_the_application()
        self._end_goodbye(0.0)

    def _close_for_the_application(self) -> None:
        """Makes what is sent from now on fail as to a client that left, not as a mistake."""
        self.disconnected = True
        self.writable.set()

    @override
    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            # As after a plain refusal: uvicorn would log that the handshake was forgotten.
            self.handshake_complete = True
        if message["type"] == "websocket.close":
            self._end_goodbye(self.close_timeout)

    def _end_goodbye(self, close_s: float) -> None:
        """Ends the connection soon after it is closed, so many seconds from now, if not before.

        The session of a client that hangs would wait for its answer to TLS's goodbye.
        """
        self.loop.call_later(close_s + GOODBYE_S, abort_when_sent, self.transport)

    @override
    def shutdown(self) -> None:
        if self.close_sent or not self.handshake_complete:
            super().shutdown()
