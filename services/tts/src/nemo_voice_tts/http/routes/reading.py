"""`POST /v1/audio/reading`: what a text is read as, without speaking it."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request

from nemo_voice_serving.http.disconnect import while_connected
from nemo_voice_serving.http.error_param import error_param
from nemo_voice_serving.http.error_responses import ERROR_RESPONSES
from nemo_voice_tts.http.responses import SpeechResponses, check_length, request_list
from nemo_voice_tts.http.schemas import PhraseReading, Reading, ReadingRequest
from nemo_voice_tts.text.reader import read_words
from nemo_voice_tts.text.reading import Limits


def reading_router(
    responses: SpeechResponses,
    normalise: Callable[[str], Awaitable[str]],
    *,
    max_text_chars: int,
    phrase_chars: int,
) -> APIRouter:
    """Returns the route.

    Args:
        responses: What knows the service's list of pronunciations and whether it serves.
        normalise: Turns a phrase into words.
        max_text_chars: Longest text of a request.
        phrase_chars: Longest phrase.
    """
    router = APIRouter(tags=["nemo-voice"], responses=ERROR_RESPONSES)

    @router.post("/v1/audio/reading", summary="Show how a text is read")
    async def reading(request: Request, body: ReadingRequest) -> Reading:
        """Returns the words that would be spoken, phrase by phrase; the model does not run."""
        responses.require_serving()
        options = responses.options(
            body.text_format,
            request_list(body.pronunciations, responses.check_sounds),
            strict=body.strict,
        )
        with error_param("text"):
            check_length(body.text, max_text_chars)
            phrases = await while_connected(
                request, read_words(body.text, options, Limits(phrase_chars), normalise)
            )
        return Reading(
            phrases=[
                PhraseReading(
                    text=phrase.readable,
                    start=phrase.span[0],
                    end=phrase.span[1],
                    lead_seconds=phrase.lead_s,
                    pause_seconds=phrase.pause_s,
                    pace=phrase.pace,
                )
                for phrase in phrases
            ]
        )

    return router
