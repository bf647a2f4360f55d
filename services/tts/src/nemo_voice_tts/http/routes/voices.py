"""`GET /v1/audio/voices`, as clients of Kokoro-FastAPI read it: Open WebUI, OpenReader and others.

OpenAI has no such route; these clients fill their menus from it.
"""

from fastapi import APIRouter
from pydantic import BaseModel

from nemo_voice_serving.http.error_responses import ERROR_RESPONSES, ErrorBody
from nemo_voice_tts.http.responses import SpeechResponses


class VoiceEntry(BaseModel):
    """A voice: what a request names, and what a menu shows."""

    id: str
    name: str


class VoiceEntries(BaseModel):
    """The voices, or with `legacy` their ids alone."""

    voices: list[VoiceEntry] | list[str]


def voices_router(responses: SpeechResponses) -> APIRouter:
    """Returns the route."""
    router = APIRouter(tags=["openai"])

    @router.get(
        "/v1/audio/voices",
        summary="List the voices, for menus",
        responses={
            400: ERROR_RESPONSES[400],
            503: {"model": ErrorBody, "description": "Loading, warming or failed."},
        },
    )
    async def list_voices(*, legacy: bool = False) -> VoiceEntries:
        """Lists the voices with id and name; with `legacy=true` by their ids alone."""
        names = list(responses.voices.names)
        if legacy:
            return VoiceEntries(voices=names)
        return VoiceEntries(voices=[VoiceEntry(id=name, name=name) for name in names])

    return router
