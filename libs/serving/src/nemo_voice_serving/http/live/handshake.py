"""Handshakes of live connections: refused as errors of HTTP, and plain requests in their place."""

from collections.abc import Awaitable

from starlette.websockets import WebSocket

from nemo_voice_serving.errors import UpgradeRequired, VoiceError
from nemo_voice_serving.http.scopes import deny_websocket


async def served_or_denied(websocket: WebSocket, serving: Awaitable[None]) -> None:
    """Waits for a connection to be served; an error before its handshake refuses that."""
    try:
        await serving
    except VoiceError as error:
        await deny_websocket(websocket.scope, websocket.receive, websocket.send, error)


async def no_websocket() -> None:
    """Tells of a proxy that takes the handshake apart.

    Raises:
        UpgradeRequired: Always; it is the route of plain requests to the address of a WebSocket.
    """
    raise UpgradeRequired(
        "This address serves WebSockets. Where a client sent the handshake of one, a proxy"
        " before the service left out its Upgrade and Connection headers."
    )
