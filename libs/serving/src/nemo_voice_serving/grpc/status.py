"""Maps the services' errors to gRPC's status codes and to the details that its clients parse.

Google's error model: `google.rpc.ErrorInfo` has our code, `google.rpc.RetryInfo` when to come back.
"""

from collections.abc import Sequence

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from nemo_voice_serving.errors import VoiceError

Metadata = Sequence[tuple[str, str | bytes]]

DOMAIN = "nemo-voice.dev"
"""Whose codes `google.rpc.ErrorInfo` has."""

_CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    404: grpc.StatusCode.NOT_FOUND,
    408: grpc.StatusCode.DEADLINE_EXCEEDED,
    # Not RESOURCE_EXHAUSTED: clients would send the same, which is too much, again.
    413: grpc.StatusCode.INVALID_ARGUMENT,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    501: grpc.StatusCode.UNIMPLEMENTED,
    503: grpc.StatusCode.UNAVAILABLE,
    504: grpc.StatusCode.DEADLINE_EXCEEDED,
}
_FULL = frozenset({"no_capacity", "out_of_memory"})
"""Codes of a service that is there and full: in HTTP both it and one that is not are 503."""
_MAX_BYTES = 1000
"""Of a message in UTF-8: clients limit their headers to 8 KiB, in which each byte of other scripts
takes three, and details repeat it."""


def code_of(error: VoiceError) -> grpc.StatusCode:
    """Returns the status code by the error's status of HTTP; INTERNAL for those of the service."""
    if error.code in _FULL:
        return grpc.StatusCode.RESOURCE_EXHAUSTED
    return _CODES.get(error.status, grpc.StatusCode.INTERNAL)


def message_of(error: VoiceError) -> str:
    """Returns the message, cut where it quotes more than a header may hold."""
    return _cut(error.message)


def trailers_of(error: VoiceError) -> Metadata:
    """Returns the trailing metadata with the error's details, and when to retry where it helps."""
    facts = {} if error.param is None else {"param": _cut(error.param)}
    details = [error_details_pb2.ErrorInfo(reason=error.code, domain=DOMAIN, metadata=facts)]
    pushback = []
    if error.retry_after_s is not None:
        milliseconds = max(1, round(error.retry_after_s * 1000))
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(milliseconds)
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
        # What gRPC's own retries wait for, where a client's service config has them.
        pushback = [("grpc-retry-pushback-ms", str(milliseconds))]
    packed = [any_pb2.Any() for _ in details]
    for one, detail in zip(packed, details, strict=True):
        one.Pack(detail)
    status = status_pb2.Status(
        code=code_of(error).value[0], message=message_of(error), details=packed
    )
    return [*rpc_status.to_status(status).trailing_metadata, *pushback]


def _cut(text: str) -> str:
    encoded = text.encode()
    if len(encoded) <= _MAX_BYTES:
        return text
    return encoded[: _MAX_BYTES - len("…".encode())].decode(errors="ignore") + "…"
