"""Live speech to text: `WS /v1/realtime`."""

from fastapi import APIRouter
from starlette.websockets import WebSocket

from nemo_voice_serving.http.live.handshake import no_websocket, served_or_denied
from nemo_voice_serving.http.live.origins import check_origin
from nemo_voice_stt.http.realtime.connection import Connection
from nemo_voice_stt.http.realtime.service import RealtimeService
from nemo_voice_stt.http.realtime.wires import Wires

_SUBPROTOCOL = "realtime"


def realtime_router(service: RealtimeService) -> APIRouter:
    """Returns the route of live sessions."""
    router = APIRouter(tags=["realtime"])

    @router.websocket("/v1/realtime")
    async def realtime(websocket: WebSocket) -> None:
        """Serves one live session, or refuses its handshake with the error of HTTP."""
        await served_or_denied(websocket, _serve(websocket, service))

    router.get("/v1/realtime", include_in_schema=False)(no_websocket)
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
