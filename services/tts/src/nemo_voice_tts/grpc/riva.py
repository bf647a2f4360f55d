"""`nvidia.riva.tts.RivaSpeechSynthesis`, as NVIDIA's clients and agents call it.

Errors are raised as everywhere; the server's interceptor makes statuses of them.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from functools import partial

from grpc.aio import ServicerContext

from nemo_voice_serving.errors import InvalidRequest, NotFound, PayloadTooLarge, RequestTooSlow
from nemo_voice_serving.grpc.fields import error_field
from nemo_voice_serving.grpc.protos.riva_common_pb2 import RequestId
from nemo_voice_serving.grpc.server import GrpcService
from nemo_voice_serving.runtime.service import Service
from nemo_voice_tts.errors import UnspeakableText
from nemo_voice_tts.grpc.protos import riva_tts_pb2 as tts
from nemo_voice_tts.grpc.protos.riva_tts_pb2_grpc import (
    add_RivaSpeechSynthesisServicer_to_server,
)
from nemo_voice_tts.grpc.requests import FAMILY, wanted_of
from nemo_voice_tts.synthesis.delivery import Delivery
from nemo_voice_tts.synthesis.port import Voice
from nemo_voice_tts.synthesis.synthesis import Synthesis

NAME = str(tts.DESCRIPTOR.services_by_name["RivaSpeechSynthesis"].full_name)


def synthesis_service(
    service: Service[Voice, Synthesis], delivery: Delivery, *, max_text_chars: int
) -> GrpcService:
    """Returns Riva's synthesis, which speaks texts of so many characters at most."""
    servicer = RivaSpeechSynthesis(service, delivery, max_text_chars)
    return GrpcService(NAME, partial(add_RivaSpeechSynthesisServicer_to_server, servicer))


class RivaSpeechSynthesis:
    """The three methods, by gRPC's names."""

    def __init__(
        self, service: Service[Voice, Synthesis], delivery: Delivery, max_text_chars: int
    ) -> None:
        self._service = service
        self._delivery = delivery
        self._max_text_chars = max_text_chars

    async def Synthesize(  # noqa: N802 gRPC's names
        self, request: tts.SynthesizeSpeechRequest, _context: ServicerContext
    ) -> tts.SynthesizeSpeechResponse:
        """Returns the whole speech of a text.

        Raises:
            PayloadTooLarge: The speech does not fit one message.
            VoiceError: Whatever `wanted_of` and `Delivery.begin` raise.
        """
        most = self._service.runtime.settings.grpc.max_message_bytes
        audio = bytearray()
        async with aclosing(self._chunks(request)) as chunks:
            async for chunk in chunks:
                audio += chunk
                if len(audio) > most:
                    message = f"The speech has more than the {most} bytes that a message may have."
                    raise PayloadTooLarge(f"{message} Use SynthesizeOnline.", param="text")
        return _response(request, bytes(audio), text=request.text)

    async def SynthesizeOnline(  # noqa: N802 same
        self, requests: AsyncIterator[tts.SynthesizeSpeechRequest], _context: ServicerContext
    ) -> AsyncGenerator[tts.SynthesizeSpeechResponse, None]:
        """Yields the speech of each text in turn, as soon as there is some.

        A text in which nothing can be said, such as a dash between two sentences, is silence where
        others are spoken.

        Raises:
            RequestTooSlow: The client did not send its next text in time.
            VoiceError: As `Synthesize` does.
        """
        unsaid: UnspeakableText | None = None
        has_spoken = False
        while (request := await self._next(requests)) is not None:
            text: str | None = request.text  # with its first audio alone
            try:
                async with aclosing(self._chunks(request)) as chunks:
                    async for chunk in chunks:
                        yield _response(request, chunk, text=text)
                        has_spoken, text = True, None
            except UnspeakableText as error:
                unsaid = error
        if not has_spoken:
            raise unsaid or InvalidRequest("text: there is none.", param="text")

    async def GetRivaSynthesisConfig(  # noqa: N802 same
        self, request: tts.RivaSynthesisConfigRequest, _context: ServicerContext
    ) -> tts.RivaSynthesisConfigResponse:
        """Returns the model with its voices.

        Raises:
            NotFound: The request names another model.
            NotReady: While no model is ready.
        """
        synthesis = self._service.use_case()
        model = self._service.runtime.model.source
        if request.model_name not in {"", model}:
            raise NotFound(f"There is no model {request.model_name!r}; this is {model!r}.")
        named = enumerate(synthesis.voices.names)
        parameters = {
            "language_code": synthesis.language.tag,
            "voice_name": FAMILY,
            # Clients take it apart, and join each part to the voice's name with a dot.
            "subvoices": ",".join(f"{name}:{place}" for place, name in named),
            "sample_rate": str(synthesis.sample_rate_hz),
        }
        config = tts.RivaSynthesisConfigResponse.Config(model_name=model, parameters=parameters)
        return tts.RivaSynthesisConfigResponse(model_config=[config])

    async def _chunks(self, request: tts.SynthesizeSpeechRequest) -> AsyncGenerator[bytes, None]:
        wanted = wanted_of(request, self._service.use_case(), self._max_text_chars)
        with error_field("text"):
            speech = await self._delivery.begin(wanted)
            async with aclosing(speech), aclosing(speech.chunks()) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def _next(
        self, requests: AsyncIterator[tts.SynthesizeSpeechRequest]
    ) -> tts.SynthesizeSpeechRequest | None:
        idle_s = self._service.runtime.settings.grpc.stream_idle_s
        try:
            async with asyncio.timeout(idle_s):
                return await anext(requests, None)
        except TimeoutError:
            message = f"No text came within {idle_s:g} s: end the call, or send one."
            raise RequestTooSlow(message) from None


def _response(
    request: tts.SynthesizeSpeechRequest, audio: bytes, *, text: str | None
) -> tts.SynthesizeSpeechResponse:
    request_id: RequestId | None = request.id if request.HasField("id") else None
    meta = None if text is None else tts.SynthesizeSpeechResponseMetadata(text=text)
    return tts.SynthesizeSpeechResponse(audio=audio, meta=meta, id=request_id)
