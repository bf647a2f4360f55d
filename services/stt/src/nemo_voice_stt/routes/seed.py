"""`POST /transcribe`: the first version of this system's own route."""

from typing import Annotated

from fastapi import APIRouter, File, Request, UploadFile

from nemo_voice_serving.app import ERROR_RESPONSES
from nemo_voice_stt.listening import Listener
from nemo_voice_stt.schemas import SeedTranscript


def seed_router(listener: Listener) -> APIRouter:
    """Returns the route."""
    router = APIRouter(tags=["nemo-voice"], responses=ERROR_RESPONSES)

    @router.post("/transcribe", summary="Transcribe a file")
    async def transcribe(
        request: Request,
        audio_file: Annotated[UploadFile, File(description="Audio in any usual container.")],
    ) -> SeedTranscript:
        """Answers what is said in the audio file."""
        transcript = await listener.transcript(request, audio_file.file)
        return SeedTranscript(text=transcript.text)

    return router
