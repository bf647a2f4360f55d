"""Which protocol a client speaks, by its handshake and by the names of its messages."""

import time
import uuid
from typing import Any

from starlette.websockets import WebSocket

from nemo_voice_serving.access.client_secrets import read
from nemo_voice_serving.http.api_keys import TOKEN_SUBPROTOCOL, sent_key
from nemo_voice_serving.http.live.messages import Json
from nemo_voice_stt.http.realtime.nim_schemas import is_nim
from nemo_voice_stt.http.realtime.nim_wire import NimWire
from nemo_voice_stt.http.realtime.openai_wire import BetaWire, OpenAiWire
from nemo_voice_stt.http.realtime.session_config import SessionSettings
from nemo_voice_stt.http.realtime.wire import TRANSCRIPTION_SESSION_UPDATE, Wire
from nemo_voice_stt.realtime.options import LiveOptions
from nemo_voice_stt.transcription.languages import Understanding


class Wires:
    """The protocols of one connection; they share the session's settings."""

    def __init__(
        self, websocket: WebSocket, understanding: Understanding, *, max_session_s: float
    ) -> None:
        """Takes the handshake, and what the model understands."""
        self._understanding = understanding
        self._settings = SessionSettings(understanding)
        self._options = self._settings.update(_configured(websocket))
        self._session_id = f"sess_{uuid.uuid4().hex[:24]}"
        self._expires_at = round(time.time() + max_session_s)
        self._is_settled = False
        self.first: Wire = self._first(websocket)
        """What the client is greeted with."""

    def options(self) -> LiveOptions:
        """Returns the options that the session begins with."""
        return self._options

    def wire_for(self, wire: Wire, message: Json) -> Wire:
        """Returns the protocol that a message is of: the same but for a client's first update."""
        if self._is_settled or message.get("type") != TRANSCRIPTION_SESSION_UPDATE:
            return wire
        self._is_settled = True
        changes = message.get("session")
        if isinstance(wire, NimWire) or (isinstance(changes, dict) and is_nim(changes)):
            return wire if isinstance(wire, NimWire) else self._nim()
        return self._openai(BetaWire)

    def _first(self, websocket: WebSocket) -> Wire:
        offered = websocket.scope.get("subprotocols", [])
        if any(name.startswith(TOKEN_SUBPROTOCOL) for name in offered):
            return self._nim()
        asks_for_beta = "realtime=v1" in websocket.headers.get("openai-beta", "")
        return self._openai(BetaWire if asks_for_beta else OpenAiWire)

    def _nim(self) -> NimWire:
        return NimWire(self._session_id, self._understanding)

    def _openai(self, kind: type[OpenAiWire]) -> OpenAiWire:
        return kind(self._settings, session_id=self._session_id, expires_at=self._expires_at)


def _configured(websocket: WebSocket) -> dict[str, Any]:
    """Returns the settings that the client's secret was made with."""
    key = sent_key(websocket.scope)
    secret = None if key is None else read(key.decode("latin-1"))
    return {} if secret is None else secret.session
