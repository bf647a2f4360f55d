"""The Prometheus families of text in pieces, and the only code that touches them."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

FIRST_BUCKETS = (0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2.5, 5, 10)
CLOSE_CODES = frozenset({1000, 1001, 1005, 1006, 1008, 1009, 1011, 1012})
"""Those that the service, its server and usual clients close with."""


class LiveTextMetrics:
    """The families of the sessions of one process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._sessions = Gauge(
            "nemo_voice_live_text_sessions",
            "Connections that send text in pieces, open at present.",
            registry=registry,
        )
        self._refused = Counter(
            "nemo_voice_live_text_sessions_refused",
            "Connections refused, for they would have been too many.",
            registry=registry,
        )
        self._ended = Counter(
            "nemo_voice_live_text_sessions_ended",
            "Connections ended, by the code that their WebSocket was closed with.",
            ["code"],
            registry=registry,
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

    def sessions_changed(self, count: int) -> None:
        """Records how many connections are open."""
        self._sessions.set(count)

    def session_refused(self) -> None:
        """Counts a connection that was refused."""
        self._refused.inc()

    def session_ended(self, code: int) -> None:
        """Counts a connection that ended; what clients close with may be any number."""
        self._ended.labels(str(code) if code in CLOSE_CODES else "other").inc()

    def first_audio(self, seconds: float) -> None:
        """Records the time to the first sound of a clause."""
        self._first_audio.observe(seconds)

    def interrupted(self) -> None:
        """Counts an interruption."""
        self._interruptions.inc()
