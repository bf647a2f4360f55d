"""The shape of `stream-input`, which ElevenLabs' clients and voice agents speak, one text or many.

A client sends `{"text": …}` until an empty text ends it; with contexts, several texts share the
connection, each ended by `close_context`.
"""

import base64
from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Any

from starlette.websockets import WebSocket
from typing_extensions import override

from nemo_voice_serving.errors import InvalidRequest, VoiceError
from nemo_voice_serving.http.live.connection import INTERNAL, NORMAL, POLICY, Ended
from nemo_voice_serving.http.live.messages import Json
from nemo_voice_tts.http.realtime.alignment import alignments
from nemo_voice_tts.http.realtime.connection import LiveTextConnection
from nemo_voice_tts.http.realtime.formats import OutputFormat
from nemo_voice_tts.http.realtime.service import LiveTextService
from nemo_voice_tts.http.realtime.speech import EncodedText, Told
from nemo_voice_tts.live_text.events import Clause, Failed, Finished, Flushed, Sound, Stopped
from nemo_voice_tts.live_text.live_texts import LiveTexts
from nemo_voice_tts.live_text.options import LiveTextOptions
from nemo_voice_tts.synthesis.port import FASTEST_PACE, SLOWEST_PACE

MAX_CONTEXTS = 20
"""Of one connection: one for each reply of an agent that is not over."""
_MAX_ID_CHARS = 200
_NOTHING: Json = {"audio": None, "isFinal": None, "normalizedAlignment": None, "alignment": None}


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """What the address of a connection says."""

    options: LiveTextOptions
    output: OutputFormat
    idle_s: float
    counts_from_start: bool = False
    """Whether times count from the beginning of the text, instead of that of the clause."""


class _StreamInput(LiveTextConnection):
    """What both shapes share: settings, audio with its alignments, errors."""

    def __init__(
        self,
        websocket: WebSocket,
        service: LiveTextService,
        texts: LiveTexts,
        settings: StreamSettings,
    ) -> None:
        """Takes a WebSocket that is accepted, and what its address says."""
        super().__init__(websocket, service, texts)
        self._settings = settings
        self._clauses: dict[str | None, Clause] = {}
        """Those of which the first audio has not been sent."""

    @property
    @override
    def idle_s(self) -> float:
        return self._settings.idle_s

    @override
    def greeting(self) -> list[Json]:
        return []

    @abstractmethod
    def named(self, name: str | None) -> Json:
        """Returns what names a text in a message about it."""

    @abstractmethod
    def failed(self, name: str | None, error: VoiceError) -> Ended | None:
        """Returns how the connection ends after an error of a text; None where it goes on."""

    def begin(self, name: str | None, message: Json) -> EncodedText:
        """Returns a new session with the settings of its first message.

        Raises:
            InvalidRequest: One of them is wrong.
        """
        options, given = self._settings.options, message.get("voice_settings")
        speed = given.get("speed") if isinstance(given, dict) else None
        if speed is not None:
            is_number = isinstance(speed, int | float) and not isinstance(speed, bool)
            if not is_number or not SLOWEST_PACE <= speed <= FASTEST_PACE:
                param = "voice_settings.speed"
                message_text = f"{param}: send a number from {SLOWEST_PACE} to {FASTEST_PACE}."
                raise InvalidRequest(message_text, param=param)
            options = replace(options, pace=float(speed))
        return self.open(name, options, self._settings.output)

    @override
    async def tell(self, name: str | None, told: Told) -> None:
        match told.event:
            case Clause() as clause:
                await self._tell_times(name)
                self._clauses[name] = clause
            case Failed(error):
                await self.deliver({**_error(error), **self.named(name)})
                if (ended := self.failed(name, error)) is not None:
                    await self.settle()
                    raise ended
            case Finished() if not told.audio:
                await self._tell_times(name)
                await self.deliver({**_NOTHING, "isFinal": True, **self.named(name)})
            case Sound() | Finished() | Flushed() | Stopped():
                if not told.audio:
                    return
                audio = base64.b64encode(told.audio).decode()
                times = self._times(self._clauses.pop(name, None))
                await self.deliver({**_NOTHING, "audio": audio, **times, **self.named(name)})

    async def _tell_times(self, name: str | None) -> None:
        """Sends the times of a clause whose sound the encoder has not given out."""
        if (clause := self._clauses.pop(name, None)) is not None:
            await self.deliver({**_NOTHING, "audio": "", **self._times(clause), **self.named(name)})

    def _times(self, clause: Clause | None) -> Json:
        if clause is None:
            return {}
        return alignments(
            clause, from_s=clause.begins_s if self._settings.counts_from_start else 0.0
        )

    @override
    def refusal(self, error: VoiceError, message: Any) -> list[Json]:
        return [_error(error)]


class StreamInput(_StreamInput):
    """One text: an empty one ends it, and then the connection."""

    @override
    def named(self, name: str | None) -> Json:
        return {}

    @override
    def failed(self, name: str | None, error: VoiceError) -> Ended | None:
        is_ours = error.status >= 500  # noqa: PLR2004 the first status of our own faults
        return Ended(INTERNAL if is_ours else POLICY, error.code)

    @override
    async def answer(self, message: Json) -> list[Json]:
        text = _text_of(message)
        speech = self._speeches.get(None)
        if speech is None:
            speech = self.begin(None, message)
        if text:
            speech.text.append(text)
        if message.get("flush") is True:
            speech.text.flush()
        elif text == "":
            speech.text.finish()
        return []

    @override
    async def tell(self, name: str | None, told: Told) -> None:
        await super().tell(name, told)
        if isinstance(told.event, Finished) and not told.audio:
            await self.settle()
            raise Ended(NORMAL, "the text is spoken")


class MultiStreamInput(_StreamInput):
    """Several texts, each in a context that its client names."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._closing: set[str | None] = set()
        self._is_closing = False

    @override
    def named(self, name: str | None) -> Json:
        return {"contextId": name}

    @override
    def failed(self, name: str | None, error: VoiceError) -> Ended | None:
        return None

    @override
    async def answer(self, message: Json) -> list[Json]:
        name = _context_of(message)
        if message.get("close_socket") is True:
            await self._close_socket()
            return []
        if message.get("close_context") is True:
            await self._close_context(name)
            return []
        text = _text_of(message)
        try:
            self._append(name, text, message)
        except VoiceError as error:
            return [{**_error(error), **self.named(name)}]
        return []

    def _append(self, name: str | None, text: str | None, message: Json) -> None:
        speech = self._speeches.get(name)
        if speech is None and text:
            if len(self._speeches) >= MAX_CONTEXTS:
                raise InvalidRequest(
                    f"{MAX_CONTEXTS} contexts are open: close one with close_context.",
                    param="context_id",
                )
            speech = self.begin(name, message)
        if speech is None:
            return  # a sign of life, or a flush of nothing
        if text:
            speech.text.append(text)
        if message.get("flush") is True:
            speech.text.flush()

    async def _close_context(self, name: str | None) -> None:
        """Ends a text after what was flushed of it; told twice, at once."""
        speech = self._speeches.get(name)
        if speech is None:
            return
        if name in self._closing:
            await speech.text.interrupt()
        else:
            self._closing.add(name)
            await speech.text.keep_flushed()

    async def _close_socket(self) -> None:
        self._is_closing = True
        for name in list(self._speeches):
            if name not in self._closing:
                await self._close_context(name)
        self._end_when_all_is_told()

    @override
    async def tell(self, name: str | None, told: Told) -> None:
        await super().tell(name, told)
        if isinstance(told.event, Finished) and not told.audio:
            self._closing.discard(name)
            await self.settle()
            self._speeches.pop(name, None)
            self._end_when_all_is_told()

    def _end_when_all_is_told(self) -> None:
        if self._is_closing and not self._speeches:
            raise Ended(NORMAL, "all contexts are closed")


def _error(error: VoiceError) -> Json:
    return {"error": error.message, "message": error.message, "code": error.code}


def _text_of(message: Json) -> str | None:
    text = message.get("text")
    if text is not None and not isinstance(text, str):
        raise InvalidRequest("text: send it as a string.", param="text")
    if text is None and not any(message.get(name) is not None for name in _OTHERS):
        raise InvalidRequest('The message has no text: send {"text": "…"}.', param="text")
    return text


_OTHERS = ("flush", "close_context", "close_socket")


def _context_of(message: Json) -> str | None:
    name = message.get("context_id", message.get("contextId"))
    if name is not None and (not isinstance(name, str) or len(name) > _MAX_ID_CHARS):
        text = f"context_id: send a name of at most {_MAX_ID_CHARS} characters."
        raise InvalidRequest(text, param="context_id")
    return name
