"""Live speech to text: `WS /v1/realtime`."""

from fastapi import APIRouter
from starlette.websockets import WebSocket

from nemo_voice_serving.errors import UpgradeRequired, VoiceError
from nemo_voice_serving.http.scopes import deny_websocket
from nemo_voice_stt.http.realtime.connection import Connection
from nemo_voice_stt.http.realtime.service import RealtimeService
from nemo_voice_stt.http.realtime.wires import Wires, check_origin

_SUBPROTOCOL = "realtime"


def realtime_router(service: RealtimeService) -> APIRouter:
    """Returns the route of live sessions."""
    router = APIRouter(tags=["realtime"])

    @router.websocket("/v1/realtime")
    async def realtime(websocket: WebSocket) -> None:
        """Serves one live session, or refuses its handshake with the error of HTTP."""
        try:
            await _serve(websocket, service)
        except VoiceError as error:
            await deny_websocket(websocket.scope, websocket.receive, websocket.send, error)

    @router.get("/v1/realtime", include_in_schema=False)
    async def no_websocket() -> None:
        """Tells of a proxy that takes the handshake apart."""
        raise UpgradeRequired(
            "This address serves WebSockets. Where a client sent the handshake of one, a proxy"
            " before the service left out its Upgrade and Connection headers."
        )

    return router


async def _serve(websocket: WebSocket, service: RealtimeService) -> None:
    check_origin(websocket, service.runtime.settings.cors_origins)
    live = service.live()
    longest_s = service.settings.max_session_s
    wires = Wires(websocket, service.understanding(), max_session_s=longest_s)
    with live.admitted():
        offered = websocket.scope.get("subprotocols", [])
        await websocket.accept(_SUBPROTOCOL if _SUBPROTOCOL in offered else None)
        await Connection(websocket, service, live, wires).serve()
