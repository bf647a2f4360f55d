"""HTTP/1.1 over one connection: uvicorn's protocol with limits of size and time.

uvicorn limits neither the size of a request's head nor the time in which it must arrive. Bodies are
limited by `RequestMiddleware`.
"""

import asyncio
import logging
import re
import socket
import ssl
from typing import Any, NoReturn

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from nemo_voice_serving.errors import HeadersTooLarge, InvalidRequest, RequestTooSlow, VoiceError
from nemo_voice_serving.http.error_responses import raw_response
from nemo_voice_serving.http.response_end import (
    GOODBYE_S,
    WITHOUT_CHUNKS,
    ResponseEnd,
    abort_when_sent,
    end_sending,
)
from nemo_voice_serving.http.websocket import LimitedWebSocketProtocol, is_handshake
from nemo_voice_serving.settings import HttpSettings, ServiceSettings
from nemo_voice_serving.tls.handshakes import handshakes
from nemo_voice_serving.tls.server_certificate import ServerCertificate

logger = logging.getLogger(__name__)

_H2C = re.compile(rb"\r\nUpgrade:[ \t]*h2c[ \t]*(?=\r\n)", re.IGNORECASE)
_END_OF_HEAD = b"\r\n\r\n"
_MAX_INT = 2**31 - 1
_UNSENT_BYTES = 64 * 1024
"""Of a response, the most that waits here for its client to read."""
_MAX_DROPPED_BYTES = 2**30
"""Of a body that was refused, the most that is read for the client to read the response."""


class ServerConfig(uvicorn.Config):
    """uvicorn's configuration, together with the limits that it has no option for."""

    def __init__(
        self,
        app: ASGIApp,
        settings: ServiceSettings,
        *,
        port: int,
        certificate: ServerCertificate | None = None,
    ) -> None:
        """Takes the application, its settings and port, and what it shows; None is plain HTTP."""
        self.limits = settings.http
        super().__init__(
            app,
            host=settings.host,
            port=port,
            http=LimitedHttpProtocol,
            ws=LimitedWebSocketProtocol,
            ws_max_size=settings.http.max_message_bytes,
            ws_per_message_deflate=False,  # speech hardly shrinks, and a small message could unfold
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # whom the service trusts, its own settings say
            timeout_keep_alive=settings.http.keep_alive_s,
            timeout_graceful_shutdown=round(settings.drain.timeout_s),
            ssl_context_factory=None if certificate is None else lambda *_: _context(certificate),
        )


def _context(certificate: ServerCertificate) -> ssl.SSLContext:
    error = InvalidRequest("This is a port of HTTPS: write https:// instead of http://.")
    return handshakes(lambda: certificate.current.context, raw_response(error))


class LimitedHttpProtocol(HttpToolsProtocol):
    """Serves requests whose head is small and arrives in time; refuses others with a JSON error.

    While no request is in flight, the client has `head_timeout_s` to send its first request, the
    rest of a head, or the rest of a body that was refused early, which is dropped: closing with
    data unread would reset the connection before the client has read the response. Between
    requests uvicorn's own keep-alive timeout applies.
    """

    def __init__(self, config: ServerConfig, *arguments: Any, **named: Any) -> None:
        super().__init__(config, *arguments, **named)
        self._limits: HttpSettings = config.limits
        self._timer: asyncio.TimerHandle | None = None
        self._in_head = False
        self._in_body = False
        self._in_flight = 0
        self._unparsed_bytes = 0
        self._dropped_bytes = 0
        self._is_refused = False
        self._is_last = False
        self._refusal: VoiceError | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn narrows it
        super().connection_made(transport)
        _close_when_unread_for(self._limits.send_timeout_s, transport)
        transport.set_write_buffer_limits(_UNSENT_BYTES)  # of TLS they would be larger
        self._start_timer()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            self._drop(data)
            return
        if not (self._in_head or self._in_body):
            data = _without_h2c(data)
        self._unparsed_bytes += len(data)
        super().data_received(data)
        if self._unparsed_bytes > self._limits.max_head_bytes:
            self._refuse(self._too_large())
        if not self._in_flight and self._timer is None:
            self._start_timer()

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._unparsed_bytes, self._dropped_bytes = True, 0, 0
        if not self._in_flight:
            self._start_timer()

    @override
    def on_headers_complete(self) -> None:
        parsed = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if parsed > self._limits.max_head_bytes:
            self._refuse_in_callback(self._too_large())
        if self.parser.should_upgrade() and _has_body(self.headers):
            message = "A request with Upgrade may not have a body here: send it as plain HTTP/1.1."
            self._refuse_in_callback(InvalidRequest(message))
        is_old = self.parser.get_http_version() in WITHOUT_CHUNKS
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or not (hosts or is_old):  # RFC 9112, 3.2
            message = f"The request has {hosts} Host headers; HTTP/1.1 wants exactly one."
            self._refuse_in_callback(InvalidRequest(message))
        if is_old:
            self.expect_100_continue = False  # as RFC 9110, 10.1.1 wants it
        super().on_headers_complete()
        self._stop_timer()
        self._in_head, self._in_body, self._unparsed_bytes = False, True, 0
        self._in_flight += 1

    @override
    def on_body(self, body: bytes) -> None:
        self._unparsed_bytes = 0
        if self.cycle.response_complete:
            self._drop(body)
        super().on_body(body)

    @override
    def on_message_complete(self) -> None:
        self._in_body, self._unparsed_bytes = False, 0
        super().on_message_complete()

    @override
    def on_response_complete(self) -> None:
        self._in_flight -= 1
        if self._is_last:
            self._linger()
            return
        super().on_response_complete()
        if not self._in_flight and (self._in_head or self._in_body):
            self._start_timer()

    @override
    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGIApp) -> None:  # type: ignore[override] # as starlette types it
        def close_later() -> bool:
            self._is_last = cycle.more_body or self._is_refused
            return self._is_last

        super()._start_asgi_task(cycle, ResponseEnd(app, cycle, close_later))  # type: ignore[arg-type] # same

    @override
    def _should_upgrade(self) -> bool:
        is_get = self.parser.get_method() == b"GET"
        return is_get and super()._should_upgrade() and is_handshake(self.headers)

    @override
    def shutdown(self) -> None:
        if self._is_last:
            self.transport.close()
        else:
            super().shutdown()
        self.loop.call_later(GOODBYE_S, abort_when_sent, self.transport)

    @override
    def timeout_keep_alive_handler(self) -> None:
        self.shutdown()

    @override
    def send_400_response(self, msg: str) -> None:
        self._refuse(self._refusal or InvalidRequest("This is not a valid HTTP/1.1 request."))

    def _too_large(self) -> HeadersTooLarge:
        most = self._limits.max_head_bytes
        return HeadersTooLarge(f"The request line and its headers are larger than {most} bytes.")

    def _start_timer(self) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(self._limits.head_timeout_s, self._time_is_over)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _time_is_over(self) -> None:
        if self._in_head and not self._is_last:
            seconds = self._limits.head_timeout_s
            self._refuse(RequestTooSlow(f"The headers did not come whole within {seconds:g} s."))
        else:
            self.shutdown()

    def _refuse_in_callback(self, error: VoiceError) -> NoReturn:
        """Stops the parser, which makes uvicorn call `send_400_response`."""
        self._refusal = error
        raise error

    def _refuse(self, error: VoiceError) -> None:
        """Sends the error as the last response, unless another response would be cut by it."""
        if self._is_refused:
            return
        self._is_refused = True
        logger.debug("connection refused", extra={"error": error.code})
        if self._in_flight != int(self._in_body):
            # Finish the response in progress, then close; serve no further pipelined request.
            self.shutdown()
            return
        self.transport.write(raw_response(error))
        if self._in_body:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._linger()

    def _linger(self) -> None:
        """Ends the sending side, and drops what the client still sends before the rest closes."""
        self._is_refused = self._is_last = True
        self.flow.resume_reading()
        end_sending(self.transport)
        self._start_timer()

    def _drop(self, data: bytes) -> None:
        self._dropped_bytes += len(data)
        if self._dropped_bytes > _MAX_DROPPED_BYTES:
            self.transport.close()


def _close_when_unread_for(seconds: float, transport: asyncio.Transport) -> None:
    """Makes the kernel close a connection whose client has read nothing for so many seconds."""
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        milliseconds = min(max(1, round(seconds * 1000)), _MAX_INT)
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)


def _without_h2c(data: bytes) -> bytes:
    """Returns a request without its offer of HTTP/2, which a server of HTTP/1.1 may ignore.

    httptools reads no body after such an offer; Java's own client makes it with its first request.
    """
    offer = _H2C.search(data, 0, data.find(_END_OF_HEAD) + 2)
    return data if offer is None else data[: offer.start()] + data[offer.end() :]


def _has_body(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(name in {b"content-length", b"transfer-encoding"} for name, _ in headers)
