"""`nvidia.riva.tts.RivaSpeechSynthesis`, as NVIDIA's clients and agents call it.

Errors are raised as everywhere; the server's interceptor makes statuses of them.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from functools import partial

from grpc.aio import ServicerContext

from nemo_voice_serving.errors import InvalidRequest, NotFound, PayloadTooLarge
from nemo_voice_serving.grpc.fields import error_field
from nemo_voice_serving.grpc.server import GrpcService
from nemo_voice_serving.runtime.service import Service
from nemo_voice_tts.errors import UnspeakableText
from nemo_voice_tts.grpc.protos import riva_tts_pb2 as tts
from nemo_voice_tts.grpc.protos.riva_tts_pb2_grpc import (
    add_RivaSpeechSynthesisServicer_to_server,
)
from nemo_voice_tts.grpc.requests import FAMILY, wanted_of
from nemo_voice_tts.grpc.responses import response_of
from nemo_voice_tts.grpc.texts import Texts
from nemo_voice_tts.synthesis.delivery import Delivery, SpeechPart
from nemo_voice_tts.synthesis.port import Voice
from nemo_voice_tts.synthesis.synthesis import Synthesis
from nemo_voice_tts.synthesis.word_times import SpokenPhrase

NAME = str(tts.DESCRIPTOR.services_by_name["RivaSpeechSynthesis"].full_name)


def synthesis_service(
    service: Service[Voice, Synthesis],
    delivery: Delivery,
    *,
    max_text_chars: int,
    phrase_chars: int,
) -> GrpcService:
    """Returns Riva's synthesis.

    Args:
        service: The service.
        delivery: What begins its speeches.
        max_text_chars: Longest text.
        phrase_chars: Longest phrase: parts of sentences that are longer are not held.
    """
    servicer = RivaSpeechSynthesis(service, delivery, max_text_chars, phrase_chars)
    return GrpcService(NAME, partial(add_RivaSpeechSynthesisServicer_to_server, servicer))


class RivaSpeechSynthesis:
    """The three methods, by gRPC's names."""

    def __init__(
        self,
        service: Service[Voice, Synthesis],
        delivery: Delivery,
        max_text_chars: int,
        phrase_chars: int,
    ) -> None:
        self._service = service
        self._delivery = delivery
        self._max_text_chars = max_text_chars
        self._phrase_chars = phrase_chars

    async def Synthesize(  # noqa: N802 gRPC's names
        self, request: tts.SynthesizeSpeechRequest, _context: ServicerContext
    ) -> tts.SynthesizeSpeechResponse:
        """Returns the whole speech of a text.

        Raises:
            PayloadTooLarge: The speech does not fit one message.
            VoiceError: Whatever `wanted_of` and `Delivery.begin` raise.
        """
        most = self._service.runtime.settings.grpc.max_message_bytes
        audio, phrases = bytearray(), list[tuple[float, SpokenPhrase]]()
        async with aclosing(self._parts(request)) as parts:
            async for part in parts:
                audio += part.audio
                phrases += part.phrases
                if len(audio) > most:
                    message = f"The speech has more than the {most} bytes that a message may have."
                    raise PayloadTooLarge(f"{message} Use SynthesizeOnline.", param="text")
        return response_of(request, SpeechPart(bytes(audio), tuple(phrases)), text=request.text)

    async def SynthesizeOnline(  # noqa: N802 same
        self, requests: AsyncIterator[tts.SynthesizeSpeechRequest], _context: ServicerContext
    ) -> AsyncGenerator[tts.SynthesizeSpeechResponse, None]:
        """Yields the speech of each text in turn, as soon as there is some.

        A message that is no whole sentence is joined to those that follow it. A text in which
        nothing can be said, such as a dash between two sentences, is silence where others are
        spoken.

        Raises:
            RequestTooSlow: The client did not send its next text in time.
            VoiceError: As `Synthesize` does.
        """
        unsaid: UnspeakableText | None = None
        has_spoken, begins_s = False, 0.0
        async with aclosing(aiter(self._texts(requests))) as texts:
            async for request in texts:
                text: str | None = request.text  # with its first audio alone
                ends_s = begins_s
                try:
                    async with aclosing(self._parts(request)) as parts:
                        async for part in parts:
                            yield response_of(request, part, text=text, begins_s=begins_s)
                            has_spoken, text, ends_s = True, None, begins_s + part.ends_s
                except UnspeakableText as error:
                    unsaid = error
                begins_s = ends_s
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

    async def _parts(
        self, request: tts.SynthesizeSpeechRequest
    ) -> AsyncGenerator[SpeechPart, None]:
        wanted = wanted_of(request, self._service.use_case(), self._max_text_chars)
        with error_field("text"):
            speech = await self._delivery.begin(wanted)
            async with aclosing(speech), aclosing(speech.parts()) as parts:
                async for part in parts:
                    yield part

    def _texts(self, requests: AsyncIterator[tts.SynthesizeSpeechRequest]) -> Texts:
        settings = self._service.runtime.settings
        return Texts(
            requests,
            idle_s=settings.grpc.stream_idle_s,
            most_chars=self._phrase_chars,
            conjunctions=self._service.use_case().language.conjunctions,
        )
