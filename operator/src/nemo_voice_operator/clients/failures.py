"""Turns unsuccessful responses of the API server into the operator's errors."""

import json

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
_UNAUTHORIZED, _FORBIDDEN, _CONFLICT, _TOO_MANY, _SERVER_FAULT = 401, 403, 409, 429, 500


def failure_of(status: int, content: bytes) -> ClusterError:
    """Returns the error for an unsuccessful response of the API server."""
    try:
        body = json.loads(content)
        message, reason = str(body["message"]), str(body.get("reason", ""))
    except (ValueError, KeyError, TypeError):
        message, reason = content[:MOST_SHOWN].decode(errors="replace"), ""
        return _class_of(status, is_explained=True)(message, status=status)
    kind = _class_of(status, is_explained=bool(reason))
    if status == _UNAUTHORIZED:
        message = f"the API server does not accept the operator's credentials: {message}"
    return kind(message, reason=reason, status=status)


def _class_of(status: int, *, is_explained: bool) -> type[ClusterError]:
    """Returns the class of the error.

    Args:
        status: The HTTP status.
        is_explained: Whether the API server's Status has a reason, or there is no Status at all.
    """
    if status == _SERVER_FAULT and not is_explained:
        return Unexplained
    if status == _TOO_MANY or status >= _SERVER_FAULT:
        return Unavailable
    return {_CONFLICT: Conflict, _FORBIDDEN: Forbidden}.get(status, Refused)
