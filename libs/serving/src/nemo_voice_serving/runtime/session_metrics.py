"""The Prometheus families of WebSocket sessions, whatever is spoken in them."""

from prometheus_client import CollectorRegistry, Counter, Gauge

CLOSE_CODES = frozenset({1000, 1001, 1005, 1006, 1008, 1009, 1011, 1012})
"""Those that the service, its server and usual clients close with."""


class SessionMetrics:
    """What is counted of the sessions of one kind."""

    def register_sessions(self, registry: CollectorRegistry, name: str, what: str) -> None:
        """Registers the families.

        Args:
            registry: Where to.
            name: Of the family that counts the open ones; the others' begin with it.
            what: The sessions in words, which begins each description.
        """
        self._sessions = Gauge(name, f"{what}, open at present.", registry=registry)
        self._refused = Counter(
            f"{name}_refused", f"{what}, refused because there were too many.", registry=registry
        )
        self._ended = Counter(
            f"{name}_ended",
            f"{what}, ended, by the code that their WebSocket was closed with.",
            ["code"],
            registry=registry,
        )

    def sessions_changed(self, count: int) -> None:
        """Records how many sessions are open."""
        self._sessions.set(count)

    def session_refused(self) -> None:
        """Counts a session that was refused."""
        self._refused.inc()

    def session_ended(self, code: int) -> None:
        """Counts a session that ended; what clients close with may be any number."""
        self._ended.labels(str(code) if code in CLOSE_CODES else "other").inc()
