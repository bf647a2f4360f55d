"""The Prometheus families of text in pieces, and the only code that touches them."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from nemo_voice_serving.runtime.session_metrics import SessionMetrics

FIRST_BUCKETS = (0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2.5, 5, 10)


class LiveTextMetrics(SessionMetrics):
    """The families of the sessions of one process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.register_sessions(
            registry, "nemo_voice_live_text_sessions", "Connections that send text in pieces"
        )
        self._first_audio = Histogram(
            "nemo_voice_live_text_first_audio_seconds",
            "Seconds from the end of a clause that is waited for to its first audio.",
            buckets=FIRST_BUCKETS,
            registry=registry,
        )
        self._interruptions = Counter(
            "nemo_voice_live_text_interruptions",
            "Times that a listener interrupted the speech.",
            registry=registry,
        )

    def first_audio(self, seconds: float) -> None:
        """Records the time to the first sound of a clause."""
        self._first_audio.observe(seconds)

    def interrupted(self) -> None:
        """Counts an interruption."""
        self._interruptions.inc()
