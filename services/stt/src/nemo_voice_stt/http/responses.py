"""From an upload to its answer, whole or streamed: what every transcription route shares."""

import time
from collections.abc import AsyncIterator

from fastapi import Request
from fastapi.responses import StreamingResponse

from nemo_voice_serving.errors import VoiceError
from nemo_voice_serving.http.disconnect import while_connected
from nemo_voice_serving.http.streaming import EVENTS_MEDIA_TYPE, StreamedResponse, failed
from nemo_voice_serving.runtime.runtime import Runtime
from nemo_voice_stt.http import sse
from nemo_voice_stt.http.response_schemas import TokenLogprob, logprobs_of
from nemo_voice_stt.transcription.port import Recogniser
from nemo_voice_stt.transcription.transcription import (
    Passage,
    Transcript,
    Transcription,
    TranscriptionOrder,
)


class Listener:
    """Answers transcription requests once the recogniser is there."""

    def __init__(self, runtime: Runtime[Recogniser]) -> None:
        self._runtime = runtime
        self.transcription: Transcription | None = None

    async def transcript(self, request: Request, order: TranscriptionOrder) -> Transcript:
        """Returns the transcript of an uploaded file, or stops working when the client leaves.

        Raises:
            NotReady: While no model is loaded.
            VoiceError: Whatever `Transcription.transcribe` raises.
        """
        arrived_s = time.monotonic()
        transcription = self._ready()
        transcript = await while_connected(request, transcription.transcribe(order))
        self._account(arrived_s, transcript.duration_s)
        return transcript

    async def stream(
        self, request: Request, order: TranscriptionOrder, *, with_logprobs: bool
    ) -> StreamingResponse:
        """Returns the answer as events; its first passage is already recognised.

        Raises:
            VoiceError: As `transcript` does, until the first passage is there; later errors are
                events.
        """
        arrived_s = time.monotonic()
        passages = self._ready().passages(order)
        first = await while_connected(request, anext(passages))
        telling = _Telling(with_logprobs=with_logprobs)

        async def events() -> AsyncIterator[bytes]:
            try:
                yield telling.heard(first)
                async for passage in passages:
                    yield telling.heard(passage)
                self._account(arrived_s, telling.audio_s)
                yield telling.done() + sse.END
            except VoiceError as error:
                request.state.outcome = error.code
                yield failed(error)

        return StreamedResponse(passages, events(), media_type=EVENTS_MEDIA_TYPE)

    def _ready(self) -> Transcription:
        self._runtime.require_serving()
        assert self.transcription is not None  # noqa: S101 serving phases begin after it is set
        return self.transcription

    def _account(self, arrived_s: float, audio_s: float) -> None:
        self._runtime.metrics.audio_received(audio_s)
        self._runtime.metrics.request_paced(time.monotonic() - arrived_s, audio_s)
        self._runtime.request_served()


class _Telling:
    """What has been told of a transcript so far: its text, not its words."""

    def __init__(self, *, with_logprobs: bool) -> None:
        self.audio_s = 0.0
        self._texts: list[str] = []
        self._tokens = 0
        self._logprobs: list[TokenLogprob] | None = [] if with_logprobs else None

    def heard(self, passage: Passage) -> bytes:
        """Returns the event of a passage; no bytes where nobody speaks."""
        self.audio_s = passage.end_s
        if not passage.text:
            return b""
        self._tokens += sum(len(word.tokens) for word in passage.words)
        space = " " if self._texts else ""
        self._texts.append(passage.text)
        if self._logprobs is None:
            return sse.delta(space + passage.text)
        own = logprobs_of(passage.words, is_start=not space)
        self._logprobs += own
        return sse.delta(space + passage.text, own)

    def done(self) -> bytes:
        """Returns the event that ends the transcript."""
        text = " ".join(self._texts)
        return sse.done(text, self.audio_s, self._tokens, self._logprobs)
