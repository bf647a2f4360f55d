"""What opens sessions of text in pieces: one for each service process, shared by all protocols."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nemo_voice_serving.errors import NoCapacity
from nemo_voice_tts.live_text.metrics import LiveTextMetrics
from nemo_voice_tts.live_text.options import LiveTextLimits, LiveTextOptions
from nemo_voice_tts.live_text.session import LiveText
from nemo_voice_tts.synthesis.synthesis import Synthesis

_RETRY_S = 5.0


class LiveTexts:
    """Counts the connections, and opens their sessions."""

    def __init__(
        self,
        synthesis: Callable[[], Synthesis],
        *,
        max_sessions: int,
        limits: LiveTextLimits,
        metrics: LiveTextMetrics,
    ) -> None:
        """Takes what speaks, which raises `NotReady` while no model is ready, and the limits."""
        self.synthesis = synthesis
        self.metrics = metrics
        self._limits = limits
        self._most = max_sessions
        self._count = 0

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Counts a connection as open during the block.

        Raises:
            NoCapacity: As many are open as may be.
            Overloaded: So much waits to be spoken that not even a short text would be.
        """
        if self._count >= self._most:
            self.metrics.session_refused()
            message = (
                f"{self._count} connections send text, and at most {self._most} may. Try again in"
                f" {_RETRY_S:.0f} s, or another replica."
            )
            raise NoCapacity(message, retry_after_s=_RETRY_S)
        self.synthesis().refuse_when_full()
        self._change(1)
        try:
            yield
        finally:
            self._change(-1)

    def open(self, options: LiveTextOptions) -> LiveText:
        """Returns a session; close it when its client leaves."""
        return LiveText(self.synthesis(), self.metrics, options=options, limits=self._limits)

    def _change(self, by: int) -> None:
        self._count += by
        self.metrics.sessions_changed(self._count)
