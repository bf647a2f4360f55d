"""From a request to its response, streamed or whole: what every speech route shares."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from nemo_voice_serving.audio.encoding import AudioFormat, wav_header
from nemo_voice_serving.errors import NotReady, VoiceError
from nemo_voice_serving.http.disconnect import while_connected
from nemo_voice_serving.http.error_param import error_param
from nemo_voice_serving.http.streaming import EVENTS_MEDIA_TYPE, StreamedResponse, failed
from nemo_voice_serving.runtime.service import Service
from nemo_voice_tts.http import sse
from nemo_voice_tts.synthesis.delivery import Delivery, EncodedSpeech, SpeechParameters
from nemo_voice_tts.synthesis.port import Voice
from nemo_voice_tts.synthesis.synthesis import Synthesis
from nemo_voice_tts.synthesis.voices import Voices
from nemo_voice_tts.text.en import ENGLISH
from nemo_voice_tts.text.language import Language
from nemo_voice_tts.text.phonemes import Pronunciation, arpabet
from nemo_voice_tts.text.pronunciations import EMPTY, Check, PronunciationList, of_mapping
from nemo_voice_tts.text.reading import ReadingOptions
from nemo_voice_tts.text.structure.blocks import TextFormat

WHOLE_AUDIO_S = 120
"""Longest speech that is kept until its length is known, 5 MB at 22,050 Hz: longer ones stream."""
_SAMPLE_BYTES = 2


class SpeechResponses:
    """Builds the responses to speech requests from the service's synthesis."""

    def __init__(self, service: Service[Voice, Synthesis], delivery: Delivery) -> None:
        self._service = service
        self._delivery = delivery

    @property
    def voices(self) -> Voices:
        """The voices of the loaded model; raises `NotReady` while there is none."""
        self.require_serving()
        return self._service.use_case().voices

    def options(
        self,
        text_format: TextFormat | None,
        pronunciations: PronunciationList,
        *,
        strict: bool,
    ) -> ReadingOptions:
        """Returns how a request's text is read: what it says itself comes first."""
        return self._delivery.options(text_format, pronunciations, strict=strict)

    def language(self) -> Language:
        """Returns the language of the voice; raises `NotReady` while no model is ready."""
        return self._delivery.language()

    def check_sounds(self, pronunciation: Pronunciation) -> None:
        """Refuses a pronunciation of a request; before a model is ready, as an English voice does.

        Raises:
            UnknownPhoneme: The voice has not every sound of it.
        """
        try:
            synthesis = self._service.use_case()
        except NotReady:
            arpabet(pronunciation)
            return
        # An English list may be meant for either kind of English voice.
        check = arpabet if synthesis.language is ENGLISH else synthesis.check
        check(pronunciation)

    def require_serving(self) -> None:
        """Raises `NotReady` while no model is ready."""
        self._service.runtime.require_serving()

    async def stream(self, request: Request, wanted: SpeechParameters) -> StreamingResponse:
        """Returns the response whose first piece of audio is already made.

        Raises:
            TextTooLong: When the text holds more characters than the route admits.
            NotReady: While no model is ready.
            VoiceError: Whatever `Synthesis.speak` raises before its first piece.
        """
        speech = await self._begin(request, wanted)
        return StreamedResponse(speech, speech.chunks(), media_type=wanted.audio_format.media_type)

    async def stream_events(self, request: Request, wanted: SpeechParameters) -> StreamingResponse:
        """Returns the same as server-sent events; raises as `stream` does.

        A later error is the last event, and marks the request's outcome for the metrics.
        """
        speech = await self._begin(request, wanted)

        async def events() -> AsyncIterator[bytes]:
            try:
                async for chunk in speech.chunks():
                    for event in sse.deltas(chunk):
                        yield event
                yield sse.done(wanted.text, speech.audio_s)
            except VoiceError as error:
                request.state.outcome = error.code
                yield failed(error)

        return StreamedResponse(speech, events(), media_type=EVENTS_MEDIA_TYPE)

    async def whole_wav(self, request: Request, wanted: SpeechParameters) -> Response:
        """Returns the speech as WAV with its true length; one over `WHOLE_AUDIO_S` is streamed.

        Raises as `stream` does, at any moment of the speech that is kept.
        """
        speech = await self._begin(request, replace(wanted, audio_format=AudioFormat.PCM))
        try:
            held, rest = await while_connected(request, _held(speech))
        except BaseException:
            await speech.aclose()
            raise
        media_type = AudioFormat.WAV.media_type
        if rest is None:
            return Response(wav_header(speech.rate_hz, len(held)) + held, media_type=media_type)

        async def streamed() -> AsyncIterator[bytes]:
            yield wav_header(speech.rate_hz, None) + held
            async for chunk in rest:
                yield chunk

        return StreamedResponse(speech, streamed(), media_type=media_type)

    async def _begin(self, request: Request, wanted: SpeechParameters) -> EncodedSpeech:
        with error_param(wanted.param):
            return await while_connected(request, self._delivery.begin(wanted))


def request_list(words: Mapping[str, str] | None, check: Check = arpabet) -> PronunciationList:
    """Returns a request's own list of pronunciations.

    Args:
        words: How each word is said.
        check: What refuses phonemes; absent: those that are no sound of English.

    Raises:
        InvalidPronunciations: An entry cannot be used; the message says what to do.
    """
    with error_param("pronunciations"):
        return of_mapping(words, check) if words else EMPTY


async def _held(speech: EncodedSpeech) -> tuple[bytes, AsyncIterator[bytes] | None]:
    """Returns the speech's samples and None, or its first ones and what is still to come."""
    held, chunks = bytearray(), speech.chunks()
    async for chunk in chunks:
        held += chunk
        if len(held) > WHOLE_AUDIO_S * speech.rate_hz * _SAMPLE_BYTES:
            return bytes(held), chunks
    return bytes(held), None
