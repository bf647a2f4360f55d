"""Every Prometheus family of the services, its buckets, and the only code that touches them.

Built on an injected registry; the rest of the package calls intention-named methods. Label values
come from closed sets (routes of the app, error codes, phases).
"""

from collections.abc import Callable
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

from nemo_voice_serving.batching.backend import ModelDescription
from nemo_voice_serving.runtime.key_metrics import KeyMetrics
from nemo_voice_serving.runtime.lifecycle import Phase

REQUEST_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
"""Whole requests: from a short clip on a GPU to a one-hour file on a CPU."""
FIRST_BUCKETS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2, 5, 10)
"""Time to first audio: fine where a difference is heard, between 20 ms and half a second."""
WAIT_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Queue waits: from the batching window to the request deadline."""
RUN_BUCKETS = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 30)
"""Batch runs: doubling steps from the smallest GPU batch to a CPU's longest."""
ITEM_BUCKETS = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128)
"""Items in a batch: the usual maxima of `max_items`."""
FACTOR_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5)
"""Real-time factor: below 1 is faster than speech."""


class ServiceMetrics(KeyMetrics):
    """The families of one service process."""

    def __init__(self, registry: CollectorRegistry, service: str) -> None:
        """Registers every family; `service` is `tts` or `stt`."""
        self.registry = registry
        self._in_flight_count = 0
        self._register_requests(registry)
        self._register_audio(registry)
        self._register_batches(registry)
        self.register_keys(registry)
        self._register_lifecycle(registry)
        self._info.info({"service": service})

    def _register_requests(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "nemo_voice_requests",
            "Requests finished, by route and outcome.",
            ["route", "outcome"],
            registry=registry,
        )
        self._request_seconds = Histogram(
            "nemo_voice_request_seconds",
            "Seconds from a request's arrival to the end of its response.",
            ["route"],
            buckets=REQUEST_BUCKETS,
            registry=registry,
        )
        self._in_flight = Gauge(
            "nemo_voice_in_flight",
            "Requests admitted and unfinished, the queue included.",
            registry=registry,
        )
        self._queued_work = Gauge(
            "nemo_voice_queued_work",
            "Work admitted and unfinished: characters (tts), audio seconds (stt).",
            registry=registry,
        )
        self._queue_seconds = Gauge(
            "nemo_voice_queue_seconds",
            "Estimated seconds until the admitted work is done.",
            registry=registry,
        )

    def _register_audio(self, registry: CollectorRegistry) -> None:
        self._first_audio = Histogram(
            "nemo_voice_first_audio_seconds",
            "Seconds from a request's arrival to its first audio.",
            buckets=FIRST_BUCKETS,
            registry=registry,
        )
        self._audio_in = Counter(
            "nemo_voice_audio_in_seconds", "Seconds of audio received.", registry=registry
        )
        self._audio_out = Counter(
            "nemo_voice_audio_out_seconds", "Seconds of audio made.", registry=registry
        )
        text = "Characters left out of the speech, since no voice reads them."
        self._unread = Counter("nemo_voice_unread_characters", text, registry=registry)
        self._real_time_factor = Histogram(
            "nemo_voice_real_time_factor",
            "Processing seconds per second of audio, by request.",
            buckets=FACTOR_BUCKETS,
            registry=registry,
        )

    def _register_batches(self, registry: CollectorRegistry) -> None:
        self._wait = Histogram(
            "nemo_voice_queue_wait_seconds",
            "Seconds an item waited for its batch.",
            ["stage"],
            buckets=WAIT_BUCKETS,
            registry=registry,
        )
        self._batch_items = Histogram(
            "nemo_voice_batch_items",
            "Items in a batch.",
            ["stage"],
            buckets=ITEM_BUCKETS,
            registry=registry,
        )
        self._batch_seconds = Histogram(
            "nemo_voice_batch_seconds",
            "Seconds a batch ran on the device.",
            ["stage"],
            buckets=RUN_BUCKETS,
            registry=registry,
        )
        self._padded = Counter(
            "nemo_voice_batch_padded_work",
            "Work computed, padding included.",
            ["stage"],
            registry=registry,
        )
        self._useful = Counter(
            "nemo_voice_batch_useful_work",
            "Work computed, without padding.",
            ["stage"],
            registry=registry,
        )
        self._failed = Counter(
            "nemo_voice_batch_failures", "Batches that raised.", ["stage"], registry=registry
        )
        self._overflows = Counter(
            "nemo_voice_out_of_memory",
            "Batches that the device's memory did not hold; they ran again in halves.",
            ["stage"],
            registry=registry,
        )
        self._dropped = Counter(
            "nemo_voice_items_dropped",
            "Items that left the queue unserved.",
            ["stage", "reason"],
            registry=registry,
        )

    def _register_lifecycle(self, registry: CollectorRegistry) -> None:
        self._phase = Gauge(
            "nemo_voice_phase",
            "1 for the phase the service is in, 0 for the others.",
            ["phase"],
            registry=registry,
        )
        self._phase_seconds = Gauge(
            "nemo_voice_phase_seconds",
            "Seconds spent in each finished phase.",
            ["phase"],
            registry=registry,
        )
        self._self_test = Gauge(
            "nemo_voice_self_test_passed",
            "1 when the last self-test passed, 0 when it failed.",
            registry=registry,
        )
        self._self_test_seconds = Gauge(
            "nemo_voice_self_test_seconds", "Seconds the last self-test took.", registry=registry
        )
        self._fetched = Gauge(
            "nemo_voice_model_fetched_bytes",
            "Bytes of the model fetched so far.",
            registry=registry,
        )
        self._fetch_total = Gauge(
            "nemo_voice_model_fetch_total_bytes", "Bytes of the model to fetch.", registry=registry
        )
        self._memory = Gauge(
            "nemo_voice_device_memory_bytes",
            "GPU memory of this process: allocated to tensors, reserved, peak of the allocated.",
            ["kind"],
            registry=registry,
        )
        self._info = Info("nemo_voice_service", "Which service this is.", registry=registry)
        self._model = Info(
            "nemo_voice_model", "The model that is loaded.", ["role"], registry=registry
        )

    def in_flight(self) -> int:
        """Returns how many requests are in flight."""
        return self._in_flight_count

    def characters_unread(self, count: int) -> None:
        """Counts characters of a text that were left out of its speech."""
        self._unread.inc(count)

    def request_started(self) -> None:
        """Counts a request in."""
        self._in_flight_count += 1
        self._in_flight.inc()

    def request_finished(self, route: str, outcome: str, seconds: float) -> None:
        """Counts a request out; the outcome is `ok` or an error's code."""
        self._in_flight_count -= 1
        self._in_flight.dec()
        self._requests.labels(route, outcome).inc()
        self._request_seconds.labels(route).observe(seconds)

    def work_changed(self, work: float, drain_s: float) -> None:
        """Records how much work is admitted and how long it will take."""
        self._queued_work.set(work)
        self._queue_seconds.set(drain_s)

    def first_audio(self, seconds: float) -> None:
        """Records how long a client waited for its first audio."""
        self._first_audio.observe(seconds)

    def audio_received(self, seconds: float) -> None:
        """Counts audio in."""
        self._audio_in.inc(seconds)

    def audio_made(self, seconds: float) -> None:
        """Counts audio out."""
        self._audio_out.inc(seconds)

    def request_paced(self, processing_s: float, audio_s: float) -> None:
        """Records a request's real-time factor."""
        if audio_s > 0:
            self._real_time_factor.observe(processing_s / audio_s)

    def batch_finished(
        self, stage: str, *, items: int, padded: float, useful: float, run_s: float, failed: bool
    ) -> None:
        """Records one batch."""
        self._batch_items.labels(stage).observe(items)
        self._batch_seconds.labels(stage).observe(run_s)
        self._padded.labels(stage).inc(padded)
        self._useful.labels(stage).inc(useful)
        if failed:
            self._failed.labels(stage).inc()

    def batch_overflowed(self, stage: str) -> None:
        """Counts a batch that the device's memory did not hold."""
        self._overflows.labels(stage).inc()

    def item_waited(self, stage: str, wait_s: float) -> None:
        """Records how long an item waited for its batch."""
        self._wait.labels(stage).observe(wait_s)

    def item_dropped(self, stage: str, reason: str) -> None:
        """Counts an item that left the queue unserved."""
        self._dropped.labels(stage, reason).inc()

    def phase_entered(self, phase: Phase) -> None:
        """Marks the phase."""
        for other in Phase:
            self._phase.labels(other.value).set(1 if other is phase else 0)

    def phases_took(self, seconds: dict[str, float]) -> None:
        """Records how long each phase took."""
        for phase, spent in seconds.items():
            self._phase_seconds.labels(phase).set(spent)

    def self_test_finished(self, *, passed: bool, seconds: float) -> None:
        """Records the last self-test."""
        self._self_test.set(1 if passed else 0)
        self._self_test_seconds.set(seconds)

    def fetch_progressed(self, done_bytes: int, total_bytes: int | None) -> None:
        """Records how many bytes of the model are fetched."""
        self._fetched.set(done_bytes)
        if total_bytes is not None:
            self._fetch_total.set(total_bytes)

    def watch_memory(self, read: Callable[[], dict[str, int]]) -> None:
        """Reads the device's memory in use, in bytes by kind, whenever metrics are collected."""
        for kind in read():
            self._memory.labels(kind).set_function(partial(_bytes_of, read, kind))

    def model_loaded(self, role: str, model: ModelDescription) -> None:
        """Names a loaded model."""
        facts = {
            "source": model.source,
            "revision": model.revision,
            "architecture": model.architecture,
            "device": model.device,
            "precision": model.precision,
        }
        self._model.labels(role).info(facts)


def _bytes_of(read: Callable[[], dict[str, int]], kind: str) -> float:
    return read().get(kind, 0)
