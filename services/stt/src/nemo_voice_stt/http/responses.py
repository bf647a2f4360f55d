"""From an upload to its response, whole or streamed: what every transcription route shares."""

import time
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass

from fastapi import Request, UploadFile
from fastapi.responses import StreamingResponse

from nemo_voice_serving.audio.raw import raw_format_of
from nemo_voice_serving.audio.signatures import HEAD_BYTES, names_its_format
from nemo_voice_serving.errors import VoiceError
from nemo_voice_serving.http.disconnect import while_connected
from nemo_voice_serving.http.error_param import error_param
from nemo_voice_serving.http.quotas import charge_audio
from nemo_voice_serving.http.streaming import EVENTS_MEDIA_TYPE, StreamedResponse, failed
from nemo_voice_serving.runtime.service import Service
from nemo_voice_stt.http import sse
from nemo_voice_stt.http.response_schemas import TokenLogprob, logprobs_of
from nemo_voice_stt.transcription.port import Abilities, Recogniser
from nemo_voice_stt.transcription.transcription import (
    Passage,
    Transcript,
    Transcription,
    TranscriptionInput,
    transcript_of,
)
from nemo_voice_stt.transcription.writing import separator


@dataclass(frozen=True, slots=True)
class Upload:
    """A recording in a request, and what is to be written of it."""

    file: UploadFile
    param: str
    """The request's field that holds the file, for errors."""
    hotwords: tuple[str, ...] = ()
    language: str | None = None
    """What is spoken, as the model names it; None leaves it to the model."""
    translate_to: str | None = None
    """The language to write it in, as the model names it; None writes what is said."""
    uses_words: bool = False
    """Whether times of words are used."""

    def recording(self) -> TranscriptionInput:
        """Returns what is to be transcribed.

        Raises:
            UnsupportedAudio: The file's Content-Type says something wrong about its samples.
        """
        file = self.file.file
        file.seek(0)
        # Some clients call every file audio/pcm: what it is by its first bytes counts.
        has_header = names_its_format(file.read(HEAD_BYTES))
        raw_format = None if has_header else raw_format_of(self.file.content_type)
        return TranscriptionInput(
            file,
            raw_format,
            self.hotwords,
            language=self.language,
            translate_to=self.translate_to,
            needs_words=self.uses_words,
        )


class TranscriptResponses:
    """Builds the responses to transcription requests from the service's transcription."""

    def __init__(self, service: Service[Recogniser, Transcription]) -> None:
        self._service = service

    def abilities(self) -> Abilities:
        """Returns what the model can do.

        Raises:
            NotReady: While no model is ready.
        """
        return self._service.use_case().abilities

    async def transcript(self, request: Request, upload: Upload) -> Transcript:
        """Returns the transcript of an upload, or stops working when the client leaves.

        Raises:
            NotReady: While no model is ready.
            VoiceError: Whatever `Transcription.passages` raises.
        """
        arrived_s = time.monotonic()
        with error_param(upload.param):
            passages = self._passages(upload)
            transcript = await while_connected(request, _whole(passages))
        self._account(arrived_s, transcript.duration_s)
        return transcript

    async def stream(
        self, request: Request, upload: Upload, *, with_logprobs: bool
    ) -> StreamingResponse:
        """Returns the response as events; its first passage is already recognised.

        Raises:
            VoiceError: As `transcript` does, until the first passage is there; a later error is
                the last event.
        """
        arrived_s = time.monotonic()
        transcript = _TranscriptEvents(with_logprobs=with_logprobs)
        with error_param(upload.param):
            passages = self._passages(upload)
            first = transcript.add(await while_connected(request, anext(passages)))

        async def events() -> AsyncIterator[bytes]:
            try:
                yield first
                with error_param(upload.param):
                    async for passage in passages:
                        yield transcript.add(passage)
                self._account(arrived_s, transcript.audio_s)
                yield transcript.done() + sse.END
            except VoiceError as error:
                request.state.outcome = error.code
                yield failed(error)

        return StreamedResponse(passages, events(), media_type=EVENTS_MEDIA_TYPE)

    def _passages(self, upload: Upload) -> AsyncGenerator[Passage, None]:
        recording = upload.recording()
        return self._service.use_case().passages(recording)

    def _account(self, arrived_s: float, audio_s: float) -> None:
        metrics = self._service.runtime.metrics
        metrics.audio_received(audio_s)
        metrics.request_paced(time.monotonic() - arrived_s, audio_s)
        self._service.request_served()


async def _whole(passages: AsyncIterator[Passage]) -> Transcript:
    """Returns the transcript, charging each passage when it is recognised."""
    recognised = []
    async for passage in passages:
        charge_audio(passage.duration_s)
        recognised.append(passage)
    return transcript_of(recognised)


class _TranscriptEvents:
    """The events of one transcript so far; keeps its text, not its words."""

    def __init__(self, *, with_logprobs: bool) -> None:
        self.audio_s = 0.0
        self._text = ""
        self._tokens = 0
        self._logprobs: list[TokenLogprob] | None = [] if with_logprobs else None

    def add(self, passage: Passage) -> bytes:
        """Returns the event of a passage, charging it; no bytes for a silent passage."""
        charge_audio(passage.duration_s)
        self.audio_s = passage.end_s
        if not passage.text:
            return b""
        self._tokens += sum(len(word.tokens) for word in passage.words)
        is_start = not self._text
        added = separator(self._text, passage.text) + passage.text
        self._text += added
        if self._logprobs is None:
            return sse.delta(added)
        own = logprobs_of(passage.words, is_start=is_start)
        self._logprobs += own
        return sse.delta(added, own)

    def done(self) -> bytes:
        """Returns the event that ends the transcript."""
        return sse.done(self._text, self.audio_s, self._tokens, self._logprobs)
