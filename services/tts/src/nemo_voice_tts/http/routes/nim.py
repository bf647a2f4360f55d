"""`POST /v1/audio/synthesize` and its neighbours, as clients of NVIDIA's Speech NIM send them."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import StreamingResponse

from nemo_voice_serving.audio.encoding import AudioFormat
from nemo_voice_serving.http.error_param import error_param
from nemo_voice_serving.http.error_responses import ERROR_RESPONSES, ErrorBody
from nemo_voice_serving.http.forms import FormRoute
from nemo_voice_tts.http.responses import SpeechParameters, SpeechResponses
from nemo_voice_tts.http.schemas import NimSpeechRequest, VoiceList
from nemo_voice_tts.http.voice_names import check_language
from nemo_voice_tts.text.pronunciations import of_dictionary

NimForm = Annotated[NimSpeechRequest, Form(media_type="multipart/form-data")]


def nim_router(
    responses: SpeechResponses, *, max_text_chars: int, max_body_bytes: int
) -> APIRouter:
    """Returns the NIM's routes for speech; a form's text may be as large as its body."""
    router = APIRouter(tags=["nim"], route_class=FormRoute)
    wanted = partial(_parameters, responses=responses, max_chars=max_text_chars)

    @router.post(
        "/v1/audio/synthesize",
        summary="Speak a text as WAV, for NIM clients",
        response_class=Response,
        form_limits={"max_part_size": max_body_bytes},
        responses=_documented(AudioFormat.WAV, "The speech."),
    )
    async def synthesize(request: Request, form: NimForm) -> Response:
        """Returns the speech as a WAV file of 16-bit mono samples with its true length."""
        return await responses.whole_wav(request, wanted(form, AudioFormat.WAV))

    @router.post(
        "/v1/audio/synthesize_online",
        summary="Speak a text as bare samples, for NIM clients",
        response_class=StreamingResponse,
        form_limits={"max_part_size": max_body_bytes},
        responses=_documented(AudioFormat.PCM, "The speech, streamed."),
    )
    async def synthesize_online(request: Request, form: NimForm) -> StreamingResponse:
        """Streams the speech as 16-bit mono samples without a header."""
        return await responses.stream(request, wanted(form, AudioFormat.PCM))

    @router.get(
        "/v1/audio/list_voices",
        summary="List the voices, for NIM clients",
        responses={503: {"model": ErrorBody, "description": "Loading, warming or failed."}},
    )
    async def list_voices() -> dict[str, VoiceList]:
        """Returns the names of the voices by the language that they speak."""
        voices = responses.voices
        return {responses.language().tag: VoiceList(voices=list(voices.names))}

    return router


def _parameters(
    form: NimSpeechRequest,
    audio_format: AudioFormat,
    *,
    responses: SpeechResponses,
    max_chars: int,
) -> SpeechParameters:
    if form.language is not None:
        check_language(form.language, responses.language())
    with error_param("custom_dictionary"):
        pronunciations = of_dictionary(form.custom_dictionary, responses.check_sounds)
    return SpeechParameters(
        text=form.text,
        param="text",
        max_chars=max_chars,
        audio_format=audio_format,
        rate_hz=form.sample_rate_hz,
        pronunciations=pronunciations,
        text_format=form.text_format,
        strict=form.strict,
        voice=form.voice,
    )


def _documented(audio_format: AudioFormat, description: str) -> dict[int | str, dict[str, Any]]:
    content: dict[str, Any] = {audio_format.media_type: {}}
    return {**ERROR_RESPONSES, 200: {"content": content, "description": description}}
