"""What every connection with text in pieces needs: its limits, its drain, what opens sessions."""

from collections.abc import Callable

from nemo_voice_serving.errors import NotReady
from nemo_voice_serving.http.live.service import LiveService
from nemo_voice_serving.runtime.runtime import Runtime
from nemo_voice_tts.live_text.live_texts import LiveTexts
from nemo_voice_tts.settings import LiveTextSettings
from nemo_voice_tts.synthesis.delivery import Delivery


class LiveTextService(LiveService):
    """One for each application."""

    def __init__(
        self,
        runtime: Runtime,
        settings: LiveTextSettings,
        texts: LiveTexts,
        delivery: Delivery,
        served: Callable[[], None],
    ) -> None:
        """Takes what sessions need, and who is told that a session was spoken to its end."""
        super().__init__(
            runtime,
            idle_s=settings.idle_s,
            longest_s=settings.max_session_s,
            ended=texts.metrics.session_ended,
        )
        self.delivery = delivery
        self.served = served
        self._texts = texts

    def texts(self) -> LiveTexts:
        """Returns what opens sessions.

        Raises:
            NotReady: While no model is ready, or no new session is taken.
        """
        self._texts.synthesis()
        if self.runtime.lifecycle.is_draining:
            raise NotReady("The service is stopping. Connect to another replica.", retry_after_s=1)
        return self._texts
