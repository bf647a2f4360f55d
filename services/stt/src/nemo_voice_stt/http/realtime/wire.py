"""What the protocols of live sessions have in common: JSON messages in, JSON events out."""

import base64
import binascii
import uuid
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from nemo_voice_serving.errors import InvalidRequest, VoiceError
from nemo_voice_stt.realtime.events import Event
from nemo_voice_stt.realtime.session import LiveSession

Json = dict[str, Any]

APPEND = "input_audio_buffer.append"
COMMIT = "input_audio_buffer.commit"
CLEAR = "input_audio_buffer.clear"
DONE = "input_audio_buffer.done"
SESSION_UPDATE = "session.update"
TRANSCRIPTION_SESSION_UPDATE = "transcription_session.update"
_MAX_ID_CHARS = 512


class Wire(ABC):
    """One protocol, for one session."""

    @abstractmethod
    def greeting(self) -> list[Json]:
        """Returns what the server says first, unasked."""

    @abstractmethod
    async def handle(self, message: Json, session: LiveSession) -> list[Json]:
        """Does what a client's message says, and returns the events that answer it.

        Raises:
            VoiceError: The message is wrong; the session goes on.
        """

    @abstractmethod
    def rendered(self, event: Event) -> list[Json]:
        """Returns what a client is told of an event of the session."""


def sent_event(kind: str, **fields: Any) -> Json:
    """Returns an event of the server, with an id of its own."""
    return {"type": kind, "event_id": f"event_{uuid.uuid4().hex[:20]}", **fields}


def error_event(error: VoiceError, message: Any = None) -> Json:
    """Returns the event that tells of an error, after which the session goes on."""
    cause = message.get("event_id") if isinstance(message, dict) else None
    known = cause if isinstance(cause, str) and len(cause) <= _MAX_ID_CHARS else None
    detail = {**error.body()["error"], "event_id": known}
    return sent_event("error", error=detail)


def audio_of(message: Json) -> bytes:
    """Returns the audio of an append message.

    Raises:
        InvalidRequest: It is not base64.
    """
    audio = message.get("audio")
    if not isinstance(audio, str):
        raise InvalidRequest("audio: send the samples as base64 text.", param="audio")
    try:
        return base64.b64decode(audio, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRequest("audio: this is not base64.", param="audio") from None


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
