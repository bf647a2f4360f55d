"""`POST /v1/audio/translations`, as OpenAI's and vLLM's clients send it."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import JSONResponse

from nemo_voice_serving.errors import NotFound
from nemo_voice_serving.http.error_responses import ERROR_RESPONSES, ErrorBody
from nemo_voice_serving.http.forms import FormRoute
from nemo_voice_stt.http.abilities import refuse_impossible, target_language
from nemo_voice_stt.http.request_schemas import TranslationForm
from nemo_voice_stt.http.response_formats import documented, written
from nemo_voice_stt.http.responses import TranscriptResponses, Upload
from nemo_voice_stt.transcription.hotwords import hotwords_of
from nemo_voice_stt.transcription.languages import language_of, name_of

_ONLY_TRANSCRIBES = (
    "The model transcribes and does not translate. Send the file to /v1/audio/transcriptions."
)


def translations_router(
    responses: TranscriptResponses, *, languages: Callable[[], Sequence[str]]
) -> APIRouter:
    """Returns the route, for a model that understands the languages that this returns."""
    router = APIRouter(tags=["openai"], route_class=FormRoute)

    @router.post(
        "/v1/audio/translations",
        summary="Translate a file",
        response_class=JSONResponse,
        responses={
            **ERROR_RESPONSES,
            **documented("The translation in the wanted format."),
            404: {"model": ErrorBody, "description": "The model only transcribes."},
        },
    )
    async def translations(
        request: Request,
        form: Annotated[TranslationForm, Form(media_type="multipart/form-data")],
    ) -> Response:
        """Returns what is said in the audio file, in English or another language."""
        abilities = responses.abilities()
        if not abilities.translations:
            raise NotFound(_ONLY_TRANSCRIBES, param="model")
        hotwords = hotwords_of(form.prompt)
        spoken = language_of(form.language, [], languages(), abilities)
        target = target_language(abilities, spoken, form)
        refuse_impossible(abilities, form, hotwords, "prompt")
        other = None if target == spoken.told else target
        upload = Upload(form.file, "file", hotwords, spoken.told, other, form.uses_words)
        transcript = await responses.transcript(request, upload)
        # Writing hours of speech takes seconds: not on the event loop.
        return await asyncio.to_thread(
            written, transcript, form, name_of(target), is_translated=True
        )

    return router
