"""Sessions of NVIDIA's Speech NIM, as the realtime client of `nvidia-riva-client` speaks them."""

import base64
import uuid
from typing import Any

from starlette.websockets import WebSocket
from typing_extensions import override

from nemo_voice_serving.errors import InvalidRequest, VoiceError
from nemo_voice_serving.http.live.messages import (
    Json,
    changes_of,
    error_event,
    sent_event,
    unknown,
)
from nemo_voice_tts.http.realtime.connection import LiveTextConnection
from nemo_voice_tts.http.realtime.nim_schemas import (
    NimSynthesisSession,
    nim_synthesis_session,
    options_of,
    output_of,
)
from nemo_voice_tts.http.realtime.service import LiveTextService
from nemo_voice_tts.http.realtime.speech import Told
from nemo_voice_tts.live_text.events import Clause, Failed, Finished, Flushed, Sound, Stopped
from nemo_voice_tts.live_text.live_texts import LiveTexts
from nemo_voice_tts.synthesis.word_times import WordTime

KNOWN = (
    "synthesize_session.update",
    "input_text.append",
    "input_text.commit",
    "input_text.clear",
    "input_text.done",
)
_SPEECH = "conversation.item.speech"
_MOST_TOLD = 200
"""Clauses whose words are told at once: a text without commits may be as long as its session."""


class NimConnection(LiveTextConnection):
    """A NIM's events: text is appended, a commit flushes it, and `done` ends it."""

    def __init__(
        self,
        websocket: WebSocket,
        service: LiveTextService,
        texts: LiveTexts,
        settings: NimSynthesisSession,
    ) -> None:
        """Takes a WebSocket that is accepted, and what its session begins with."""
        super().__init__(websocket, service, texts)
        self._settings = settings
        self._session_id = f"sess_{uuid.uuid4().hex[:24]}"
        self._item_id = ""
        self._told: list[Clause] = []

    @override
    def greeting(self) -> list[Json]:
        conversation = {"id": self._session_id, "object": "realtime.conversation"}
        return [sent_event("conversation.created", conversation=conversation)]

    @override
    def refusal(self, error: VoiceError, message: Any) -> list[Json]:
        return [error_event(error, message)]

    @override
    async def answer(self, message: Json) -> list[Json]:
        match message.get("type"):
            case "synthesize_session.update":
                return [self._update(message)]
            case "input_text.append":
                self._append(message)
                return []
            case "input_text.commit":
                return self._commit()
            case "input_text.clear":
                return await self._clear()
            case "input_text.done":
                return self._done()
            case _:
                raise unknown(message, KNOWN)

    def _commit(self) -> list[Json]:
        if (speech := self._speeches.get(None)) is not None:
            speech.text.flush()
        return [sent_event("input_text.committed")]

    async def _clear(self) -> list[Json]:
        if (speech := self._speeches.get(None)) is not None:
            await speech.text.interrupt()
        return [sent_event("input_text.cleared")]

    def _done(self) -> list[Json]:
        speech = self._speeches.get(None)
        if speech is None:
            return [self._completed(is_last=True)]
        speech.text.finish()
        return []

    def _update(self, message: Json) -> Json:
        speech = self._speeches.get(None)
        if speech is not None and speech.text.is_busy:
            text = (
                "Text is being spoken: send input_text.done, or clear it, before settings change."
            )
            raise InvalidRequest(text, param="session")
        settings = nim_synthesis_session(changes_of(message))
        options_of(settings, self._texts.synthesis(), self._service.delivery)
        self._settings = settings
        described = settings.model_dump(mode="json", exclude={"client_secret"})
        return sent_event("synthesize_session.updated", session=described)

    def _append(self, message: Json) -> None:
        text = message.get("text")
        if not isinstance(text, str):
            raise InvalidRequest("text: send it as a string.", param="text")
        speech = self._speeches.get(None)
        if speech is None:
            synthesis = self._texts.synthesis()
            options = options_of(self._settings, synthesis, self._service.delivery)
            speech = self.open(None, options, output_of(self._settings))
            self._item_id = f"item_{uuid.uuid4().hex[:24]}"
        speech.text.append(text)

    @override
    async def tell(self, name: str | None, told: Told) -> None:
        if told.audio:
            audio = base64.b64encode(told.audio).decode()
            await self.deliver(self._about("data", audio=audio))
            return
        match told.event:
            case Clause() as clause:
                self._told.append(clause)
                if len(self._told) > _MOST_TOLD:
                    await self.deliver(self._completed(is_last=False))
            case Flushed():
                await self.deliver(self._completed(is_last=False))
            case Finished():
                self._speeches.pop(name, None)
                await self.deliver(self._completed(is_last=True))
            case Failed(error):
                await self.deliver(error_event(error))
            case Sound() | Stopped():
                return

    def _completed(self, *, is_last: bool) -> Json:
        told, self._told = self._told, []
        words = [_word(clause, word) for clause in told for word in clause.phrase.written]
        metadata = {
            "text": " ".join(clause.source for clause in told),
            "processed_text": " ".join(clause.phrase.text for clause in told),
            "words": words,
        }
        return self._about("completed", is_last_result=is_last, synthesis_metadata=metadata)

    def _about(self, what: str, **fields: Any) -> Json:
        return sent_event(f"{_SPEECH}.{what}", item_id=self._item_id, content_index=0, **fields)


def _word(clause: Clause, word: WordTime) -> Json:
    first = clause.phrase.span[0]
    return {
        "word": clause.source[word.span[0] - first : word.span[1] - first],
        "start_time": round((clause.begins_s + word.start_s) * 1000),
        "end_time": round((clause.begins_s + word.end_s) * 1000),
    }
