"""One WebSocket with a live session behind it: messages in, events out, and how it ends."""

from typing import Any

from starlette.websockets import WebSocket
from typing_extensions import override

from nemo_voice_serving.access.quotas import charge_audio
from nemo_voice_serving.errors import VoiceError
from nemo_voice_serving.http.live.connection import LiveConnection
from nemo_voice_serving.http.live.messages import Json, error_event
from nemo_voice_stt.http.realtime.service import RealtimeService
from nemo_voice_stt.http.realtime.wire import APPEND, Wire
from nemo_voice_stt.http.realtime.wires import Wires
from nemo_voice_stt.realtime.events import Event
from nemo_voice_stt.realtime.listening_delay import ListeningDelay
from nemo_voice_stt.realtime.live_speech import LiveSpeech
from nemo_voice_stt.realtime.session import LiveSession


class Connection(LiveConnection[RealtimeService]):
    """Passes a client's messages to its session, and the session's events back."""

    def __init__(
        self, websocket: WebSocket, service: RealtimeService, live: LiveSpeech, wires: Wires
    ) -> None:
        """Takes a WebSocket that is accepted, and the protocols that its client may speak."""
        super().__init__(
            websocket,
            service,
            max_events=live.limits.max_events,
            finish_s=service.settings.max_utterance_s,
        )
        self._wires = wires
        self._wire: Wire = wires.first
        self._live = live
        self._delay = ListeningDelay()
        self._session: LiveSession = live.open(wires.options(), self._emit, self._transcribed)

    @override
    def greeting(self) -> list[Json]:
        return self._wire.greeting()

    @override
    async def answer(self, message: Json) -> list[Json]:
        self._wire = self._wires.wire_for(self._wire, message)
        return await self._wire.handle(message, self._session)

    @override
    def refusal(self, error: VoiceError, message: Any) -> list[Json]:
        return [error_event(error, message)]

    @override
    def is_bulky(self, message: Json) -> bool:
        return message.get("type") == APPEND

    @override
    def received(self, waited_s: float) -> None:
        self._delay.received(waited_s)

    @override
    def handled(self) -> None:
        self._live.listened(self._delay.listened(self._session.heard_s))

    @property
    @override
    def is_open(self) -> bool:
        return self._session.is_open

    @override
    async def finish(self) -> None:
        await self._session.finish()

    @override
    async def close(self) -> None:
        await self._session.close()

    def _transcribed(self, audio_s: float) -> None:
        charge_audio(audio_s)
        self._service.runtime.metrics.audio_received(audio_s)

    def _emit(self, event: Event) -> None:
        self.send(self._wire.rendered(event))
