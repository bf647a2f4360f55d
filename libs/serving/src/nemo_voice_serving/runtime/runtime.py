"""What one service process owns whatever the direction of speech.

Its phase, the device thread, its batchers, its metrics and the model it serves. `service.py` takes
it from the start of the process to ready.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry

from nemo_voice_serving.access.access import Access
from nemo_voice_serving.batching.admission import Admission
from nemo_voice_serving.batching.backend import Backend, Stage
from nemo_voice_serving.batching.batcher import Batcher
from nemo_voice_serving.batching.device_thread import DeviceThread
from nemo_voice_serving.batching.scheduler import Limits
from nemo_voice_serving.errors import NotReady
from nemo_voice_serving.model_store.progress import Phase as FetchPhase
from nemo_voice_serving.model_store.progress import Progress
from nemo_voice_serving.runtime.lifecycle import Lifecycle, Phase
from nemo_voice_serving.runtime.metrics import ServiceMetrics
from nemo_voice_serving.settings import ServiceSettings
from nemo_voice_serving.tls.server_certificate import ServerCertificate

logger = logging.getLogger(__name__)

_FETCH_LOG_INTERVAL_S = 5.0
_BATCHES_UNTIL_STUCK = 4
"""A batch is chosen to run for this part of the time after which it counts as stuck."""

BackendT = TypeVar("BackendT", bound=Backend)
In = TypeVar("In")
Out = TypeVar("Out")


@dataclass(frozen=True, slots=True)
class ServedModel:
    """The model as clients see it; until it is loaded only its source is known."""

    source: str
    revision: str | None = None
    architecture: str | None = None
    kind: str | None = None
    languages: tuple[str, ...] = ()
    speakers: int | None = None
    translations: tuple[tuple[str, str], ...] = ()
    voices: tuple[str, ...] = ()
    """The names by which requests choose one; of voices only."""


class StepTimer:
    """Passes the steps of a warm-up on, and measures the slowest."""

    def __init__(
        self, report: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._report = report
        self._clock = clock
        self._began_s: float | None = None
        self._slowest_s = 0.0

    def __call__(self, step: str) -> None:
        """Receives the name of a step that begins; the one before it is over."""
        self._slowest_s = self.slowest_s()
        self._began_s = self._clock()
        self._report(step)

    def slowest_s(self) -> float:
        """Returns the seconds of the slowest step, the present one included."""
        present_s = 0.0 if self._began_s is None else self._clock() - self._began_s
        return max(self._slowest_s, present_s)


class Runtime:
    """The lifecycle, the device thread, the batchers and the metrics of one process."""

    def __init__(self, settings: ServiceSettings, *, service: str) -> None:
        """Takes the settings and the service's name in metrics: `tts` or `stt`."""
        self.settings = settings
        self.lifecycle = Lifecycle()
        self.device = DeviceThread(stuck_after_s=settings.stuck_after_s)
        self.metrics = ServiceMetrics(CollectorRegistry(), service)
        self.model = ServedModel(settings.model)
        self._service = service
        self._batchers: list[Batcher[Any, Any]] = []
        self._threads = [self.device]
        self._is_closed = False
        self._fetch_logged_s, self._fetch_phase = 0.0, FetchPhase.RESOLVING
        self.lifecycle.listen(self.metrics.phase_entered)
        self.lifecycle.require(self.stuck)

    @cached_property
    def access(self) -> Access | None:
        """Who may use the service, for the protocols in front of it; None where everybody may.

        Once a protocol has asked, the service is unready while no key is valid.
        """
        access = Access.of(self.settings, self.metrics)
        if access is not None:
            self.lifecycle.require(access.keys.problem)
        return access

    @cached_property
    def certificate(self) -> ServerCertificate | None:
        """What clients are shown, for the protocols in front of the service; None without TLS.

        Raises:
            UnusableCertificate: The files of the settings cannot be used.
        """
        return ServerCertificate.of(self.settings.tls, self.metrics.registry)

    def stuck(self) -> str | None:
        """Returns what is wrong when one batch has run for longer than it may; else None."""
        is_serving = self.lifecycle.phase in {Phase.READY, Phase.DRAINING}
        if not is_serving or not self.device.is_stuck():
            return None
        return f"one batch has been running for {self.device.busy_s():.0f} s"

    def require_serving(self) -> None:
        """Refuses requests while no model is ready.

        Raises:
            NotReady: Naming the phase; a draining service still serves what reaches it.
        """
        readiness = self.lifecycle.readiness()
        if readiness.phase not in {Phase.READY, Phase.DRAINING}:
            message = f"The service is {readiness.phase}: {readiness.reason or 'no reason known'}."
            raise NotReady(message, retry_after_s=2.0)

    async def load(self, load: Callable[[], BackendT]) -> BackendT:
        """Returns the backend, loaded and warmed up on the device thread, and describes its model.

        Args:
            load: Loads the model from verified files.
        """
        self.lifecycle.enter(Phase.LOADING, "the model is being loaded")
        backend = await self.device.run(load)
        loaded = backend.description
        self.model = ServedModel(
            source=loaded.source,
            revision=loaded.revision,
            architecture=loaded.architecture,
            kind=loaded.kind,
            languages=loaded.languages,
            speakers=loaded.speakers,
            translations=loaded.translations,
        )
        self.metrics.model_loaded(self._service, loaded)
        logger.info("model loaded", extra={"model": loaded.source, "device": loaded.device})
        self.lifecycle.enter(Phase.WARMING, "the first batches are being run")
        steps = StepTimer(self._begin_step)
        await self.device.run(lambda: backend.warm_up(steps))
        self.device.warmed_up(steps.slowest_s())
        return backend

    def batcher(
        self,
        name: str,
        stage: Stage[In, Out],
        limits: Limits,
        *,
        gathers: bool = False,
        thread: DeviceThread | None = None,
        memory_advice: str = "",
    ) -> Batcher[In, Out]:
        """Returns a started batcher on the device thread, which closes with the runtime.

        Args:
            name: The stage's name in metrics and logs.
            stage: What runs a batch.
            limits: What a batch may hold.
            gathers: Whether an incomplete batch waits for requests that are in flight; for the
                first stage of a request.
            thread: Another thread than the device's, for a stage that must not wait for it.
            memory_advice: What to change where the device's memory does not hold one item.
        """
        made = Batcher[In, Out](
            name,
            stage,
            limits=limits,
            device=thread or self.device,
            observer=self.metrics,
            on_device_lost=self._device_lost,
            in_flight=self.metrics.in_flight if gathers else None,
            max_run_s=self.settings.stuck_after_s / _BATCHES_UNTIL_STUCK,
            memory_advice=memory_advice,
        )
        self._batchers.append(made)
        made.start()
        return made

    def second_thread(self) -> DeviceThread:
        """Returns a new thread for a small model of its own, which closes with the runtime."""
        thread = DeviceThread()
        self._threads.append(thread)
        return thread

    def first_limits(
        self, bucket_edges: tuple[float, ...], *, max_padded: float = float("inf")
    ) -> Limits:
        """Returns the limits of a request's first stage, as the settings have them.

        Args:
            bucket_edges: Upper ends of the length buckets, ascending.
            max_padded: Most padded length of a batch.
        """
        batching = self.settings.batching
        return Limits(
            max_items=batching.max_items,
            max_padded=max_padded,
            max_wait_s=batching.max_wait_ms / 1000,
            bucket_edges=bucket_edges,
        )

    def admission(self, max_work: float, *, unit: str, assumed_rate: float) -> Admission:
        """Returns an admission that reports to the metrics; see there for the arguments."""
        return Admission(max_work, unit=unit, assumed_rate=assumed_rate, observer=self.metrics)

    def watch_memory(self, read: Callable[[], dict[str, int]]) -> None:
        """Publishes the device's memory in use, and logs what loading and the warm-up took.

        Args:
            read: Returns the bytes by kind; none where the device has no memory of its own.
        """
        if used := read():
            logger.info(
                "device memory", extra={f"{kind}_bytes": size for kind, size in used.items()}
            )
            self.metrics.watch_memory(read)

    async def close(self) -> None:
        """Stops the batchers and the device thread; a warm-up ends before its next step."""
        self._is_closed = True
        for batcher in self._batchers:
            await batcher.close()
        for thread in self._threads:
            thread.close()

    def explain_warm_up(self, step: str) -> None:
        """Publishes which step of the warm-up runs; any thread may call."""
        self.lifecycle.explain(f"warming up: {step}")
        logger.info("warming up", extra={"step": step})

    def _begin_step(self, step: str) -> None:
        if self._is_closed:  # the process would stay until the last batch of the warm-up
            raise NotReady("The service is stopping, and was never ready.")
        self.explain_warm_up(step)

    def fetch_progressed(self, progress: Progress) -> None:
        """Publishes how much of the model's files is there; any thread may call."""
        self.metrics.fetch_progressed(progress.done_bytes, progress.total_bytes)
        total = "?" if progress.total_bytes is None else f"{progress.total_bytes / 1e6:.0f}"
        step = f"{progress.phase} {progress.done_bytes / 1e6:.0f} of {total} MB"
        self.lifecycle.explain(step)
        is_due = progress.seconds - self._fetch_logged_s >= _FETCH_LOG_INTERVAL_S
        if is_due or progress.phase is not self._fetch_phase:
            self._fetch_logged_s, self._fetch_phase = progress.seconds, progress.phase
            facts = {"done_bytes": progress.done_bytes, "total_bytes": progress.total_bytes}
            logger.info("model %s", progress.phase, extra=facts)

    def _device_lost(self, reason: str) -> None:
        self.lifecycle.enter(Phase.FAILED, f"the device is lost: {reason}")
