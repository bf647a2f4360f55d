"""Turns unsuccessful responses of the API server into errors."""

import json
from http import HTTPStatus

from nemo_voice_operator.errors import (
    ClusterError,
    Conflict,
    Forbidden,
    Refused,
    Unavailable,
    Unexplained,
)

MOST_SHOWN = 200
"""Bytes of a malformed response that an error shows."""
_CLASSES: dict[int, type[ClusterError]] = {
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.FORBIDDEN: Forbidden,
}


def failure_of(status: int, content: bytes) -> ClusterError:
    """Returns the error for an unsuccessful response of the API server."""
    try:
        body = json.loads(content)
        message, reason = str(body["message"]), str(body.get("reason", ""))
    except (ValueError, KeyError, TypeError):
        message, reason = content[:MOST_SHOWN].decode(errors="replace"), ""
        return _class_of(status, is_explained=True)(message, status=status)
    kind = _class_of(status, is_explained=bool(reason))
    if status == HTTPStatus.UNAUTHORIZED:
        message = f"the API server does not accept the operator's credentials: {message}"
    return kind(message, reason=reason, status=status)


def _class_of(status: int, *, is_explained: bool) -> type[ClusterError]:
    """Returns the class of the error.

    Args:
        status: The HTTP status.
        is_explained: Whether the API server's Status has a reason, or there is no Status at all.
    """
    if status == HTTPStatus.INTERNAL_SERVER_ERROR and not is_explained:
        return Unexplained
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable
    return _CLASSES.get(status, Refused)
