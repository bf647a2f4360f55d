"""`POST /v1/audio/speech`, as OpenAI's clients send it."""

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from nemo_voice_serving.app import ERROR_RESPONSES
from nemo_voice_serving.codecs import AudioFormat
from nemo_voice_tts.schemas import SpeechRequest
from nemo_voice_tts.speaking import Speaker

_AUDIO: dict[str, dict[str, str]] = {audio_format.media_type: {} for audio_format in AudioFormat}


def openai_router(speaker: Speaker, *, max_text_chars: int) -> APIRouter:
    """Returns OpenAI's speech route."""
    router = APIRouter(tags=["openai"], responses=ERROR_RESPONSES)

    @router.post(
        "/v1/audio/speech",
        summary="Speak a text",
        response_class=StreamingResponse,
        responses={200: {"content": _AUDIO, "description": "The speech, streamed."}},
    )
    async def speech(request: Request, body: SpeechRequest) -> StreamingResponse:
        """Streams the text as speech, beginning as soon as the first piece is made."""
        return await speaker.stream(
            request,
            body.input,
            audio_format=body.response_format,
            pace=body.speed,
            max_chars=max_text_chars,
            param="input",
        )

    return router
