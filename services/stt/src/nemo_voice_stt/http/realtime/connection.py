"""One WebSocket with a live session behind it: messages in, events out, and how it ends."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from nemo_voice_serving.access.quotas import charge_audio
from nemo_voice_serving.errors import BackendFailed, InvalidRequest, VoiceError
from nemo_voice_stt.http.realtime.service import RealtimeService
from nemo_voice_stt.http.realtime.wire import APPEND, Json, Wire, error_event
from nemo_voice_stt.http.realtime.wires import Wires
from nemo_voice_stt.realtime.events import Event
from nemo_voice_stt.realtime.listening_delay import ListeningDelay
from nemo_voice_stt.realtime.live_speech import LiveSpeech
from nemo_voice_stt.realtime.session import LiveSession

logger = logging.getLogger(__name__)

GOING_AWAY, POLICY, INTERNAL, RESTART = 1001, 1008, 1011, 1012
NO_STATUS = 1005
_LOOK_S = 0.05
_MAX_OTHER_CHARS = 256 * 1024
"""Of a message that holds no audio: its answer may hold as much again."""
_MAX_WAITING_CHARS = 16 * 1024 * 1024
"""Of events that the client has not read."""
_LAST_WORDS_S = 5.0
"""For what was said already to reach a client before the connection is closed."""


class Ended(Exception):
    """The connection is to be closed, with a code and a reason for the client."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Connection:
    """Passes a client's messages to its session, and the session's events back."""

    def __init__(
        self, websocket: WebSocket, service: RealtimeService, live: LiveSpeech, wires: Wires
    ) -> None:
        """Takes a WebSocket that is accepted, and the protocols that its client may speak."""
        self._websocket = websocket
        self._service = service
        self._wires = wires
        self._wire: Wire = wires.first
        self._outgoing: asyncio.Queue[str] = asyncio.Queue(live.limits.max_events)
        self._waiting_chars = 0
        self._is_overrun = asyncio.Event()
        self._heard_s = asyncio.get_running_loop().time()
        self._live = live
        self._delay = ListeningDelay()
        self._session: LiveSession = live.open(wires.options(), self._emit, self._transcribed)

    async def serve(self) -> None:
        """Serves until one of both sides ends it; closes the connection and stops all work."""
        code = NO_STATUS
        self._send(self._wire.greeting())
        try:
            await self._run()
        except WebSocketDisconnect as gone:
            code = gone.code
        except Ended as ended:
            code = ended.code
            await self._close(ended)
        except Exception:  # the last resort: a client is told, and the log has the reason
            code = INTERNAL
            logger.exception("live session failed")
            await self._close(Ended(INTERNAL, "the session failed; the service's log says why"))
        finally:
            self._service.ended(code)
            await self._session.close()

    async def _run(self) -> None:
        """Runs until the first part of the work ends, which is how the connection ends."""
        watches = (self._watch_reader(), self._watch_drain(), self._watch_time())
        async with _together(self._read(), self._write(), *watches) as tasks:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()

    async def _read(self) -> None:
        while True:
            asked_s = asyncio.get_running_loop().time()
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code") or NO_STATUS)
            self._heard_s = asyncio.get_running_loop().time()
            self._delay.received(self._heard_s - asked_s)
            await self._handle(message.get("text") or message.get("bytes") or "")
            self._heard_s = asyncio.get_running_loop().time()
            self._live.listened(self._delay.listened(self._session.heard_s))

    async def _handle(self, text: str | bytes) -> None:
        message: Any = None
        try:
            message = _parsed(text)
            if len(text) > _MAX_OTHER_CHARS and message.get("type") != APPEND:
                limit = f"A message without audio has at most {_MAX_OTHER_CHARS} characters."
                raise InvalidRequest(limit)
            self._wire = self._wires.wire_for(self._wire, message)
            self._send(await self._wire.handle(message, self._session))
        except VoiceError as error:
            if error.status >= BackendFailed.status:
                raise Ended(INTERNAL, "speech cannot be looked for; the log says why") from error
            self._send([error_event(error, message)])
        except RecursionError:
            refusal = InvalidRequest("The message is nested too deeply.")
            self._send([error_event(refusal, message)])

    async def _write(self) -> None:
        while True:
            text = await self._outgoing.get()
            await self._websocket.send_text(text)
            self._waiting_chars -= len(text)
            self._outgoing.task_done()

    async def _watch_reader(self) -> None:
        await self._is_overrun.wait()
        raise Ended(POLICY, "the events were not read")

    async def _watch_drain(self) -> None:
        await self._service.draining.wait()
        await self._finish(self._service.drain_s)
        raise Ended(RESTART, "the service is stopping; connect again")

    async def _watch_time(self) -> None:
        loop, settings = asyncio.get_running_loop(), self._service.settings
        ends_s = loop.time() + settings.max_session_s
        while (now_s := loop.time()) < ends_s:
            idle_s = self._heard_s + settings.idle_s
            if now_s >= idle_s:
                raise Ended(POLICY, f"nothing was sent for {settings.idle_s:g} s")
            await asyncio.sleep(min(ends_s, idle_s) - now_s)
        await self._finish(settings.max_utterance_s)
        raise Ended(GOING_AWAY, "the session is as long as one may be; connect again")

    async def _finish(self, longest_s: float) -> None:
        """Waits for the open utterance to end, and for what is to be said of it to be sent."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + longest_s
        while self._session.is_open and loop.time() < until_s:  # noqa: ASYNC110 the client ends it
            await asyncio.sleep(_LOOK_S)
        await self._session.finish()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_S):
                await self._outgoing.join()

    def _transcribed(self, audio_s: float) -> None:
        charge_audio(audio_s)
        self._service.runtime.metrics.audio_received(audio_s)

    def _emit(self, event: Event) -> None:
        self._send(self._wire.rendered(event))

    def _send(self, events: list[Json]) -> None:
        for event in events:
            text = json.dumps(event, separators=(",", ":"))
            self._waiting_chars += len(text)
            if self._outgoing.full() or self._waiting_chars > _MAX_WAITING_CHARS:
                self._is_overrun.set()
                return
            self._outgoing.put_nowait(text)

    async def _close(self, ended: Ended) -> None:
        if self._websocket.application_state is WebSocketState.CONNECTED:
            with contextlib.suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
                async with asyncio.timeout(_LAST_WORDS_S):
                    await self._websocket.close(ended.code, ended.reason)


@asynccontextmanager
async def _together(
    *work: Coroutine[Any, Any, None],
) -> AsyncIterator[list["asyncio.Task[None]"]]:
    """Yields the work as running tasks, all of which have ended after the block."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _parsed(text: str | bytes) -> Json:
    try:
        message = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise InvalidRequest("The message is not JSON.") from None
    if not isinstance(message, dict):
        raise InvalidRequest("The message is not a JSON object with a `type`.")
    return message


def _no_number(name: str) -> None:
    """Refuses what Python reads and JSON does not have: it would be written into events."""
    raise ValueError(name)
