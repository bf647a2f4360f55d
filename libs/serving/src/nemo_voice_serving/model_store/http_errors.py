"""Turns the failed responses and connections of a hub or a file server into errors of the store."""

from http import HTTPStatus

import httpx2

from nemo_voice_serving.model_store.errors import (
    FailureReason,
    ModelDownloadFailed,
    ModelNotFound,
    ModelStoreError,
    ModelUnauthorized,
)
from nemo_voice_serving.model_store.retry import Transient
from nemo_voice_serving.model_store.trust import untrusted_certificate

_LONGEST_RETRY_AFTER_S = 120.0
DENIED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
"""The statuses of what may not be read."""
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_GATED = "GatedRepo"
"""Hugging Face's code for it."""
_TRANSIENT = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


def status_error(
    response: httpx2.Response, what: str, *, if_denied: str, remedy: str
) -> ModelStoreError | Transient:
    """Returns the error of a response that is not a success.

    Args:
        response: The response.
        what: What was requested, for the message.
        if_denied: What a 401 or a 403 says about it.
        remedy: What to do about that.
    """
    status = response.status_code
    if status in DENIED:
        if response.headers.get("X-Error-Code") == _GATED:
            return gated_error(what)
        reason = FailureReason.HUB_FORBIDDEN if status == HTTPStatus.FORBIDDEN else None
        problem = f"{what} {if_denied} (status {status})."
        return ModelUnauthorized(problem, advice=remedy, reason=reason)
    if status in _GONE:
        problem = f"There is no {what} (status {status})."
        return ModelNotFound(problem, advice="Check its spelling.")
    if status in _TRANSIENT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        wait_s = retry_after_s(response.headers.get("Retry-After"))
        return Transient(
            f"status {status}", reason=FailureReason.HUB_UNAVAILABLE, retry_after_s=wait_s
        )
    return ModelDownloadFailed(f"{what} has the response status {status}.")


def gated_error(what: str) -> ModelUnauthorized:
    """Returns the error of a model whose terms this account has not accepted."""
    return ModelUnauthorized(
        f"{what} is gated.",
        advice="Accept its terms on its page, then set HF_TOKEN to a token of that account.",
        reason=FailureReason.HUB_FORBIDDEN,
    )


def connection_error(error: httpx2.TransportError) -> ModelStoreError | Transient:
    """Returns the error of a connection that failed before its response."""
    refused = untrusted_certificate(error)
    if refused is not None:
        # Another try would meet the same certificate.
        host = f" of {error.request.url.host}" if _has_request(error) else ""
        return ModelDownloadFailed(
            f"The certificate{host} is not trusted: {refused.verify_message}.",
            advice="If an authority of your own signed it, name a file with that authority's "
            "certificate in NEMO_VOICE_CA_BUNDLE.",
            reason=FailureReason.HUB_UNTRUSTED,
        )
    return Transient(f"{type(error).__name__}: {error}", reason=network_reason(error))


def _has_request(error: httpx2.TransportError) -> bool:
    """Returns whether the error knows its request; asking one that does not raises."""
    try:
        return bool(error.request)
    except RuntimeError:
        return False


def network_reason(error: httpx2.TransportError) -> FailureReason:
    """Returns the reason of a final failure with this error."""
    if isinstance(error, httpx2.TimeoutException):
        return FailureReason.HUB_TIMEOUT
    if isinstance(error, httpx2.ConnectError):
        return FailureReason.HUB_UNREACHABLE
    return FailureReason.CONNECTION_CUT


def retry_after_s(header: str | None) -> float | None:
    """Returns the seconds of a Retry-After header; None for a date, its rarer form."""
    if header is None or not header.strip().isdigit():
        return None
    return min(float(header), _LONGEST_RETRY_AFTER_S)
