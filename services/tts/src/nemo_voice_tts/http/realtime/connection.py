"""One WebSocket with the sessions of text in pieces behind it, whatever its protocol."""

import asyncio
from abc import abstractmethod
from collections.abc import Coroutine
from typing import Any

from starlette.websockets import WebSocket
from typing_extensions import override

from nemo_voice_serving.http.live.connection import LiveConnection
from nemo_voice_tts.http.realtime.formats import OutputFormat
from nemo_voice_tts.http.realtime.service import LiveTextService
from nemo_voice_tts.http.realtime.speech import EncodedText, Told
from nemo_voice_tts.live_text.events import Finished
from nemo_voice_tts.live_text.live_texts import LiveTexts
from nemo_voice_tts.live_text.options import LiveTextOptions

_MAX_EVENTS = 512
_FINISH_S = 60.0
_LAST_CLAUSE_S = 5.0
"""For what is spoken already to reach the client, once nothing more is begun."""


class LiveTextConnection(LiveConnection[LiveTextService]):
    """Tells a client of its sessions, each by a name that the protocol gives it."""

    def __init__(self, websocket: WebSocket, service: LiveTextService, texts: LiveTexts) -> None:
        """Takes a WebSocket that is accepted."""
        super().__init__(websocket, service, max_events=_MAX_EVENTS, finish_s=_FINISH_S)
        self._texts = texts
        self._speeches: dict[str | None, EncodedText] = {}
        self._telling: set[asyncio.Task[None] | None] = set()
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @abstractmethod
    async def tell(self, name: str | None, told: Told) -> None:
        """Sends what there is to say of an event of a session."""

    def open(self, name: str | None, options: LiveTextOptions, output: OutputFormat) -> EncodedText:
        """Returns a new session, whose client is told of its events from now on."""
        speech = EncodedText(
            self._texts.open(options),
            output,
            self._texts.synthesis().sample_rate_hz,
            self._service.runtime.metrics,
        )
        self._speeches[name] = speech
        self._telling.add(asyncio.create_task(self._tell_all(name, speech)))
        return speech

    @override
    def background(self) -> list[Coroutine[Any, Any, None]]:
        return [self._watch_failure()]

    @property
    @override
    def is_open(self) -> bool:
        return any(speech.text.is_open for speech in self._speeches.values())

    @override
    def wind_up(self) -> None:
        for speech in self._speeches.values():
            speech.text.wind_up()

    @override
    async def finish(self) -> None:
        for speech in self._speeches.values():
            speech.text.wind_up()
        if self._telling:
            await asyncio.wait(list(filter(None, self._telling)), timeout=_LAST_CLAUSE_S)

    @override
    async def close(self) -> None:
        tasks = list(filter(None, self._telling))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for speech in list(self._speeches.values()):
            await speech.text.close()
        if self._failure.done() and not self._failure.cancelled():
            self._failure.exception()  # it was raised, or came after the end

    async def _tell_all(self, name: str | None, speech: EncodedText) -> None:
        try:
            async for told in speech.told():
                if isinstance(told.event, Finished):
                    self._service.served()
                await self.tell(name, told)
            await speech.text.close()
        except Exception as error:  # noqa: BLE001 whatever it is ends the connection
            if not self._failure.done():
                self._failure.set_exception(error)
        finally:
            # A client may have begun another by the same name already.
            if self._speeches.get(name) is speech:
                del self._speeches[name]
            self._telling.discard(asyncio.current_task())

    async def _watch_failure(self) -> None:
        await self._failure
