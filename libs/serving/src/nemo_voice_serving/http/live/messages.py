"""The JSON messages of live sessions, read from clients and written as events of OpenAI's shape."""

import json
import uuid
from collections.abc import Sequence
from typing import Any

from nemo_voice_serving.errors import InvalidRequest, VoiceError

Json = dict[str, Any]

_MAX_ID_CHARS = 512


def sent_event(kind: str, **fields: Any) -> Json:
    """Returns an event of the server, with an id of its own."""
    return {"type": kind, "event_id": f"event_{uuid.uuid4().hex[:20]}", **fields}


def error_event(error: VoiceError, message: Any = None) -> Json:
    """Returns the event that tells of an error, after which the session goes on."""
    cause = message.get("event_id") if isinstance(message, dict) else None
    known = cause if isinstance(cause, str) and len(cause) <= _MAX_ID_CHARS else None
    detail = {**error.body()["error"], "event_id": known}
    return sent_event("error", error=detail)


def changes_of(message: Json) -> Json:
    """Returns the settings in an update message.

    Raises:
        InvalidRequest: There are none.
    """
    changes = message.get("session")
    if not isinstance(changes, dict):
        raise InvalidRequest("session: send the settings as an object.", param="session")
    return changes


def unknown(message: Json, known: Sequence[str]) -> InvalidRequest:
    """Returns the error for a message of a type that no session has."""
    kind = str(message.get("type"))[:80]
    text = f"Invalid value: {kind!r}. Supported values are: {', '.join(known)}."
    return InvalidRequest(text, param="type")


def parsed(text: str | bytes) -> Json:
    """Returns a client's message.

    Raises:
        InvalidRequest: It is no JSON object.
    """
    try:
        message = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise InvalidRequest("The message is not JSON.") from None
    if not isinstance(message, dict):
        raise InvalidRequest("The message is not a JSON object.")
    return message


def _no_number(name: str) -> None:
    """Refuses what Python reads and JSON does not have: it would be written into events."""
    raise ValueError(name)
