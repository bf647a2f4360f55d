"""One connection to a client: uvicorn's, with limits on a request's head, all errors in one shape.

`server.py` hands it to uvicorn. What a request's body may cost is `middleware.py`'s.
"""

import asyncio
import http
import json
import logging
import uuid
from typing import Any, cast

import httptools
import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from nemo_voice_serving.errors import HeadersTooLarge, InvalidRequest, RequestTooSlow, VoiceError
from nemo_voice_serving.settings import HttpSettings, ServiceSettings

logger = logging.getLogger(__name__)


class ServerConfig(uvicorn.Config):
    """What uvicorn is told, and what it has no word for."""

    def __init__(self, app: ASGIApp, settings: ServiceSettings, *, port: int) -> None:
        self.limits = settings.http
        super().__init__(
            app,
            host=settings.host,
            port=port,
            http=Connection,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=settings.http.keep_alive_s,
            timeout_graceful_shutdown=round(settings.drain.timeout_s),
        )


class Connection(HttpToolsProtocol):
    """Reads requests whose line and headers come whole, in time and in bounded memory.

    uvicorn waits for ever for the first byte, for the end of the headers, and for the rest of a
    body whose answer has been sent; each of these ends after `head_timeout_s` here. It waits for
    ever for a client to read, too: one that reads nothing for `send_timeout_s` is given up. And it
    loses the body of a request that wishes for another protocol, as Java's own client does first.
    """

    def __init__(self, config: ServerConfig, *arguments: Any, **named: Any) -> None:
        super().__init__(config, *arguments, **named)
        self._limits: HttpSettings = config.limits
        self._timer: asyncio.TimerHandle | None = None
        self._reading_timer: asyncio.TimerHandle | None = None
        self._in_head = False
        self._in_trailer = False
        self._head_bytes = 0
        self._is_whole = True
        self._is_refused = False
        self._refusal: VoiceError | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn narrows it
        super().connection_made(transport)
        self._start_timer()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self._stop_watching()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._unset_keepalive_if_required()
        was_in_head, was_in_trailer = self._in_head, self._in_trailer
        self._parse(data)
        if (was_in_head and self._in_head) or (was_in_trailer and self._in_trailer):
            self._count(len(data))
        # The timer above ends with any byte: an empty line would keep a connection for ever.
        if self._is_idle() and self.timeout_keep_alive_task is None and self._timer is None:
            self._start_timer()

    def _parse(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as wish:
            self._pass_over(data[wish.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("")

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._unset_keepalive_if_required()
        self._in_head, self._head_bytes, self._is_whole = True, 0, False
        self._start_timer()

    @override
    def on_headers_complete(self) -> None:
        self._stop_timer()
        parsed = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if parsed > self._limits.max_head_bytes:
            self._refusal = self._too_large()
            raise self._refusal
        self._in_head = False
        super().on_headers_complete()

    def on_chunk_header(self) -> None:
        """Hears of a chunk's size; after the last one, which is 0, come headers once more."""
        self._in_trailer, self._head_bytes = True, 0

    @override
    def on_body(self, body: bytes) -> None:
        self._in_trailer = False
        super().on_body(body)

    @override
    def on_message_complete(self) -> None:
        self._in_trailer = False
        if self.parser.should_upgrade() and self._framing():
            return  # the parser takes what follows for the other protocol
        self._is_whole = True
        super().on_message_complete()
        if self._is_idle():
            # Answered before it was whole: from here it is idle like any other.
            self._stop_timer()
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _framing(self) -> list[bytes]:
        return [
            name + b": " + value
            for name, value in self.headers
            if name in {b"content-length", b"transfer-encoding"}
        ]

    def _pass_over(self, rest: bytes) -> None:
        """Goes on in HTTP/1.1, as a server may that does not speak the protocol wished for."""
        if framing := self._framing():
            self.cycle.keep_alive = False
            self.parser = httptools.HttpRequestParser(_Body(self))
            head = b"\r\n".join([b"POST / HTTP/1.1", *framing, b"", b""])
            self._parse(head + rest)
        elif rest:
            self._parse(rest)  # the next request, sent in the same breath

    @override
    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._is_idle() and not self._is_whole and not self.transport.is_closing():
            # Refused before it was read: its sender hears why if it goes on for a while.
            self._start_timer()

    @override
    def send_400_response(self, msg: str) -> None:
        self._refuse(self._refusal or InvalidRequest("This is not a valid HTTP/1.1 request."))

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_reader()

    @override
    def resume_writing(self) -> None:
        self._stop_watching()
        super().resume_writing()

    def _watch_reader(self) -> None:
        unread_bytes = self.transport.get_write_buffer_size()
        seconds = self._limits.send_timeout_s
        self._reading_timer = self.loop.call_later(seconds, self._check_reader, unread_bytes)

    def _check_reader(self, unread_bytes: int) -> None:
        if self.transport.get_write_buffer_size() < unread_bytes:
            self._watch_reader()
        else:
            logger.debug("client stopped reading")
            self.transport.abort()

    def _stop_watching(self) -> None:
        if self._reading_timer is not None:
            self._reading_timer.cancel()
            self._reading_timer = None

    def _count(self, received_bytes: int) -> None:
        self._head_bytes += received_bytes
        if self._is_refused or self._head_bytes <= self._limits.max_head_bytes:
            return
        if self._in_trailer and self._is_idle():
            self.transport.close()  # it has its answer
        else:
            self._refuse(self._too_large())

    def _too_large(self) -> HeadersTooLarge:
        most = self._limits.max_head_bytes
        return HeadersTooLarge(f"The request line and its headers are larger than {most} bytes.")

    def _is_idle(self) -> bool:
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is None or cycle.response_complete

    def _start_timer(self) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(self._limits.head_timeout_s, self._time_is_over)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _time_is_over(self) -> None:
        if self._in_head and not self._is_refused:
            seconds = self._limits.head_timeout_s
            self._refuse(RequestTooSlow(f"The headers did not come whole within {seconds:g} s."))
        else:
            self.transport.close()

    def _refuse(self, error: VoiceError) -> None:
        """Answers what cannot be understood, unless an answer is being sent already."""
        self._is_refused = True
        if not self._is_idle():
            if self._in_head or self.pipeline:
                # What went before it is answered, and nothing after that.
                self._stop_timer()
                (self.pipeline[0][0] if self.pipeline else self.cycle).keep_alive = False
                return
            if self.cycle.response_started:
                self.transport.close()
                return
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        logger.debug("connection refused", extra={"error": error.code})
        self.transport.write(_answer(error))
        # Closing at once would throw away the answer of a client that is still sending.
        self.transport.write_eof()
        self._start_timer()


class _Body:
    """Hears of a request's body alone, for a parser that was shown a stand-in for its head."""

    def __init__(self, connection: Connection) -> None:
        self.on_chunk_header = connection.on_chunk_header
        self.on_body = connection.on_body
        self.on_message_complete = connection.on_message_complete


def _answer(error: VoiceError) -> bytes:
    body = json.dumps(error.body()).encode()
    lines = [
        f"HTTP/1.1 {error.status} {http.HTTPStatus(error.status).phrase}",
        "content-type: application/json",
        f"content-length: {len(body)}",
        f"x-request-id: {uuid.uuid4().hex}",
        "connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body
