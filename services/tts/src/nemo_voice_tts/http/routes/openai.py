"""`POST /v1/audio/speech`, as OpenAI's clients send it."""

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from nemo_voice_serving.audio.encoding import AudioFormat
from nemo_voice_serving.http.error_responses import ERROR_RESPONSES
from nemo_voice_serving.http.streaming import EVENTS_MEDIA_TYPE
from nemo_voice_tts.http.responses import SpeechParameters, SpeechResponses, request_list
from nemo_voice_tts.http.schemas import SpeechRequest, StreamFormat

PCM_RATE_HZ = 24_000
"""OpenAI's clients play `pcm` at this rate, which nothing in the response could change."""

_MEDIA: dict[str, dict[str, str]] = {
    media_type: {} for media_type in (*(one.media_type for one in AudioFormat), EVENTS_MEDIA_TYPE)
}


def openai_router(responses: SpeechResponses, *, max_text_chars: int) -> APIRouter:
    """Returns OpenAI's speech route."""
    router = APIRouter(tags=["openai"], responses=ERROR_RESPONSES)

    @router.post(
        "/v1/audio/speech",
        summary="Speak a text",
        response_class=StreamingResponse,
        responses={200: {"content": _MEDIA, "description": "The speech, streamed."}},
    )
    async def speech(request: Request, body: SpeechRequest) -> StreamingResponse:
        """Streams the text as speech, beginning as soon as the first piece is made."""
        wanted = SpeechParameters(
            text=body.input,
            param="input",
            max_chars=max_text_chars,
            audio_format=body.response_format,
            rate_hz=PCM_RATE_HZ if body.response_format is AudioFormat.PCM else None,
            pace=body.speed,
            pronunciations=request_list(body.pronunciations, responses.check_sounds),
            text_format=body.text_format,
            strict=body.strict,
            voice=body.voice,
        )
        if body.stream_format is StreamFormat.SSE:
            return await responses.stream_events(request, wanted)
        return await responses.stream(request, wanted)

    return router
