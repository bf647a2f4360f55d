"""What opens live sessions: one for each service process, shared by all protocols."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nemo_voice_stt.realtime.capacity import Capacity
from nemo_voice_stt.realtime.engine import LiveEngine, SpeechDetector
from nemo_voice_stt.realtime.events import Event
from nemo_voice_stt.realtime.metrics import LiveMetrics
from nemo_voice_stt.realtime.options import LiveOptions, SessionLimits
from nemo_voice_stt.realtime.session import LiveSession


class LiveSpeech:
    """The engine, the detector and the limits of all live sessions."""

    def __init__(
        self,
        engine: LiveEngine,
        detector: SpeechDetector,
        *,
        capacity: Capacity,
        limits: SessionLimits,
        metrics: LiveMetrics,
    ) -> None:
        self.limits = limits
        self._engine = engine
        self._detector = detector
        self._capacity = capacity
        self._metrics = metrics

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Counts a session as open during the block.

        Raises:
            NoCapacity: There is no room for one more.
        """
        with self._capacity.session():
            self._engine.sessions_changed(self._capacity.count)
            try:
                yield
            finally:
                self._engine.sessions_changed(self._capacity.count - 1)

    def listened(self, behind_s: float | None) -> None:
        """Records how far a session's listening was behind its audio; None is no new audio."""
        if behind_s is not None:
            self._metrics.listened(behind_s)

    def open(
        self,
        options: LiveOptions,
        emit: Callable[[Event], None],
        heard: Callable[[float], None] = lambda _audio_s: None,
    ) -> LiveSession:
        """Returns a session for one client.

        Args:
            options: What the client chose.
            emit: Where events go; must not wait.
            heard: Called with the audio seconds of each item that was transcribed.
        """
        return LiveSession(
            self._engine,
            self._detector,
            emit,
            _Observer(self._capacity, self._metrics, heard),
            options=options,
            limits=self.limits,
        )


class _Observer:
    """Tells of a session's items to all who count them."""

    def __init__(
        self, capacity: Capacity, metrics: LiveMetrics, heard: Callable[[float], None]
    ) -> None:
        self._capacity = capacity
        self._metrics = metrics
        self._heard = heard

    def item_finished(
        self, outcome: str, audio_s: float, final_s: float, *, was_spoken: bool
    ) -> None:
        """Counts an item; one that failed is not charged."""
        self._metrics.item_finished(outcome, final_s)
        if was_spoken:  # a file's takes long on a device that has room for sessions
            self._capacity.item_finished(final_s)
        if outcome == "ok":
            self._heard(audio_s)
