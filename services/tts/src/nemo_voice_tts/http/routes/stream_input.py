"""Text in pieces in the shape that ElevenLabs' clients and voice agents speak."""

from dataclasses import replace

from fastapi import APIRouter
from starlette.datastructures import QueryParams
from starlette.websockets import WebSocket

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_serving.http.live.handshake import no_websocket, served_or_denied
from nemo_voice_serving.http.live.origins import check_origin
from nemo_voice_tts.http.realtime.formats import format_named
from nemo_voice_tts.http.realtime.service import LiveTextService
from nemo_voice_tts.http.realtime.stream_input import MultiStreamInput, StreamInput, StreamSettings
from nemo_voice_tts.http.routes.realtime import SUBPROTOCOL
from nemo_voice_tts.live_text.options import LiveTextOptions
from nemo_voice_tts.synthesis.language_check import check_language
from nemo_voice_tts.synthesis.synthesis import Synthesis
from nemo_voice_tts.text.pronunciations import EMPTY
from nemo_voice_tts.text.structure.blocks import TextFormat

_DEFAULT_FORMAT = "mp3_44100_128"
_TRUE = frozenset({"true", "1"})
_PATH = "/v1/text-to-speech/{voice_id}"


def stream_input_router(service: LiveTextService) -> APIRouter:
    """Returns the routes: for one text, and for several on one connection."""
    router = APIRouter(tags=["realtime"])

    @router.websocket(f"{_PATH}/stream-input")
    async def stream_input(websocket: WebSocket, voice_id: str) -> None:
        """Speaks one text, or refuses the handshake with the error of HTTP."""
        await served_or_denied(websocket, _serve(websocket, service, voice_id, StreamInput))

    @router.websocket(f"{_PATH}/multi-stream-input")
    async def multi_stream_input(websocket: WebSocket, voice_id: str) -> None:
        """Speaks several texts, each in a context of its own; otherwise the same."""
        await served_or_denied(websocket, _serve(websocket, service, voice_id, MultiStreamInput))

    for name in ("stream-input", "multi-stream-input"):
        router.get(f"{_PATH}/{name}", include_in_schema=False)(no_websocket)
    return router


async def _serve(
    websocket: WebSocket,
    service: LiveTextService,
    voice_id: str,
    kind: type[StreamInput | MultiStreamInput],
) -> None:
    check_origin(websocket, service.runtime.settings.cors_origins)
    texts = service.texts()
    settings = _settings_of(websocket.query_params, voice_id, texts.synthesis(), service)
    with texts.admitted():
        # For pages, which can send a key as a subprotocol alone: one must be chosen for them.
        offered = websocket.scope.get("subprotocols", [])
        await websocket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
        await kind(websocket, service, texts, settings).serve()


def _settings_of(
    query: QueryParams, voice_id: str, synthesis: Synthesis, service: LiveTextService
) -> StreamSettings:
    """Returns what the address says.

    Raises:
        InvalidRequest: It names a voice, a language or a format that is not here.
    """
    try:
        speaker = synthesis.voices.speaker(voice_id)
    except InvalidRequest as error:
        error.param = "voice_id"
        raise
    if language := query.get("language_code"):
        check_language(language, synthesis.language)
    is_ssml = query.get("enable_ssml_parsing", "").lower() in _TRUE
    reading = service.delivery.options(TextFormat.AUTO if is_ssml else None, EMPTY, strict=False)
    return StreamSettings(
        options=replace(LiveTextOptions(), speaker=speaker, reading=reading),
        output=format_named(query.get("output_format") or _DEFAULT_FORMAT),
        idle_s=_idle_of(query.get("inactivity_timeout"), service.idle_s),
        counts_from_start=query.get("sync_alignment", "").lower() in _TRUE,
    )


def _idle_of(given: str | None, most_s: float) -> float:
    if given is None:
        return most_s
    if not given.isdecimal() or len(given) > 6 or int(given) == 0:  # noqa: PLR2004 a day at most
        message = "inactivity_timeout: send a number of seconds, such as 60."
        raise InvalidRequest(message, param="inactivity_timeout")
    return min(float(given), most_s)
