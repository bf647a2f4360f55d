"""What every connection of the service needs: its limits, its drain, and what opens sessions."""

import asyncio
from collections.abc import Callable

from nemo_voice_serving.runtime.lifecycle import Phase
from nemo_voice_serving.runtime.runtime import Runtime
from nemo_voice_stt.realtime.live_speech import LiveSpeech
from nemo_voice_stt.settings import RealtimeSettings
from nemo_voice_stt.transcription.languages import Understanding

_LAST_PART = 0.8
"""Of the drain: then sessions end whether their utterance has or not."""


class RealtimeService:
    """One for each application."""

    def __init__(
        self,
        runtime: Runtime,
        settings: RealtimeSettings,
        live: Callable[[], LiveSpeech],
        understanding: Callable[[], Understanding],
        ended: Callable[[int], None],
    ) -> None:
        """Takes what sessions need, and who is told of a session's close code."""
        self.runtime = runtime
        self.settings = settings
        self.live = live
        self.understanding = understanding
        """Returns what the model understands; raises `NotReady` while there is none."""
        self.ended = ended
        self.draining = asyncio.Event()
        """Set once the service stops: sessions end after their utterance."""
        runtime.lifecycle.listen(self._phase_entered)

    @property
    def longest_s(self) -> float:
        """How long a session may be."""
        return self.settings.max_session_s

    @property
    def drain_s(self) -> float:
        """How long a session may take for that."""
        drain = self.runtime.settings.drain
        return drain.delay_s + drain.timeout_s * _LAST_PART

    def _phase_entered(self, phase: Phase) -> None:
        if phase in {Phase.DRAINING, Phase.FAILED}:
            self.draining.set()
