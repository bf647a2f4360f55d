"""Gives every request an id, limits for its body, a metric, and a response even if it fails.

Plain ASGI instead of Starlette's `BaseHTTPMiddleware`, which buffers between tasks and hides
disconnects.
"""

import asyncio
import logging
import re
import time
import uuid

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nemo_voice_serving import logs
from nemo_voice_serving.errors import (
    BackendFailed,
    PayloadTooLarge,
    RequestTooSlow,
    UnsupportedMediaType,
    VoiceError,
)
from nemo_voice_serving.http.addresses import Addresses, own_path
from nemo_voice_serving.http.disconnect import ClientGone
from nemo_voice_serving.http.error_responses import error_response
from nemo_voice_serving.http.scopes import UnsupportedScope, deny_websocket
from nemo_voice_serving.runtime.lifecycle import Lifecycle
from nemo_voice_serving.runtime.metrics import ServiceMetrics
from nemo_voice_serving.settings import ServiceSettings

logger = logging.getLogger(__name__)

_COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
"""How gzip and Zstandard begin: no JSON and no form does."""
_SAFE_ID = re.compile(r"^[A-Za-z0-9._:-]{1,128}$")
_UNCOUNTED = frozenset({"/metrics", "/v1/metrics", "/healthz", "/readyz"})
_SAFETY_HEADERS = [(b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")]
"""Sent with every response: no browser guesses its type, no proxy or browser stores it."""


class RequestMiddleware:
    """Handles every request and WebSocket before anything else of the application does.

    A request gets an id for logs and the response, is counted and timed, and has limits for its
    body. Its errors become responses. While the service is not ready, connections are closed.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: ServiceMetrics,
        lifecycle: Lifecycle,
        settings: ServiceSettings,
        page_paths: frozenset[str] = frozenset(),
    ) -> None:
        self._app = app
        self._uncounted = _UNCOUNTED | page_paths
        self._metrics = metrics
        self._lifecycle = lifecycle
        self._settings = settings
        self._addresses = Addresses(
            root_path=settings.root_path, trusted_proxies=settings.forwarded_allow_ips
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one HTTP request, WebSocket or lifespan.

        Raises:
            UnsupportedScope: The scope is of any other type.
        """
        match scope["type"]:
            case "http":
                await self._serve_request(self._addresses.resolved(scope), receive, send)
            case "websocket":
                await self._serve_websocket(self._addresses.resolved(scope), receive, send)
            case "lifespan":
                await self._app(scope, receive, send)
            case _:
                raise UnsupportedScope(scope)

    async def _serve_websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = logs.request_id.set(_request_id_of(scope))
        try:
            await self._app(scope, receive, send)
        except VoiceError as error:
            await deny_websocket(scope, receive, send, error)
        finally:
            logs.request_id.reset(token)

    async def _serve_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = _request_id_of(scope)
        token = logs.request_id.set(request_id)
        path = own_path(scope)
        is_uncounted = path in self._uncounted or path.startswith("/v1/health")
        if not is_uncounted:
            self._metrics.request_started()
        exchange = _Exchange(scope, receive, send, request_id, self._lifecycle, self._settings)
        began_s = time.monotonic()
        try:
            await self._serve(exchange)
        finally:
            logs.request_id.reset(token)
            if not is_uncounted:
                seconds = time.monotonic() - began_s
                self._metrics.request_finished(_route(scope), exchange.outcome(), seconds)
                fields = {
                    "route": _route(scope),
                    "outcome": exchange.outcome(),
                    "status": exchange.status,
                    "seconds": round(seconds, 4),
                    "request_id": request_id,
                }
                logger.debug("request finished", extra=fields)

    async def _serve(self, exchange: "_Exchange") -> None:
        try:
            exchange.check_head()
            await self._app(exchange.scope, exchange.receive, exchange.send)
        except VoiceError as error:
            await exchange.respond(error)
        except ClientDisconnect:
            exchange.mark(ClientGone.code)
        except Exception as error:  # the last resort: no traceback ever reaches a client
            if isinstance(error.__cause__, VoiceError):
                # Starlette wraps an error that is raised after the response has started.
                await exchange.respond(error.__cause__)
                return
            logger.exception("request failed")
            message = "Something went wrong inside the service. Its log has the reason."
            await exchange.respond(BackendFailed(message), cause=error)


class _Exchange:
    """One request and its response: enforces the body's limits and adds the response's headers."""

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        request_id: str,
        lifecycle: Lifecycle,
        settings: ServiceSettings,
    ) -> None:
        self.scope = scope
        self.status: int | None = None
        self._receive = receive
        self._send = send
        self._request_id = request_id
        self._lifecycle = lifecycle
        self._max_body_bytes = settings.max_upload_bytes
        self._bytes_per_s = settings.http.upload_bytes_per_s
        self._upload_until_s = time.monotonic() + settings.http.upload_timeout_s
        self._received_bytes = 0
        self._is_whole = False
        self._is_answered = False

    def check_head(self) -> None:
        headers = Headers(scope=self.scope)
        declared = headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > self._max_body_bytes:
            raise self._too_large()
        has_body = declared != "0" or "transfer-encoding" in headers
        stated = [*headers.getlist("content-encoding"), *headers.getlist("transfer-encoding")]
        codings = {coding.strip().lower() for value in stated for coding in value.split(",")}
        if has_body and codings - {"", "identity", "chunked"}:
            raise _compressed()

    def mark(self, outcome: str) -> None:
        self.scope.setdefault("state", {})["outcome"] = outcome

    async def respond(self, error: VoiceError, cause: Exception | None = None) -> None:
        self.mark(error.code)
        if self.status is not None:
            # The status has been sent: the server closes the connection when this is raised.
            raise error from cause
        await error_response(error)(self.scope, self.receive, self.send)

    async def receive(self) -> Message:
        if self._is_whole:  # the next message is the disconnect, which has no time limit
            return await self._receive()
        message = await self._receive_in_time()
        body: bytes = message.get("body", b"")
        if not self._received_bytes and body.startswith(_COMPRESSED):
            raise _compressed()
        self._received_bytes += len(body)
        self._is_whole = not message.get("more_body", False)
        if self._received_bytes > self._max_body_bytes:
            raise self._too_large()
        return message

    async def _receive_in_time(self) -> Message:
        # The whole body has a time limit, not each pause: a byte now and then must not suffice.
        until_s = self._upload_until_s + self._received_bytes / self._bytes_per_s
        try:
            async with asyncio.timeout(until_s - time.monotonic()):
                return await self._receive()
        except TimeoutError:
            message = (
                f"Of the request's body {self._received_bytes} bytes came in time; "
                f"less than {self._bytes_per_s} a second is too slow."
            )
            raise RequestTooSlow(message) from None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message.get("headers", []), (b"x-request-id", self._request_id.encode())]
            names = {name.lower() for name, _ in headers}
            headers += [header for header in _SAFETY_HEADERS if header[0] not in names]
            if not self._lifecycle.readiness().ready:
                # A client that keeps its connection would stay with this pod, however many others
                # are ready: its next connection goes to one of them.
                headers.append((b"connection", b"close"))
            message = {**message, "headers": headers}
        elif message["type"] == "http.response.body":
            self._is_answered = not message.get("more_body", False)
        await self._send(message)

    def outcome(self) -> str:
        marked: str | None = self.scope.get("state", {}).get("outcome")
        if marked is not None:
            return marked
        if self.status is None or not self._is_answered:
            return ClientGone.code
        return "ok" if self.status < 400 else f"http_{self.status}"  # noqa: PLR2004 the first status of errors

    def _too_large(self) -> PayloadTooLarge:
        return PayloadTooLarge(f"The request body is larger than {self._max_body_bytes} bytes.")


def _compressed() -> UnsupportedMediaType:
    # Nothing is unpacked, so that no small body becomes a huge one.
    message = "The body is compressed: send it as it is, without a Content-Encoding."
    return UnsupportedMediaType(message, accepted={"Accept-Encoding": "identity"})


def _request_id_of(scope: Scope) -> str:
    given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
    return given if _SAFE_ID.match(given) else uuid.uuid4().hex


def _route(scope: Scope) -> str:
    route = scope.get("route")
    return getattr(route, "path", None) or "unknown"
