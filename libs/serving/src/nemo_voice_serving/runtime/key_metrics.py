"""The Prometheus families of API keys; part of `metrics.py`."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class KeyMetrics:
    """What is counted by API key."""

    def register_keys(self, registry: CollectorRegistry) -> None:
        """Registers the families."""
        # The label is the beginning of the key's SHA-256 digest: never the key, one for each key.
        self._key_in_flight = Gauge(
            "nemo_voice_key_in_flight",
            "Requests of an API key that are being served.",
            ["key"],
            registry=registry,
        )
        self._key_audio = Counter(
            "nemo_voice_key_audio_seconds",
            "Audio seconds spoken or transcribed for an API key.",
            ["key"],
            registry=registry,
        )
        self._key_refusals = Counter(
            "nemo_voice_key_refusals",
            "Requests refused because an API key had used what it may.",
            ["key", "limit"],
            registry=registry,
        )

    def key_changed(self, key: str, in_flight: int) -> None:
        """Records how many requests of an API key are in flight."""
        self._key_in_flight.labels(key).set(in_flight)

    def key_charged(self, key: str, audio_s: float) -> None:
        """Counts audio made or transcribed for an API key."""
        self._key_audio.labels(key).inc(audio_s)

    def key_refused(self, key: str, limit: str) -> None:
        """Counts a request that one of the API key's limits refused."""
        self._key_refusals.labels(key, limit).inc()

    def key_gone(self, key: str) -> None:
        """Forgets an API key that is no longer valid."""
        for family in (self._key_in_flight, self._key_audio):
            family.remove_by_labels({"key": key})
        self._key_refusals.remove_by_labels({"key": key})
