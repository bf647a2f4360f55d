"""Sessions of NVIDIA's Speech NIM, as the realtime client of `nvidia-riva-client` speaks them.

The messages have OpenAI's names with other meanings: a commit follows each piece of audio and ends
nothing; `input_audio_buffer.done` ends the session's audio, and the last result has the whole text.
"""

from dataclasses import replace
from typing import Any

from typing_extensions import override

from nemo_voice_serving.http.live.messages import Json, changes_of, sent_event, unknown
from nemo_voice_stt.http.realtime.nim_schemas import NimSession, nim_options, nim_session
from nemo_voice_stt.http.realtime.openai_wire import about, delta
from nemo_voice_stt.http.realtime.wire import (
    APPEND,
    CLEAR,
    COMMIT,
    DONE,
    TRANSCRIPTION_SESSION_UPDATE,
    Wire,
    audio_of,
)
from nemo_voice_stt.realtime.events import Event, Failed, Final, Partial
from nemo_voice_stt.realtime.session import LiveSession
from nemo_voice_stt.realtime.wav_header import WavHeader
from nemo_voice_stt.transcription.languages import Understanding
from nemo_voice_stt.transcription.port import Word
from nemo_voice_stt.transcription.writing import joined_passages

KNOWN = (TRANSCRIPTION_SESSION_UPDATE, APPEND, COMMIT, CLEAR, DONE)
_NO_SPEAKER = 0


class NimWire(Wire):
    """A NIM's events, and what the session heard so far."""

    def __init__(self, session_id: str, understanding: Understanding) -> None:
        """Takes what names the session, and what the model understands."""
        self._session_id = session_id
        self._understanding = understanding
        self._settings = NimSession()
        self._header: WavHeader | None = None
        self._texts: list[str] = []
        self._words: list[Json] = []
        self._last_item = "item_none"

    @override
    def greeting(self) -> list[Json]:
        conversation = {"id": self._session_id, "object": "realtime.conversation"}
        return [sent_event("conversation.created", conversation=conversation)]

    @override
    async def handle(self, message: Json, session: LiveSession) -> list[Json]:
        match message.get("type"):
            case "input_audio_buffer.append":
                await self._append(message, session)
            case "input_audio_buffer.commit":
                return [sent_event("input_audio_buffer.committed")]
            case "input_audio_buffer.clear":
                await session.clear()
                return [sent_event("input_audio_buffer.cleared")]
            case "input_audio_buffer.done":
                await session.finish()
                text = joined_passages(self._texts)
                return [self._completed(self._last_item, text, self._words, last=True)]
            case "transcription_session.update":
                return [self._update(message, session)]
            case _:
                raise unknown(message, KNOWN)
        return []

    def _update(self, message: Json, session: LiveSession) -> Json:
        settings = nim_session(changes_of(message))
        session.configure(nim_options(settings, self._understanding))
        self._settings = settings
        self._header = WavHeader() if settings.input_audio_format == "none" else None
        described = settings.model_dump(mode="json", exclude={"client_secret"})
        return sent_event("transcription_session.updated", session=described)

    async def _append(self, message: Json, session: LiveSession) -> None:
        audio = audio_of(message)
        if self._header is not None:
            found = self._header.add(audio)
            if found is None:
                return
            stated, audio = found
            self._header = None
            if stated is not None:
                session.configure(replace(session.options, audio_format=stated))
        await session.append(audio)
        config = message.get("runtime_config")
        if isinstance(config, dict) and str(config.get("force_eou")).lower() == "true":
            await session.end_item()

    @override
    def rendered(self, event: Event) -> list[Json]:
        match event:
            case Partial():
                return [delta(event.item_id, event.added)]
            case Final():
                return self._final(event)
            case Failed():
                return [sent_event("error", error=event.error.body()["error"])]
            case _:
                return []

    def _final(self, event: Final) -> list[Json]:
        words = [_word(word, event.begins_at_s) for word in event.transcript.words]
        text = event.transcript.text
        self._last_item = event.item_id
        if not text:
            return []
        self._texts.append(text)
        self._words += words
        rest = [delta(event.item_id, event.rest)] if event.rest else []
        return [*rest, self._completed(event.item_id, text, words, last=False)]

    def _completed(self, item_id: str, text: str, words: list[Json], *, last: bool) -> Json:
        told: dict[str, Any] = {"words": words if self._settings.wants_words else []}
        return about(item_id, "completed", transcript=text, is_last_result=last, words_info=told)


def _word(word: Word, begins_at_s: float) -> Json:
    return {
        "word": word.text,
        "start_time": round((begins_at_s + word.start_s) * 1000),
        "end_time": round((begins_at_s + word.end_s) * 1000),
        "confidence": word.confidence or 0.0,
        "speaker_tag": _NO_SPEAKER,
    }
