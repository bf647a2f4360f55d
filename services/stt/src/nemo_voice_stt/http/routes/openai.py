"""`POST /v1/audio/transcriptions`, as OpenAI's and NVIDIA's clients send it."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel

from nemo_voice_serving.errors import InvalidRequest, NotFound
from nemo_voice_serving.http.error_responses import ERROR_RESPONSES, ErrorBody
from nemo_voice_serving.http.forms import FormRoute
from nemo_voice_serving.http.streaming import EVENTS_MEDIA_TYPE
from nemo_voice_stt.captions.subtitles import as_srt, as_vtt, subtitles_of
from nemo_voice_stt.http.request_schemas import TranscriptFormat, TranscriptionForm
from nemo_voice_stt.http.response_schemas import PlainTranscript, VerboseTranscript, plain, verbose
from nemo_voice_stt.http.responses import TranscriptResponses, Upload
from nemo_voice_stt.transcription.hotwords import hotwords_of
from nemo_voice_stt.transcription.languages import language_of
from nemo_voice_stt.transcription.transcription import Transcript

_SRT, _VTT = "application/x-subrip", "text/vtt"
_DOCUMENTED: dict[int | str, dict[str, Any]] = {
    200: {
        "model": PlainTranscript | VerboseTranscript,
        "content": {kind: {} for kind in ("text/plain", _SRT, _VTT, EVENTS_MEDIA_TYPE)},
        "description": "The transcript in the wanted format.",
    }
}


def openai_router(
    responses: TranscriptResponses, *, languages: Callable[[], Sequence[str]]
) -> APIRouter:
    """Returns OpenAI's routes, for a model that understands the languages that this returns."""
    router = APIRouter(tags=["openai"], route_class=FormRoute)

    @router.post(
        "/v1/audio/transcriptions",
        summary="Transcribe a file",
        response_class=JSONResponse,
        responses={**ERROR_RESPONSES, **_DOCUMENTED},
    )
    async def transcriptions(
        request: Request,
        form: Annotated[TranscriptionForm, Form(media_type="multipart/form-data")],
    ) -> Response:
        """Returns what is said in the audio file."""
        await _refuse_speakers(request)
        if form.has_logprobs and form.response_format is not TranscriptFormat.JSON:
            raise InvalidRequest("include: logprobs come with json alone.", param="include")
        named = [*form.bracketed_languages, *form.languages]
        language = language_of(form.language, named, languages())
        hotwords = hotwords_of(form.prompt, [*form.bracketed_keywords, *form.keywords])
        upload = Upload(form.file, "file", hotwords)
        if form.is_streamed:
            return await responses.stream(request, upload, with_logprobs=form.has_logprobs)
        transcript = await responses.transcript(request, upload)
        # Writing hours of speech takes seconds: not on the event loop.
        return await asyncio.to_thread(_written, transcript, form, language)

    @router.post(
        "/v1/audio/translations",
        summary="Refuse to translate",
        response_class=JSONResponse,
        status_code=404,
        responses={404: {"model": ErrorBody, "description": "The model only transcribes."}},
    )
    async def translations(request: Request) -> Response:
        """Returns 404 in OpenAI's shape: the model transcribes and does not translate."""
        async for _ in request.stream():  # a client that still sends would not read the response
            pass
        message = (
            "The model transcribes and does not translate. Send the file to"
            " /v1/audio/transcriptions."
        )
        raise NotFound(message, param="model")

    return router


async def _refuse_speakers(request: Request) -> None:
    for field in await request.form():
        for name in ("known_speaker_names", "known_speaker_references"):
            if field.startswith(name):
                raise InvalidRequest(f"{name}: the model does not tell speakers apart.", param=name)


def _written(transcript: Transcript, form: TranscriptionForm, language: str) -> Response:
    match form.response_format:
        case TranscriptFormat.TEXT:
            return PlainTextResponse(transcript.text + "\n")
        case TranscriptFormat.SRT:
            text = as_srt(subtitles_of(transcript.words, form.subtitle_rules))
            return Response(text, media_type=f"{_SRT}; charset=utf-8")
        case TranscriptFormat.VTT:
            text = as_vtt(subtitles_of(transcript.words, form.subtitle_rules))
            return Response(text, media_type=_VTT)
        case TranscriptFormat.VERBOSE_JSON:
            return _json(verbose(transcript, form.granularities, language))
        case TranscriptFormat.JSON:
            return _json(plain(transcript, with_logprobs=form.has_logprobs))


def _json(body: BaseModel) -> Response:
    return Response(body.model_dump_json(exclude_none=True), media_type="application/json")
