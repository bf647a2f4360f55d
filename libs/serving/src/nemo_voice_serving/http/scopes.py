"""How middleware denies ASGI scopes: WebSockets that an error refuses, and every unknown type.

A middleware that passes unknown scopes on would open the service, without a key, to the next
protocol that the server speaks.
"""

from starlette.status import WS_1008_POLICY_VIOLATION
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from nemo_voice_serving.errors import VoiceError
from nemo_voice_serving.http.error_responses import error_response


class UnsupportedScope(Exception):
    """The server offers an ASGI scope of a type that the application does not serve."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(f"scopes of the type {scope['type']!r} are not served")


async def deny_websocket(scope: Scope, receive: Receive, send: Send, error: VoiceError) -> None:
    """Refuses a WebSocket's handshake with the error; a server without denial responses sends 403.

    Only before the WebSocket is accepted: afterwards its route reports errors in its own messages.
    """
    if "websocket.http.response" in scope.get("extensions", {}):
        await error_response(error)(scope, receive, send)
    else:
        await WebSocketClose(WS_1008_POLICY_VIOLATION)(scope, receive, send)
