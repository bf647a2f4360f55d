"""`POST /v1/audio/transcriptions`, as OpenAI's and NVIDIA's clients send it."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import JSONResponse

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_serving.http.error_responses import ERROR_RESPONSES
from nemo_voice_serving.http.forms import FormRoute
from nemo_voice_serving.http.streaming import EVENTS_MEDIA_TYPE
from nemo_voice_stt.http.abilities import refuse_impossible
from nemo_voice_stt.http.request_schemas import TranscriptFormat, TranscriptionForm
from nemo_voice_stt.http.response_formats import documented, written
from nemo_voice_stt.http.responses import TranscriptResponses, Upload
from nemo_voice_stt.transcription.hotwords import hotwords_of
from nemo_voice_stt.transcription.languages import language_of


def openai_router(
    responses: TranscriptResponses, *, languages: Callable[[], Sequence[str]]
) -> APIRouter:
    """Returns the route, for a model that understands the languages that this returns."""
    router = APIRouter(tags=["openai"], route_class=FormRoute)

    @router.post(
        "/v1/audio/transcriptions",
        summary="Transcribe a file",
        response_class=JSONResponse,
        responses={
            **ERROR_RESPONSES,
            **documented("The transcript in the wanted format.", EVENTS_MEDIA_TYPE),
        },
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
        spoken = language_of(form.language, named, languages(), abilities)
        refuse_impossible(abilities, form, hotwords, "keywords" if keywords else "prompt")
        upload = Upload(form.file, "file", hotwords, spoken.told, uses_words=form.uses_words)
        if form.is_streamed:
            return await responses.stream(request, upload, with_logprobs=form.has_logprobs)
        transcript = await responses.transcript(request, upload)
        # Writing hours of speech takes seconds: not on the event loop.
        return await asyncio.to_thread(written, transcript, form, spoken.name)

    return router


async def _refuse_speakers(request: Request) -> None:
    for field in await request.form():
        for name in ("known_speaker_names", "known_speaker_references"):
            if field.startswith(name):
                raise InvalidRequest(f"{name}: the model does not tell speakers apart.", param=name)
