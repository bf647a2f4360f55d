"""One WebSocket with a live session behind it: messages in, events out, and how it ends."""

import asyncio
import contextlib
import json
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from nemo_voice_serving.errors import BackendFailed, InvalidRequest, Unimplemented, VoiceError
from nemo_voice_serving.http.live.messages import Json, parsed
from nemo_voice_serving.http.live.service import LiveService

logger = logging.getLogger(__name__)

NORMAL, GOING_AWAY, POLICY, INTERNAL, RESTART = 1000, 1001, 1008, 1011, 1012
NO_STATUS = 1005
_LOOK_S = 0.05
_MAX_OTHER_CHARS = 256 * 1024
"""Of a message that is not bulky by its kind: its answer may hold as much again."""
_MAX_WAITING_CHARS = 16 * 1024 * 1024
"""Of events that the client has not read."""
_LAST_WORDS_S = 5.0
"""For what was said already to reach a client before the connection is closed."""

ServiceT = TypeVar("ServiceT", bound=LiveService)


class Ended(Exception):
    """The connection is to be closed, with a code and a reason for the client."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class LiveConnection(ABC, Generic[ServiceT]):
    """Passes a client's messages to its session, and the session's events back."""

    def __init__(
        self, websocket: WebSocket, service: ServiceT, *, max_events: int, finish_s: float
    ) -> None:
        """Takes a WebSocket that is accepted.

        Args:
            websocket: It.
            service: The limits and the drain.
            max_events: How many events may wait for the client to read them.
            finish_s: How long what is open may take once the session is as long as it may be.
        """
        self._websocket = websocket
        self._service = service
        self._finish_s = finish_s
        self._outgoing: asyncio.Queue[str] = asyncio.Queue(max_events)
        self._waiting_chars = 0
        self._is_overrun = asyncio.Event()
        self._heard_s = asyncio.get_running_loop().time()

    @abstractmethod
    def greeting(self) -> list[Json]:
        """Returns what the server says first, unasked."""

    @abstractmethod
    async def answer(self, message: Json) -> list[Json]:
        """Does what a client's message says, and returns the events that answer it.

        Raises:
            VoiceError: The message is wrong; the session goes on.
            Ended: The message ends the session.
        """

    @abstractmethod
    def refusal(self, error: VoiceError, message: Any) -> list[Json]:
        """Returns the events that tell of an error of a message."""

    def is_bulky(self, _message: Json) -> bool:
        """Returns whether a message may be as long as any: one with audio."""
        return False

    def received(self, waited_s: float) -> None:
        """Notes that a message was read now, and for how many seconds it was waited for."""

    def handled(self) -> None:
        """Notes that all is done that the message said."""

    def background(self) -> list[Coroutine[Any, Any, None]]:
        """Returns what runs as long as the connection; its end is that of the connection."""
        return []

    @property
    @abstractmethod
    def is_open(self) -> bool:
        """Whether something is on its way that is worth waiting for."""

    @property
    def idle_s(self) -> float:
        """How long the client may send nothing."""
        return self._service.idle_s

    def wind_up(self) -> None:
        """Begins nothing more, since the service stops: by default what is open decides."""

    @abstractmethod
    async def finish(self) -> None:
        """Ends what is open, and waits for it."""

    @abstractmethod
    async def close(self) -> None:
        """Stops all work; what is unfinished is lost."""

    async def serve(self) -> None:
        """Serves until one of both sides ends it; closes the connection and stops all work."""
        code = NO_STATUS
        self.send(self.greeting())
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
            await self.close()

    def send(self, events: list[Json]) -> None:
        """Sends events; one that finds too many unread ends the connection."""
        for event in events:
            text = json.dumps(event, separators=(",", ":"))
            self._waiting_chars += len(text)
            if self._outgoing.full() or self._waiting_chars > _MAX_WAITING_CHARS:
                self._is_overrun.set()
                return
            self._outgoing.put_nowait(text)

    async def deliver(self, event: Json) -> None:
        """Sends an event once the client has read what came before it."""
        await self.settle()
        self.send([event])

    async def settle(self) -> None:
        """Waits until all events are with the network."""
        await self._outgoing.join()

    async def _run(self) -> None:
        """Runs until the first part of the work ends, which is how the connection ends."""
        watches = (self._watch_reader(), self._watch_drain(), self._watch_time())
        work = (self._read(), self._write(), *watches, *self.background())
        async with _together(*work) as tasks:
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
            self.received(self._heard_s - asked_s)
            await self._handle(message.get("text") or message.get("bytes") or "")
            self._heard_s = asyncio.get_running_loop().time()
            self.handled()

    async def _handle(self, text: str | bytes) -> None:
        message: Any = None
        try:
            message = parsed(text)
            if len(text) > _MAX_OTHER_CHARS and not self.is_bulky(message):
                limit = f"A message without audio has at most {_MAX_OTHER_CHARS} characters."
                raise InvalidRequest(limit)
            self.send(await self.answer(message))
        except VoiceError as error:
            if error.status >= BackendFailed.status and not isinstance(error, Unimplemented):
                raise Ended(INTERNAL, "the session failed; the service's log says why") from error
            self.send(self.refusal(error, message))
        except RecursionError:
            self.send(self.refusal(InvalidRequest("The message is nested too deeply."), message))

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
        self.wind_up()
        await self._finish(self._service.drain_s)
        raise Ended(RESTART, "the service is stopping; connect again")

    async def _watch_time(self) -> None:
        loop, service = asyncio.get_running_loop(), self._service
        ends_s = loop.time() + service.longest_s
        while (now_s := loop.time()) < ends_s:
            idle_s = self._heard_s + self.idle_s
            if now_s >= idle_s:
                raise Ended(POLICY, f"nothing was sent for {self.idle_s:g} s")
            await asyncio.sleep(min(ends_s, idle_s) - now_s)
        await self._finish(self._finish_s)
        raise Ended(GOING_AWAY, "the session is as long as one may be; connect again")

    async def _finish(self, longest_s: float) -> None:
        """Waits for what is open to end, and for what is to be said of it to be sent."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + longest_s
        while self.is_open and loop.time() < until_s:  # noqa: ASYNC110 the client ends it
            await asyncio.sleep(_LOOK_S)
        await self.finish()
        await self._say_last_words()

    async def _say_last_words(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_S):
                await self.settle()

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
