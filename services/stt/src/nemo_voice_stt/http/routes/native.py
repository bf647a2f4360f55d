"""`POST /transcribe`: the first version of this system's own route."""

from typing import Annotated

from fastapi import APIRouter, File, Request, UploadFile

from nemo_voice_serving.audio.raw import raw_format_of
from nemo_voice_serving.http.app import ERROR_RESPONSES
from nemo_voice_stt.http.response_schemas import SeedTranscript
from nemo_voice_stt.http.responses import Listener
from nemo_voice_stt.transcription.transcription import TranscriptionOrder


def seed_router(listener: Listener) -> APIRouter:
    """Returns the route."""
    router = APIRouter(tags=["nemo-voice"], responses=ERROR_RESPONSES)

    @router.post("/transcribe", summary="Transcribe a file")
    async def transcribe(
        request: Request,
        audio_file: Annotated[UploadFile, File(description="Audio in any usual container.")],
    ) -> SeedTranscript:
        """Answers what is said in the audio file."""
        order = TranscriptionOrder(audio_file.file, raw_format_of(audio_file.content_type))
        transcript = await listener.transcript(request, order)
        return SeedTranscript(text=transcript.text)

    return router
