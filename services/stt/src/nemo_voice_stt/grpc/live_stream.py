"""One `StreamingRecognize` call over a live session: audio in, interim and final results out."""

import asyncio
import math
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from nemo_voice_serving.errors import NotReady, RequestTooSlow, VoiceError
from nemo_voice_stt.grpc.protos.riva_asr_pb2 import (
    StreamingRecognitionResult,
    StreamingRecognizeRequest,
)
from nemo_voice_stt.grpc.results import final_result_of, interim_result_of
from nemo_voice_stt.realtime.audio_format import BYTES_PER_SAMPLE, Encoding, LiveFormat
from nemo_voice_stt.realtime.events import Event, Failed, Final, Partial
from nemo_voice_stt.realtime.listening_delay import ListeningDelay
from nemo_voice_stt.realtime.live_speech import LiveSpeech
from nemo_voice_stt.realtime.options import LiveOptions

_LOOK_S = 0.05
_RETRY_S = 0.1
"""Another replica is there at once."""


class LiveService(Protocol):
    """What every live session of the service needs, whatever its protocol."""

    draining: asyncio.Event
    """Set once the service stops: sessions end after their utterance."""
    live: Callable[[], LiveSpeech]
    """Returns what opens sessions; raises `NotReady` while none is taken."""

    @property
    def drain_s(self) -> float:
        """How long a session may take for that."""
        ...

    @property
    def longest_s(self) -> float:
        """How long a session may be."""
        ...


@dataclass(frozen=True, slots=True)
class WantedResults:
    """Which results a client asked for."""

    has_interim: bool
    has_words: bool


class LiveStream:
    """Passes a client's audio to its session, and the session's events back as results."""

    def __init__(
        self,
        service: LiveService,
        live: LiveSpeech,
        options: LiveOptions,
        wanted: WantedResults,
        heard: Callable[[float], None],
    ) -> None:
        """Opens a session, which `results` closes; `heard` gets the seconds of what it heard."""
        self._service = service
        self._wanted = wanted
        self._most = live.limits.max_events
        self._bytes_per_s = _bytes_per_s(options.audio_format)
        self._received_s = 0.0
        self._outgoing: deque[tuple[str, StreamingRecognitionResult]] = deque()
        self._shown: dict[str, str] = {}
        self._has_news = asyncio.Event()
        self._has_failed = asyncio.Event()
        self._failure: VoiceError | None = None
        self._live = live
        self._delay = ListeningDelay()
        self._session = live.open(options, self._emit, heard)

    async def results(
        self, first: bytes, requests: AsyncIterator[StreamingRecognizeRequest]
    ) -> AsyncGenerator[StreamingRecognitionResult, None]:
        """Yields the results; ends with the client's audio, once all of it is transcribed.

        Args:
            first: The first audio.
            requests: The messages that follow.

        Raises:
            NotReady: The service stops, or the stream is as long as one may be: connect anew.
            RequestTooSlow: The client did not read its results.
            VoiceError: An utterance could not be transcribed, or a message is wrong.
        """
        work = asyncio.create_task(
            _until_first(self._read(first, requests), self._leave(), self._fail())
        )
        work.add_done_callback(lambda _: self._has_news.set())
        try:
            while True:
                self._has_news.clear()
                while self._outgoing:
                    yield self._outgoing.popleft()[1]
                if work.done():
                    break
                await self._has_news.wait()
            await work
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            await self._session.close()

    async def _read(self, first: bytes, requests: AsyncIterator[StreamingRecognizeRequest]) -> None:
        await self._append(first)
        async for request in requests:
            await self._append(request.audio_content)
            if request.runtime_config.get("force_eou", "").lower() == "true":
                await self._session.end_item()
        await self._session.finish()
        if self._failure is not None:
            raise self._failure

    async def _append(self, audio: bytes) -> None:
        self._received_s += len(audio) / self._bytes_per_s
        self._delay.received(math.inf)  # gRPC does not say whether it was there already
        await self._session.append(audio)
        self._live.listened(self._delay.listened(self._session.heard_s))

    async def _leave(self) -> None:
        """Ends the session after its utterance once the service stops, or it is long enough."""
        service, loop = self._service, asyncio.get_running_loop()
        reason = "The service is stopping"
        try:
            async with asyncio.timeout(service.longest_s):
                await service.draining.wait()
        except TimeoutError:
            reason = "The stream is as long as one may be"
        until_s = loop.time() + service.drain_s
        while self._session.is_open and loop.time() < until_s:  # noqa: ASYNC110 the client ends it
            await asyncio.sleep(_LOOK_S)
        await self._session.finish()
        raise NotReady(f"{reason}: connect again.", retry_after_s=_RETRY_S)

    async def _fail(self) -> None:
        """Ends the stream of a client that sends nothing, too, when it has failed."""
        await self._has_failed.wait()
        if self._failure is not None:
            raise self._failure

    def _emit(self, event: Event) -> None:
        match event:
            case Partial() if self._wanted.has_interim:
                text = self._shown.get(event.item_id, "") + event.added
                self._shown[event.item_id] = text
                self._put(event.item_id, interim_result_of(text, self._received_s))
            case Final():
                self._shown.pop(event.item_id, None)
                if event.transcript.text:
                    result = final_result_of(
                        event.transcript, event.begins_at_s, with_words=self._wanted.has_words
                    )
                    self._put(event.item_id, result)
            case Failed():
                self._end_with(event.error)
            case _:
                pass

    def _put(self, item_id: str, result: StreamingRecognitionResult) -> None:
        # What the client has not read of an item is replaced: results of an item are cumulative.
        if self._outgoing and self._outgoing[-1][0] == item_id:
            del self._outgoing[-1]
        self._outgoing.append((item_id, result))
        self._has_news.set()
        if len(self._outgoing) > self._most:
            self._end_with(RequestTooSlow("The results were not read."))

    def _end_with(self, error: VoiceError) -> None:
        self._failure = self._failure or error
        self._has_failed.set()


def _bytes_per_s(live_format: LiveFormat) -> int:
    sample = BYTES_PER_SAMPLE if live_format.encoding is Encoding.PCM16 else 1
    return sample * live_format.channels * live_format.rate_hz


async def _until_first(*work: Coroutine[Any, Any, None]) -> None:
    """Returns, or raises, as the first of the work does; the rest is cancelled."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
