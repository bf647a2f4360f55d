"""`nvidia.riva.asr.RivaSpeechRecognition`, as NVIDIA's clients and agents call it.

Errors are raised as everywhere; the server's interceptor makes statuses of them.
"""

import asyncio
import io
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import BinaryIO, cast

from grpc.aio import ServicerContext

from nemo_voice_serving.access.quotas import charge_audio
from nemo_voice_serving.audio.raw import RawFormat
from nemo_voice_serving.audio.signatures import HEAD_BYTES
from nemo_voice_serving.errors import InvalidRequest, NotFound, PayloadTooLarge, RequestTooSlow
from nemo_voice_serving.grpc.fields import error_field
from nemo_voice_serving.grpc.protos.riva_common_pb2 import RequestId
from nemo_voice_serving.grpc.server import GrpcService
from nemo_voice_serving.runtime.service import Service
from nemo_voice_stt.grpc.live_audio import AudioStart, FileAudio, LiveAudio
from nemo_voice_stt.grpc.live_stream import LiveService, LiveStream, WantedResults
from nemo_voice_stt.grpc.protos import riva_asr_pb2 as asr
from nemo_voice_stt.grpc.protos.riva_asr_pb2_grpc import (
    add_RivaSpeechRecognitionServicer_to_server,
)
from nemo_voice_stt.grpc.requests import RecognitionOptions, options_of, raw_format_of
from nemo_voice_stt.grpc.results import final_result_of, result_of
from nemo_voice_stt.realtime.options import LiveOptions
from nemo_voice_stt.transcription.port import Recogniser
from nemo_voice_stt.transcription.transcription import (
    Passage,
    Transcription,
    TranscriptionInput,
    transcript_of,
)

NAME = str(asr.DESCRIPTOR.services_by_name["RivaSpeechRecognition"].full_name)
_IN_MEMORY_BYTES = 1024 * 1024
"""As much of a streamed recording is kept in memory, the rest in a file: half a minute."""
_AUDIO = "audio"
"""What errors name that are about what was sent, whole or in pieces."""
_KINDS = ("offline", "online")
"""How a model may be used: `Recognize` and `StreamingRecognize`."""


def recognition_service(
    service: Service[Recogniser, Transcription],
    live_service: LiveService,
    *,
    languages: Callable[[], Sequence[str]],
) -> GrpcService:
    """Returns Riva's recognition for a model that understands what `languages` returns."""
    servicer = RivaSpeechRecognition(service, live_service, languages)
    return GrpcService(NAME, partial(add_RivaSpeechRecognitionServicer_to_server, servicer))


class RivaSpeechRecognition:
    """The three methods, by gRPC's names."""

    def __init__(
        self,
        service: Service[Recogniser, Transcription],
        live_service: LiveService,
        languages: Callable[[], Sequence[str]],
    ) -> None:
        self._service = service
        self._live_service = live_service
        self._languages = languages

    async def Recognize(  # noqa: N802 gRPC's names
        self, request: asr.RecognizeRequest, _context: ServicerContext
    ) -> asr.RecognizeResponse:
        """Returns what is said in a whole recording.

        Raises:
            VoiceError: Whatever `options_of`, `raw_format_of` and `Transcription.passages` raise.
        """
        options = self._options(request.config)
        if not request.audio:
            raise InvalidRequest("audio: there is none.", param=_AUDIO)
        raw_format = raw_format_of(request.config, request.audio[:HEAD_BYTES])
        recording = _recording(io.BytesIO(request.audio), raw_format, options)
        passages = [passage async for passage in self._passages(recording)]
        result = result_of(transcript_of(passages), with_words=options.with_words)
        return asr.RecognizeResponse(results=[result], id=_id_of(request))

    async def StreamingRecognize(  # noqa: N802 same
        self, requests: AsyncIterator[asr.StreamingRecognizeRequest], _context: ServicerContext
    ) -> AsyncGenerator[asr.StreamingRecognizeResponse, None]:
        """Yields what is said: of samples while they arrive, of another file once it is whole.

        Raises:
            NoCapacity: As many sessions are open as the service keeps up with.
            RequestTooSlow: The client did not send its next message in time, or read its results.
            VoiceError: As `Recognize` does.
        """
        first = await self._next(requests)
        if first is None or not first.HasField("streaming_config"):
            message = "The first message must hold streaming_config, and the later ones audio."
            raise InvalidRequest(message, param="streaming_config")
        options = self._options(first.streaming_config.config)
        messages = self._audio(requests)
        start = await _start_of(messages, first.streaming_config.config)
        match start:
            case LiveAudio():
                results = self._live(first, options, start, messages)
            case FileAudio():
                results = self._whole(options, start, messages)
            case None:
                return
        async with aclosing(results):
            async for result in results:
                yield asr.StreamingRecognizeResponse(results=[result], id=_id_of(first))

    async def _live(
        self,
        first: asr.StreamingRecognizeRequest,
        options: RecognitionOptions,
        start: LiveAudio,
        messages: AsyncIterator[asr.StreamingRecognizeRequest],
    ) -> AsyncGenerator[asr.StreamingRecognitionResult, None]:
        live = self._live_service.live()
        live_options = LiveOptions(
            audio_format=start.audio_format,
            turn_detection=options.turn_detection,
            hotwords=options.hotwords,
            language=options.language,
            needs_words=options.with_words,
        )
        wanted = WantedResults(first.streaming_config.interim_results, options.with_words)
        with live.admitted():
            stream = LiveStream(self._live_service, live, live_options, wanted, self._heard)
            async with aclosing(stream.results(start.first, messages)) as results:
                async for result in results:
                    yield result
        self._service.request_served()

    def _heard(self, audio_s: float) -> None:
        charge_audio(audio_s)
        self._service.runtime.metrics.audio_received(audio_s)

    async def _whole(
        self,
        options: RecognitionOptions,
        start: FileAudio,
        messages: AsyncIterator[asr.StreamingRecognizeRequest],
    ) -> AsyncGenerator[asr.StreamingRecognitionResult, None]:
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as spooled:
            file = cast("BinaryIO", spooled)  # it has all methods, and another class
            file.write(start.first)
            await self._gather(messages, file, len(start.first))
            recording = _recording(file, None, options)
            async with aclosing(self._passages(recording)) as passages:
                async for passage in passages:
                    if passage.text:
                        yield final_result_of(
                            transcript_of([passage]), 0.0, with_words=options.with_words
                        )

    async def GetRivaSpeechRecognitionConfig(  # noqa: N802 same
        self, request: asr.RivaSpeechRecognitionConfigRequest, _context: ServicerContext
    ) -> asr.RivaSpeechRecognitionConfigResponse:
        """Returns the model with the languages that it understands.

        Raises:
            NotFound: The request names another model.
            NotReady: While no model is ready.
        """
        self._service.use_case()
        model = self._service.runtime.model.source
        if request.model_name not in {"", model}:
            raise NotFound(f"There is no model {request.model_name!r}; this is {model!r}.")
        languages = ",".join(self._languages())
        config = asr.RivaSpeechRecognitionConfigResponse.Config
        return asr.RivaSpeechRecognitionConfigResponse(
            model_config=[
                config(model_name=model, parameters={"type": kind, "language_code": languages})
                for kind in _KINDS
            ]
        )

    def _options(self, config: asr.RecognitionConfig) -> RecognitionOptions:
        # Before anything is read: UNAVAILABLE while no model is ready.
        abilities = self._service.use_case().abilities
        return options_of(config, self._languages(), abilities)

    async def _passages(self, recording: TranscriptionInput) -> AsyncGenerator[Passage, None]:
        arrived_s, audio_s = time.monotonic(), 0.0
        with error_field(_AUDIO):
            async with aclosing(self._service.use_case().passages(recording)) as passages:
                async for passage in passages:
                    charge_audio(passage.duration_s)
                    audio_s = passage.end_s
                    yield passage
        metrics = self._service.runtime.metrics
        metrics.audio_received(audio_s)
        metrics.request_paced(time.monotonic() - arrived_s, audio_s)
        self._service.request_served()

    async def _next(
        self, requests: AsyncIterator[asr.StreamingRecognizeRequest]
    ) -> asr.StreamingRecognizeRequest | None:
        """Returns the next message, which must come in time; None at their end."""
        idle_s = self._service.runtime.settings.grpc.stream_idle_s
        try:
            async with asyncio.timeout(idle_s):
                return await anext(requests, None)
        except TimeoutError:
            message = f"No message came within {idle_s:g} s: end the call, or send audio."
            raise RequestTooSlow(message) from None

    async def _audio(
        self, requests: AsyncIterator[asr.StreamingRecognizeRequest]
    ) -> AsyncGenerator[asr.StreamingRecognizeRequest, None]:
        """Yields the messages after the first, which may hold no second configuration."""
        while (request := await self._next(requests)) is not None:
            if request.HasField("streaming_config"):
                message = "Messages after the first must hold audio_content."
                raise InvalidRequest(message, param="audio_content")
            yield request

    async def _gather(
        self, messages: AsyncIterator[asr.StreamingRecognizeRequest], file: BinaryIO, count: int
    ) -> None:
        """Writes the audio of the messages behind so many bytes in the file."""
        most = self._service.runtime.settings.max_upload_bytes
        async for message in messages:
            count += len(message.audio_content)
            if count > most:
                raise PayloadTooLarge(f"The audio is larger than {most} bytes.", param=_AUDIO)
            file.write(message.audio_content)


async def _start_of(
    messages: AsyncIterator[asr.StreamingRecognizeRequest], config: asr.RecognitionConfig
) -> LiveAudio | FileAudio | None:
    """Returns what a stream is, once enough of it is there; None where it holds nothing."""
    start = AudioStart(config)
    async for message in messages:
        if (found := start.add(message.audio_content)) is not None:
            return found
    return start.end()


def _recording(
    file: BinaryIO, raw_format: RawFormat | None, options: RecognitionOptions
) -> TranscriptionInput:
    return TranscriptionInput(
        file,
        raw_format,
        options.hotwords,
        language=options.language,
        needs_words=options.with_words,
    )


def _id_of(
    request: asr.RecognizeRequest | asr.StreamingRecognizeRequest,
) -> RequestId | None:
    return request.id if request.HasField("id") else None
