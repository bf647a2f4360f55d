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
from nemo_voice_serving.audio.signatures import HEAD_BYTES
from nemo_voice_serving.errors import InvalidRequest, NotFound, PayloadTooLarge, RequestTooSlow
from nemo_voice_serving.grpc.fields import error_field
from nemo_voice_serving.grpc.protos.riva_common_pb2 import RequestId
from nemo_voice_serving.grpc.server import GrpcService
from nemo_voice_serving.runtime.service import Service
from nemo_voice_stt.grpc.protos import riva_asr_pb2 as asr
from nemo_voice_stt.grpc.protos.riva_asr_pb2_grpc import (
    add_RivaSpeechRecognitionServicer_to_server,
)
from nemo_voice_stt.grpc.requests import RecognitionOptions, options_of, raw_format_of
from nemo_voice_stt.grpc.results import final_result_of, result_of
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
    service: Service[Recogniser, Transcription], *, languages: Callable[[], Sequence[str]]
) -> GrpcService:
    """Returns Riva's recognition for a model that understands what `languages` returns."""
    servicer = RivaSpeechRecognition(service, languages)
    return GrpcService(NAME, partial(add_RivaSpeechRecognitionServicer_to_server, servicer))


class RivaSpeechRecognition:
    """The three methods, by gRPC's names."""

    def __init__(
        self, service: Service[Recogniser, Transcription], languages: Callable[[], Sequence[str]]
    ) -> None:
        self._service = service
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
        recording = TranscriptionInput(io.BytesIO(request.audio), raw_format, options.hotwords)
        passages = [passage async for passage in self._passages(recording)]
        result = result_of(transcript_of(passages), with_words=options.with_words)
        return asr.RecognizeResponse(results=[result], id=_id_of(request))

    async def StreamingRecognize(  # noqa: N802 same
        self, requests: AsyncIterator[asr.StreamingRecognizeRequest], _context: ServicerContext
    ) -> AsyncGenerator[asr.StreamingRecognizeResponse, None]:
        """Yields what is said in a recording that arrives in pieces, once it is whole.

        Raises:
            RequestTooSlow: The client did not send its next message in time.
            VoiceError: As `Recognize` does.
        """
        first = await self._next(requests)
        if first is None or not first.HasField("streaming_config"):
            message = "The first message must hold streaming_config, and the later ones audio."
            raise InvalidRequest(message, param="streaming_config")
        config = first.streaming_config.config
        options = self._options(config)
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as spooled:
            file = cast("BinaryIO", spooled)  # it has all methods, and another class
            head = await self._received(requests, file)
            if not head:
                return
            raw_format = raw_format_of(config, head)
            recording = TranscriptionInput(file, raw_format, options.hotwords)
            async with aclosing(self._passages(recording)) as passages:
                async for passage in passages:
                    yield _response(first, passage, options)

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
        self._service.use_case()  # before anything is read: UNAVAILABLE while none is ready
        return options_of(config, self._languages())

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
        idle_s = self._service.runtime.settings.grpc.stream_idle_s
        try:
            async with asyncio.timeout(idle_s):
                return await anext(requests, None)
        except TimeoutError:
            message = f"No message came within {idle_s:g} s: end the call, or send audio."
            raise RequestTooSlow(message) from None

    async def _received(
        self, requests: AsyncIterator[asr.StreamingRecognizeRequest], file: BinaryIO
    ) -> bytes:
        """Writes all audio to the file and returns its first bytes."""
        most = self._service.runtime.settings.max_upload_bytes
        count = 0
        while (request := await self._next(requests)) is not None:
            if not request.HasField("audio_content"):
                message = "Messages after the first must hold audio_content."
                raise InvalidRequest(message, param="audio_content")
            count += len(request.audio_content)
            if count > most:
                raise PayloadTooLarge(f"The audio is larger than {most} bytes.", param=_AUDIO)
            file.write(request.audio_content)
        file.seek(0)
        return file.read(HEAD_BYTES)


def _response(
    first: asr.StreamingRecognizeRequest, passage: Passage, options: RecognitionOptions
) -> asr.StreamingRecognizeResponse:
    result = final_result_of(passage, with_words=options.with_words)
    return asr.StreamingRecognizeResponse(results=[result], id=_id_of(first))


def _id_of(
    request: asr.RecognizeRequest | asr.StreamingRecognizeRequest,
) -> RequestId | None:
    return request.id if request.HasField("id") else None
