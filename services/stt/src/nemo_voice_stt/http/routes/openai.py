"""OpenAI's routes for recordings, as its clients and NVIDIA's send them."""

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
from nemo_voice_stt.http.abilities import (
    refuse_hotwords,
    refuse_logprobs,
    refuse_words,
    target_language,
)
from nemo_voice_stt.http.hotwords import hotwords_of
from nemo_voice_stt.http.languages import code_of, name_of, spoken_language
from nemo_voice_stt.http.request_schemas import (
    RecordingForm,
    TranscriptFormat,
    TranscriptionForm,
    TranslationForm,
)
from nemo_voice_stt.http.response_schemas import PlainTranscript, VerboseTranscript, plain, verbose
from nemo_voice_stt.http.responses import TranscriptResponses, Upload
from nemo_voice_stt.transcription.port import Abilities
from nemo_voice_stt.transcription.transcription import Transcript

_SRT, _VTT = "application/x-subrip", "text/vtt"
_BODY: dict[str, Any] = {"model": PlainTranscript | VerboseTranscript}
_DOCUMENTED: dict[int | str, dict[str, Any]] = {
    200: _BODY
    | {
        "content": {kind: {} for kind in ("text/plain", _SRT, _VTT, EVENTS_MEDIA_TYPE)},
        "description": "The transcript in the wanted format.",
    }
}
_DOCUMENTED_TRANSLATION: dict[int | str, dict[str, Any]] = {
    200: _BODY
    | {
        "content": {kind: {} for kind in ("text/plain", _SRT, _VTT)},
        "description": "The translation in the wanted format.",
    },
    404: {"model": ErrorBody, "description": "The model only transcribes."},
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
        keywords = [*form.bracketed_keywords, *form.keywords]
        hotwords = hotwords_of(form.prompt, keywords)
        abilities = responses.abilities()
        named = [*form.bracketed_languages, *form.languages]
        spoken = spoken_language(form.language, named, languages(), abilities)
        _refuse_the_impossible(abilities, form, hotwords, "keywords" if keywords else "prompt")
        upload = Upload(form.file, "file", hotwords, spoken.told, uses_words=form.uses_words)
        if form.is_streamed:
            return await responses.stream(request, upload, with_logprobs=form.has_logprobs)
        transcript = await responses.transcript(request, upload)
        # Writing hours of speech takes seconds: not on the event loop.
        return await asyncio.to_thread(_written, transcript, form, spoken.name)

    @router.post(
        "/v1/audio/translations",
        summary="Translate a file",
        response_class=JSONResponse,
        responses={**ERROR_RESPONSES, **_DOCUMENTED_TRANSLATION},
    )
    async def translations(
        request: Request,
        form: Annotated[TranslationForm, Form(media_type="multipart/form-data")],
    ) -> Response:
        """Returns what is said in the audio file, in English or another language."""
        abilities = responses.abilities()
        if not abilities.translations:
            message = (
                "The model transcribes and does not translate. Send the file to"
                " /v1/audio/transcriptions."
            )
            raise NotFound(message, param="model")
        hotwords = hotwords_of(form.prompt)
        spoken = spoken_language(form.language, [], languages(), abilities)
        target = target_language(
            abilities,
            spoken,
            form.wanted_language,
            is_spoken_named=code_of(form.language) is not None,
        )
        _refuse_the_impossible(abilities, form, hotwords, "prompt")
        other = None if target == spoken.told else target
        upload = Upload(form.file, "file", hotwords, spoken.told, other, form.uses_words)
        transcript = await responses.transcript(request, upload)
        name = name_of(target)
        return await asyncio.to_thread(_written, transcript, form, name, is_translated=True)

    return router


def _refuse_the_impossible(
    abilities: Abilities, form: RecordingForm, hotwords: Sequence[str], named_in: str
) -> None:
    refuse_hotwords(abilities, hotwords, named_in)
    refuse_logprobs(abilities, wanted=form.has_logprobs)
    if field := form.field_that_needs_words:
        refuse_words(abilities, field)


async def _refuse_speakers(request: Request) -> None:
    for field in await request.form():
        for name in ("known_speaker_names", "known_speaker_references"):
            if field.startswith(name):
                raise InvalidRequest(f"{name}: the model does not tell speakers apart.", param=name)


def _written(
    transcript: Transcript, form: RecordingForm, language: str, *, is_translated: bool = False
) -> Response:
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
            granularities = form.granularities
            return _json(verbose(transcript, granularities, language, is_translated=is_translated))
        case TranscriptFormat.JSON:
            return _json(plain(transcript, with_logprobs=form.has_logprobs))


def _json(body: BaseModel) -> Response:
    return Response(body.model_dump_json(exclude_none=True), media_type="application/json")
