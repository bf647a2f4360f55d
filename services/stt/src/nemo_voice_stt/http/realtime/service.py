"""What every connection of the service needs: its limits, its drain, and what opens sessions."""

from collections.abc import Callable

from nemo_voice_serving.http.live.service import LiveService
from nemo_voice_serving.runtime.runtime import Runtime
from nemo_voice_stt.realtime.live_speech import LiveSpeech
from nemo_voice_stt.settings import RealtimeSettings
from nemo_voice_stt.transcription.languages import Understanding


class RealtimeService(LiveService):
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
        super().__init__(
            runtime, idle_s=settings.idle_s, longest_s=settings.max_session_s, ended=ended
        )
        self.settings = settings
        self.live = live
        self.understanding = understanding
        """Returns what the model understands; raises `NotReady` while there is none."""
