"""`POST /v1/audio/transcriptions`, as OpenAI's clients send it."""

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel

from nemo_voice_serving.app import ERROR_RESPONSES
from nemo_voice_stt.listening import Listener
from nemo_voice_stt.schemas import (
    Granularity,
    PlainTranscript,
    TranscriptFormat,
    VerboseTranscript,
    plain,
    verbose,
)

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": PlainTranscript | VerboseTranscript,
        "content": {"text/plain": {}},
        "description": "The transcript in the wanted format.",
    }
}


def openai_router(listener: Listener) -> APIRouter:
    """Returns OpenAI's transcription route."""
    router = APIRouter(tags=["openai"], responses={**ERROR_RESPONSES, **_ANSWERS})

    @router.post(
        "/v1/audio/transcriptions", summary="Transcribe a file", response_class=JSONResponse
    )
    async def transcriptions(
        request: Request,
        file: Annotated[UploadFile, File(description="Audio in any usual container.")],
        model: Annotated[str, Form(description="Accepted; the loaded model answers.")] = "demo",  # noqa: ARG001 OpenAI's clients send it
        response_format: Annotated[TranscriptFormat, Form()] = TranscriptFormat.JSON,
        # OpenAI's own clients send lists with brackets, LiteLLM without.
        bracketed: Annotated[
            list[Granularity] | None, Form(alias="timestamp_granularities[]")
        ] = None,
        unbracketed: Annotated[
            list[Granularity] | None, Form(alias="timestamp_granularities")
        ] = None,
    ) -> Response:
        """Answers what is said in the audio file."""
        transcript = await listener.transcript(request, file.file)
        if response_format is TranscriptFormat.TEXT:
            return PlainTextResponse(transcript.text + "\n")
        if response_format is TranscriptFormat.JSON:
            return _json(plain(transcript))
        wanted = frozenset([*(bracketed or []), *(unbracketed or [])]) or {Granularity.SEGMENT}
        return _json(verbose(transcript, frozenset(wanted)))

    return router


def _json(body: BaseModel) -> Response:
    return Response(body.model_dump_json(exclude_none=True), media_type="application/json")
