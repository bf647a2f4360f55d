"""`POST /synthesize`: the first version of this system's own route."""

from fastapi import APIRouter, Request, Response

from nemo_voice_serving.audio.encoding import AudioFormat
from nemo_voice_serving.http.error_responses import ERROR_RESPONSES
from nemo_voice_tts.http.responses import SpeechParameters, SpeechResponses, request_list
from nemo_voice_tts.http.schemas import SynthesizeRequest


def native_router(responses: SpeechResponses, *, max_text_chars: int) -> APIRouter:
    """Returns the route."""
    router = APIRouter(tags=["nemo-voice"], responses=ERROR_RESPONSES)

    @router.post(
        "/synthesize",
        summary="Speak a text as WAV",
        response_class=Response,
        responses={200: {"content": {"audio/wav": {}}, "description": "The speech, streamed."}},
    )
    async def synthesize(request: Request, body: SynthesizeRequest) -> Response:
        """Streams the text as a WAV file of 16-bit mono samples."""
        wanted = SpeechParameters(
            text=body.text,
            param="text",
            max_chars=max_text_chars,
            audio_format=AudioFormat.WAV,
            pronunciations=request_list(body.pronunciations, responses.check_sounds),
            text_format=body.text_format,
            strict=body.strict,
            voice=body.voice,
        )
        if body.stream:
            return await responses.stream(request, wanted)
        return await responses.whole_wav(request, wanted)

    return router
