"""Which pages may open a WebSocket."""

from collections.abc import Sequence

from starlette.websockets import WebSocket

from nemo_voice_serving.errors import InvalidRequest


def check_origin(websocket: WebSocket, allowed: Sequence[str]) -> None:
    """Refuses pages of other origins than the service's own and those that the settings allow.

    Browsers let every page open a WebSocket, and ask nobody.

    Raises:
        InvalidRequest: The page may not.
    """
    origin = websocket.headers.get("origin")
    if origin is None or "*" in allowed or origin in allowed:
        return
    # A proxy may have changed the host, and a page cannot state one.
    own = {websocket.headers.get(name) for name in ("host", "x-forwarded-host")}
    if origin.partition("://")[2] not in own:
        raise InvalidRequest(
            f"Pages of {origin[:200]} may not call this service; NEMO_VOICE_CORS_ORIGINS names"
            " those that may."
        )
