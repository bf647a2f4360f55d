"""Gives every call an id, a check of its key, a metric, and a status even if it fails.

What `RequestMiddleware` and `KeyMiddleware` are for HTTP. It wraps all services, so that a new one
needs a key until it is listed as open.
"""

import asyncio
import logging
import re
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing, asynccontextmanager
from typing import Any, TypeAlias

import grpc
from google.protobuf.message import DecodeError
from grpc.aio import AbortError, ServicerContext
from typing_extensions import override

from nemo_voice_serving import logs
from nemo_voice_serving.access.access import Access
from nemo_voice_serving.access.api_keys import key_in
from nemo_voice_serving.access.quotas import KeyUsage
from nemo_voice_serving.errors import (
    BackendFailed,
    InvalidRequest,
    RequestTooSlow,
    Unimplemented,
    VoiceError,
)
from nemo_voice_serving.grpc.status import code_of, message_of, trailers_of
from nemo_voice_serving.runtime.metrics import ServiceMetrics

logger = logging.getLogger(__name__)

OPEN_SERVICES = frozenset(
    {
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
        "grpc.reflection.v1.ServerReflection",
    }
)
"""Services that need no key and are not counted: probes have none; the description is public."""

_ABORT_S = 5.0
"""For a status to leave; then the call is dropped."""
_CLIENT_GONE = "client_gone"
_UNKNOWN = "unknown"
_SAFE_ID = re.compile(r"^[A-Za-z0-9._:-]{1,128}$")

_Details: TypeAlias = grpc.HandlerCallDetails
_Handler: TypeAlias = grpc.RpcMethodHandler


class CallInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc] # grpc has no types
    """Handles every call before anything else does.

    A call without a valid key is refused before its first message is read.
    """

    def __init__(
        self,
        *,
        metrics: ServiceMetrics,
        access: Access | None,
        services: Iterable[str],
        idle_s: float = float("inf"),
    ) -> None:
        """Takes what all protocols share, and what concerns calls.

        Args:
            metrics: Count the calls.
            access: Which keys are valid; None where none is required.
            services: What messages about unknown methods list, by their full names.
            idle_s: How long the one message of a call may take.
        """
        self.idle_s = idle_s
        self._metrics = metrics
        self._access = access
        self._services = sorted(services)

    @override
    async def intercept_service(
        self, continuation: Callable[[_Details], Awaitable[_Handler | None]], details: _Details
    ) -> _Handler:
        """Returns what serves the call: the method, wrapped, or a refusal."""
        handler = await continuation(details)
        service = details.method.rpartition("/")[0].removeprefix("/")
        if service in OPEN_SERVICES and handler is not None:
            return handler
        call = _CallKind(self, details.method if handler is not None else _UNKNOWN)
        try:
            call.digest = self._digest_of(dict(details.invocation_metadata or ()))
            if handler is None:
                raise self._unknown(details.method)
        except VoiceError as error:
            return call.refusing(error)
        return call.wrapping(handler)

    def _digest_of(self, metadata: dict[str, Any]) -> bytes | None:
        if self._access is None:
            return None
        authorization, api_key = (
            str(metadata.get(name, "")) for name in ("authorization", "api-key")
        )
        return self._access.keys.digest_of(key_in(authorization, api_key))

    def _unknown(self, method: str) -> Unimplemented:
        message = f"There is no method {method[:200]!r} here. There are the services"
        return Unimplemented(f"{message} {', '.join(self._services)}.")

    @asynccontextmanager
    async def serving(
        self, context: ServicerContext, route: str, digest: bytes | None
    ) -> AsyncIterator[None]:
        """Counts and times the call in the block, whose errors become the call's status.

        Args:
            context: The call.
            route: Its method, for the metrics.
            digest: That of its key, where one is required.
        """
        request_id = _request_id_of(context)
        token = logs.request_id.set(request_id)
        self._metrics.request_started()
        began_s, outcome = time.monotonic(), _CLIENT_GONE
        context.set_trailing_metadata((("x-request-id", request_id),))
        try:
            async with self._counted(context, request_id, digest):
                yield
            outcome = "ok"
        except VoiceError as error:
            outcome = error.code
            await _abort(context, error, request_id)
        except (asyncio.CancelledError, AbortError):
            raise  # the client left, or its deadline has passed
        except Exception:
            message = "Something went wrong inside the service. Its log has the reason."
            failure = BackendFailed(message)
            outcome = failure.code
            logger.exception("call failed", extra={"request_id": request_id})
            await _abort(context, failure, request_id)
        finally:
            logs.request_id.reset(token)
            seconds = time.monotonic() - began_s
            self._metrics.request_finished(route, outcome, seconds)
            fields = {"route": route, "outcome": outcome, "seconds": round(seconds, 4)}
            logger.debug("request finished", extra={**fields, "request_id": request_id})

    @asynccontextmanager
    async def _counted(
        self, context: ServicerContext, request_id: str, digest: bytes | None
    ) -> AsyncIterator[KeyUsage | None]:
        if self._access is None or digest is None:
            yield None
            return
        with self._access.quotas.request(digest) as usage:
            yield usage
            left = usage.headers().items()
            context.set_trailing_metadata((("x-request-id", request_id), *left))


class _CallKind:
    """One call on its way: the interceptor, its method, and the digest of its key."""

    def __init__(self, interceptor: CallInterceptor, route: str) -> None:
        self._interceptor = interceptor
        self._route = route
        self.digest: bytes | None = None

    def refusing(self, error: VoiceError) -> _Handler:
        """Returns a handler that ends the call with the error and reads none of its messages."""

        async def refuse(_requests: AsyncIterator[bytes], context: ServicerContext) -> None:
            async with self._interceptor.serving(context, self._route, None):
                raise error

        return grpc.stream_stream_rpc_method_handler(refuse)

    def wrapping(self, handler: _Handler) -> _Handler:
        """Returns the handler with what every call has in common around it.

        It reads a stream whatever the method takes, which nobody sees on the wire: gRPC would wait
        for ever for the one message of a client that ends its call without one.
        """

        # Not a generator: gRPC would close it in another task, when it is collected as garbage.
        async def call(requests: AsyncIterator[Any], context: ServicerContext) -> None:
            async with (
                self._interceptor.serving(context, self._route, self.digest),
                aclosing(self._responses(handler, _readable(requests), context)) as responses,
            ):
                async for response in responses:
                    await self._write(context, response)

        return grpc.stream_stream_rpc_method_handler(
            call, _reading(handler.request_deserializer), handler.response_serializer
        )

    async def _responses(
        self, handler: _Handler, requests: AsyncIterator[Any], context: ServicerContext
    ) -> AsyncGenerator[Any, None]:
        """Yields what the method responds to these requests, or to the first of them."""
        request = requests if handler.request_streaming else await self._only(requests)
        if handler.response_streaming:
            method = handler.stream_stream or handler.unary_stream
            async with aclosing(method(request, context)) as responses:
                async for response in responses:
                    yield response
        else:
            yield await (handler.stream_unary or handler.unary_unary)(request, context)

    async def _write(self, context: ServicerContext, response: Any) -> None:
        """Sends a response, for which the client must have room in time: it reads, or it has left.

        Raises:
            RequestTooSlow: It has not.
        """
        idle_s = self._interceptor.idle_s
        try:
            async with asyncio.timeout(idle_s):
                await context.write(response)
        except TimeoutError:
            message = f"The responses were not read for {idle_s:g} s."
            raise RequestTooSlow(message) from None

    async def _only(self, requests: AsyncIterator[Any]) -> Any:
        idle_s = self._interceptor.idle_s
        try:
            async with asyncio.timeout(idle_s):
                request = await anext(requests, None)
        except TimeoutError:
            message = f"The call's message did not come whole within {idle_s:g} s."
            raise RequestTooSlow(message) from None
        if request is None:
            raise InvalidRequest("The call has no message.")
        return request


def _reading(deserialize: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """Returns a deserializer that returns an error for bytes that are no such message."""

    def read(data: bytes) -> Any:
        try:
            return deserialize(data)
        except (DecodeError, ValueError):
            return InvalidRequest("A message of the request cannot be read: it is malformed.")

    return read


async def _readable(requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
    """Yields the requests; raises the error that stands in place of one."""
    async for request in requests:
        if isinstance(request, VoiceError):
            raise request
        yield request


async def _abort(context: ServicerContext, error: VoiceError, request_id: str) -> None:
    trailers = (*trailers_of(error), ("x-request-id", request_id))
    try:
        # A status waits behind what the client has not read.
        async with asyncio.timeout(_ABORT_S):
            await context.abort(code_of(error), message_of(error), trailers)
    except TimeoutError:
        raise asyncio.CancelledError from None


def _request_id_of(context: ServicerContext) -> str:
    given = str(dict(context.invocation_metadata() or ()).get("x-request-id", ""))
    return given if _SAFE_ID.match(given) else uuid.uuid4().hex
