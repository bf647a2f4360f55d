"""OpenAI's transcription sessions: the general release, and the beta that some clients still speak.

The two differ in how a session is configured and in a few names; audio and transcripts are alike.
"""

from typing import Any

from typing_extensions import override

from nemo_voice_serving.errors import VoiceError
from nemo_voice_serving.http.live.messages import Json, changes_of, sent_event, unknown
from nemo_voice_stt.http.realtime.beta_schemas import beta_from, general_from
from nemo_voice_stt.http.realtime.session_config import SessionSettings
from nemo_voice_stt.http.realtime.wire import (
    APPEND,
    CLEAR,
    COMMIT,
    SESSION_UPDATE,
    TRANSCRIPTION_SESSION_UPDATE,
    Wire,
    audio_of,
)
from nemo_voice_stt.http.response_schemas import logprobs_of
from nemo_voice_stt.realtime.events import (
    Cleared,
    Committed,
    Event,
    Failed,
    Final,
    Partial,
    SpeechStarted,
    SpeechStopped,
)
from nemo_voice_stt.realtime.session import LiveSession

TRANSCRIPTION = "conversation.item.input_audio_transcription"
KNOWN = (SESSION_UPDATE, APPEND, COMMIT, CLEAR)


class OpenAiWire(Wire):
    """The general release's events."""

    created = "session.created"
    updated = "session.updated"
    is_beta = False

    def __init__(self, settings: SessionSettings, *, session_id: str, expires_at: int) -> None:
        """Takes the session's settings, and what names and ends it."""
        self.settings = settings
        self.session_id = session_id
        self.expires_at = expires_at

    @override
    def greeting(self) -> list[Json]:
        return [sent_event(self.created, session=self.described())]

    def described(self) -> Json:
        """Returns the session as its client sees it."""
        return {
            "id": self.session_id,
            "object": "realtime.transcription_session",
            "type": "transcription",
            "expires_at": self.expires_at,
            **self.settings.described(),
        }

    @override
    async def handle(self, message: Json, session: LiveSession) -> list[Json]:
        match message.get("type"):
            case "input_audio_buffer.append":
                await session.append(audio_of(message))
            case "input_audio_buffer.commit":
                await session.commit()
            case "input_audio_buffer.clear":
                await session.clear()
            case "session.update" | "transcription_session.update":
                self.update(message, session)
                return [sent_event(self.updated, session=self.described())]
            case _:
                raise unknown(message, KNOWN)
        return []

    def update(self, message: Json, session: LiveSession) -> None:
        """Changes the session's settings as the message says, all of them or none."""
        before = self.settings.config
        changes = changes_of(message)
        flat = message["type"] == TRANSCRIPTION_SESSION_UPDATE
        options = self.settings.update(general_from(changes) if flat else changes)
        try:
            session.configure(options)
        except VoiceError:
            self.settings.config = before
            raise

    @override
    def rendered(self, event: Event) -> list[Json]:
        match event:
            case Committed():
                return self._committed(event)
            case Final():
                rest = [delta(event.item_id, event.rest)] if event.rest else []
                return [*rest, self._completed(event)]
            case _:
                return [_rendered(event)]

    def _committed(self, event: Committed) -> list[Json]:
        committed = _told("committed", event.item_id, previous_item_id=event.previous_item_id)
        item = {
            "id": event.item_id,
            "object": "realtime.item",
            "type": "message",
            "status": "completed",
            "role": "user",
            "content": [{"type": "input_audio", "transcript": None}],
        }
        names = ("created",) if self.is_beta else ("added", "done")
        previous = event.previous_item_id
        told = [
            sent_event(f"conversation.item.{name}", previous_item_id=previous, item=item)
            for name in names
        ]
        return [committed, *told]

    def _completed(self, event: Final) -> Json:
        transcript = event.transcript
        words = transcript.words
        logprobs: dict[str, Any] = {}
        if self.settings.wants_logprobs:
            logprobs["logprobs"] = [one.model_dump() for one in logprobs_of(words)]
        usage = {"type": "duration", "seconds": round(transcript.duration_s, 3)}
        return about(
            event.item_id, "completed", transcript=transcript.text, usage=usage, **logprobs
        )


class BetaWire(OpenAiWire):
    """The beta's events: a flat session, and one name for a new item."""

    created = "transcription_session.created"
    updated = "transcription_session.updated"
    is_beta = True

    @override
    def described(self) -> Json:
        return {
            "id": self.session_id,
            "object": "realtime.transcription_session",
            "expires_at": self.expires_at,
            **beta_from(self.settings.described()),
        }


def _rendered(event: SpeechStarted | SpeechStopped | Cleared | Partial | Failed) -> Json:
    match event:
        case SpeechStarted():
            return _told("speech_started", event.item_id, audio_start_ms=event.at_ms)
        case SpeechStopped():
            return _told("speech_stopped", event.item_id, audio_end_ms=event.at_ms)
        case Cleared():
            return sent_event("input_audio_buffer.cleared")
        case Partial():
            return delta(event.item_id, event.added)
        case Failed():
            return about(event.item_id, "failed", error=event.error.body()["error"])


def delta(item_id: str, added: str) -> Json:
    """Returns the event that adds to the transcript of an item."""
    return about(item_id, "delta", delta=added)


def about(item_id: str, what: str, **fields: Any) -> Json:
    """Returns an event about the transcript of an item."""
    return sent_event(f"{TRANSCRIPTION}.{what}", item_id=item_id, content_index=0, **fields)


def _told(what: str, item_id: str, **fields: Any) -> Json:
    return sent_event(f"input_audio_buffer.{what}", item_id=item_id, **fields)
