"""The Prometheus families of live sessions, and the only code that touches them."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from nemo_voice_serving.runtime.session_metrics import SessionMetrics

DELAY_BUCKETS = (0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.35, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 30)
"""Fine around a third of a second: the delay that agents are built for."""

BEHIND_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Most pieces are listened to at once."""


class LiveMetrics(SessionMetrics):
    """The families of the live sessions of one process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.register_sessions(registry, "nemo_voice_live_sessions", "Live sessions")
        self._items = Counter(
            "nemo_voice_live_items", "Utterances, by outcome.", ["outcome"], registry=registry
        )
        self._partial_delay = Histogram(
            "nemo_voice_live_partial_seconds",
            "Seconds from the newest audio of a partial transcript to its text.",
            buckets=DELAY_BUCKETS,
            registry=registry,
        )
        self._early_finals = Counter(
            "nemo_voice_live_early_finals",
            "Final passes begun in a silence, by whether they became the final transcript.",
            ["used"],
            registry=registry,
        )
        self._behind = Histogram(
            "nemo_voice_live_behind_seconds",
            "Seconds from the arrival of audio until it was listened to, at each piece.",
            buckets=BEHIND_BUCKETS,
            registry=registry,
        )
        self._final_delay = Histogram(
            "nemo_voice_live_final_seconds",
            "Seconds from the end of an utterance, or its commit, to its final transcript.",
            buckets=DELAY_BUCKETS,
            registry=registry,
        )

    def partial_recognised(self, delay_s: float) -> None:
        """Records the delay of a partial transcript."""
        self._partial_delay.observe(delay_s)

    def early_final_ended(self, *, was_used: bool) -> None:
        """Counts a final pass that was begun in a silence."""
        self._early_finals.labels("yes" if was_used else "no").inc()

    def listened(self, behind_s: float) -> None:
        """Records how far a session's listening was behind its audio."""
        self._behind.observe(behind_s)

    def item_finished(self, outcome: str, final_s: float) -> None:
        """Counts an utterance and records its delay; the outcome is `ok` or an error's code."""
        self._items.labels(outcome).inc()
        if outcome == "ok":
            self._final_delay.observe(final_s)
