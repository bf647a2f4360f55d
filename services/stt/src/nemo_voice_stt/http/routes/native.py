"""`POST /transcribe`: the first version of this system's own route."""

from typing import Annotated

from fastapi import APIRouter, File, Request, UploadFile

from nemo_voice_serving.http.error_responses import ERROR_RESPONSES
from nemo_voice_serving.http.forms import FormRoute
from nemo_voice_stt.http.response_schemas import SeedTranscript
from nemo_voice_stt.http.responses import TranscriptResponses, Upload


def native_router(responses: TranscriptResponses) -> APIRouter:
    """Returns the route."""
    router = APIRouter(tags=["nemo-voice"], responses=ERROR_RESPONSES, route_class=FormRoute)

    @router.post("/transcribe", summary="Transcribe a file")
    async def transcribe(
        request: Request,
        audio_file: Annotated[UploadFile, File(description="Audio in any usual container.")],
    ) -> SeedTranscript:
        """Returns what is said in the audio file."""
        transcript = await responses.transcript(request, Upload(audio_file, "audio_file"))
        return SeedTranscript(text=transcript.text)

    return router
