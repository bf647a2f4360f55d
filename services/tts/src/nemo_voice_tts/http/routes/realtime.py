"""Text in pieces with NVIDIA's events: `WS /v1/realtime`, and sessions that are made before."""

import time
import uuid
from typing import Any

from fastapi import APIRouter, Request
from starlette.websockets import WebSocket

from nemo_voice_serving.access.client_secrets import ClientSecret, issue
from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_serving.http.api_keys import KEY_DIGEST
from nemo_voice_serving.http.error_responses import ERROR_RESPONSES
from nemo_voice_serving.http.live.handshake import no_websocket, served_or_denied
from nemo_voice_serving.http.live.origins import check_origin
from nemo_voice_tts.http.realtime.nim_schemas import NimSynthesisSession, nim_synthesis_session
from nemo_voice_tts.http.realtime.nim_wire import NimConnection
from nemo_voice_tts.http.realtime.service import LiveTextService

SUBPROTOCOL = "realtime"
_INTENTS = frozenset({"", "synthesize"})
_SECRET_S = 600


def realtime_router(service: LiveTextService) -> APIRouter:
    """Returns the routes."""
    router = APIRouter(tags=["realtime"])

    @router.websocket("/v1/realtime")
    async def realtime(websocket: WebSocket) -> None:
        """Serves one session, or refuses its handshake with the error of HTTP."""
        await served_or_denied(websocket, _serve(websocket, service))

    router.get("/v1/realtime", include_in_schema=False)(no_websocket)

    @router.post(
        "/v1/realtime/synthesis_sessions",
        summary="Make a session of text in pieces, for NVIDIA's clients",
        responses=ERROR_RESPONSES,
    )
    async def synthesis_sessions(
        request: Request, body: NimSynthesisSession | None = None
    ) -> dict[str, Any]:
        """Returns a session's settings and a short-lived key; clients send both back."""
        synthesis = service.texts().synthesis()
        given = {} if body is None else body.model_dump(exclude_unset=True)
        described = nim_synthesis_session(given).model_dump(mode="json", exclude={"client_secret"})
        text = {"language_code": synthesis.language.tag, "voice_name": ""}
        described["input_text_synthesis"] = {**text, **given.get("input_text_synthesis", {})}
        expires_at = round(time.time()) + _SECRET_S
        digest = request.scope.get("state", {}).get(KEY_DIGEST)
        return {
            **described,
            "id": f"sess_{uuid.uuid4().hex[:24]}",
            "object": "realtime.synthesize_session",
            "client_secret": {
                "value": issue(ClientSecret(expires_at, {}), digest),
                "expires_at": expires_at,
            },
        }

    return router


async def _serve(websocket: WebSocket, service: LiveTextService) -> None:
    check_origin(websocket, service.runtime.settings.cors_origins)
    intent = websocket.query_params.get("intent", "")
    if intent not in _INTENTS:
        message = (
            f"intent: this service makes speech of text: send intent=synthesize. {intent[:40]!r}"
            " may be for the speech to text service."
        )
        raise InvalidRequest(message, param="intent")
    texts = service.texts()
    with texts.admitted():
        offered = websocket.scope.get("subprotocols", [])
        await websocket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
        await NimConnection(websocket, service, texts, NimSynthesisSession()).serve()
