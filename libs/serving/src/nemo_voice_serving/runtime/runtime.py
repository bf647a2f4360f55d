"""From process start to ready: fetch, load, warm up, self-test; and back down again.

A `Runtime` is what one service process owns whatever the direction of speech. The services'
`app.py` hand it their backend and their stages.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

from prometheus_client import CollectorRegistry

from nemo_voice_serving.batching.backend import Backend, ModelDescription
from nemo_voice_serving.batching.batcher import Batcher
from nemo_voice_serving.batching.device_thread import DeviceThread
from nemo_voice_serving.errors import NotReady
from nemo_voice_serving.model_store.progress import Phase as FetchPhase
from nemo_voice_serving.model_store.progress import Progress
from nemo_voice_serving.runtime.lifecycle import Lifecycle, Phase
from nemo_voice_serving.runtime.metrics import ServiceMetrics
from nemo_voice_serving.runtime.self_test import Probe, SelfTest
from nemo_voice_serving.settings import ServiceSettings

logger = logging.getLogger(__name__)

_FETCH_LOG_INTERVAL_S = 5.0

BackendT = TypeVar("BackendT", bound=Backend)

Rehearsal = Callable[[Callable[[str], None]], Awaitable[None]]
"""Serves first work of the user's own, telling each step."""


class StartFailed(Exception):
    """The service did not become ready; the message is its reason."""


class Runtime(Generic[BackendT]):
    """The lifecycle, the device thread, the batchers and the self-test of one process."""

    def __init__(self, settings: ServiceSettings, *, service: str) -> None:
        self.settings = settings
        self.lifecycle = Lifecycle()
        self.device = DeviceThread()
        self.metrics = ServiceMetrics(CollectorRegistry(), service)
        self.model: ModelDescription | None = None
        self._service = service
        self._batchers: list[Batcher[Any, Any]] = []
        self._self_test: SelfTest | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._fetch_told_s, self._fetch_phase = 0.0, FetchPhase.RESOLVING
        self._settled = asyncio.Event()
        self.lifecycle.listen(self.metrics.phase_entered)
        self.lifecycle.listen(self._phase_entered)

    def require_serving(self) -> None:
        """Refuses work while there is nothing to do it with.

        Raises:
            NotReady: Naming the phase; a draining service still serves what reaches it.
        """
        readiness = self.lifecycle.readiness()
        if readiness.phase not in {Phase.READY, Phase.DRAINING}:
            message = f"The service is {readiness.phase}: {readiness.reason or 'no reason known'}."
            raise NotReady(message, retry_after_s=2.0)

    def request_served(self) -> None:
        """Counts a good answer as a passed self-test."""
        if self._self_test is not None:
            self._self_test.request_served()

    def start(
        self,
        *,
        open_backend: Callable[[], BackendT],
        assemble: Callable[[BackendT], Awaitable[Sequence[Batcher[Any, Any]]]],
        probe: Probe,
        rehearse: Rehearsal | None = None,
    ) -> None:
        """Begins the way to ready in the background.

        Args:
            open_backend: Fetches the files and returns the backend, unloaded; runs in a thread.
            assemble: Makes what serves requests out of the loaded backend; returns its batchers.
            probe: The self-test.
            rehearse: What comes before the self-test, if anything.
        """
        self._self_test = SelfTest(
            probe, settings=self.settings.self_test, lifecycle=self.lifecycle, observer=self.metrics
        )
        run = self._run(open_backend, assemble, rehearse, self._self_test)
        task = asyncio.create_task(run, name="runtime")
        self._tasks.append(task)

    async def until_ready(self) -> None:
        """Waits until the service is ready, for use without a server.

        Raises:
            StartFailed: With the reason that readiness would give.
        """
        await self._settled.wait()
        if self.lifecycle.has_failed:
            raise StartFailed(self.lifecycle.readiness().reason)

    async def close(self) -> None:
        """Stops everything that was started."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for batcher in self._batchers:
            await batcher.close()
        self.device.close()

    def fetch_progressed(self, progress: Progress) -> None:
        """Tells log, metrics and readiness how far the model's files are; any thread may call."""
        self.metrics.fetch_progressed(progress.done_bytes, progress.total_bytes)
        total = "?" if progress.total_bytes is None else f"{progress.total_bytes / 1e6:.0f}"
        step = f"{progress.phase} {progress.done_bytes / 1e6:.0f} of {total} MB"
        self.lifecycle.explain(step)
        is_due = progress.seconds - self._fetch_told_s >= _FETCH_LOG_INTERVAL_S
        if is_due or progress.phase is not self._fetch_phase:
            self._fetch_told_s, self._fetch_phase = progress.seconds, progress.phase
            facts = {"done_bytes": progress.done_bytes, "total_bytes": progress.total_bytes}
            logger.info("model %s", progress.phase, extra=facts)

    def device_lost(self, reason: str) -> None:
        """Ends the service: nothing computes on this device any more."""
        self.lifecycle.enter(Phase.FAILED, f"the device is lost: {reason}")

    async def _run(
        self,
        open_backend: Callable[[], BackendT],
        assemble: Callable[[BackendT], Awaitable[Sequence[Batcher[Any, Any]]]],
        rehearse: Rehearsal | None,
        self_test: SelfTest,
    ) -> None:
        try:
            await self._bring_up(open_backend, assemble)
            if rehearse is not None:
                await rehearse(self._explain_warm_up)
            passed = await self._first_self_test(self_test)
        except Exception as error:  # whatever stops the start is the reason that readiness gives
            logger.exception("start failed")
            self.lifecycle.enter(Phase.FAILED, f"{type(error).__name__}: {error}")
            return
        if passed:
            self.lifecycle.enter(Phase.READY)
            readiness = self.lifecycle.readiness()
            self.metrics.phases_took(readiness.seconds)
            logger.info("ready", extra={"seconds": readiness.seconds})
            await self_test.run_forever()

    async def _bring_up(
        self,
        open_backend: Callable[[], BackendT],
        assemble: Callable[[BackendT], Awaitable[Sequence[Batcher[Any, Any]]]],
    ) -> None:
        backend = await asyncio.to_thread(open_backend)
        self.lifecycle.enter(Phase.LOADING, "the model is being loaded")
        self.model = await self.device.run(backend.load)
        self.metrics.model_loaded(self._service, self.model)
        logger.info("model loaded", extra={"model": self.model.source, "device": self.model.device})
        self.lifecycle.enter(Phase.WARMING, "the first batches are being run")
        await self.device.run(lambda: backend.warm_up(self._explain_warm_up))
        self._batchers = list(await assemble(backend))
        for batcher in self._batchers:
            batcher.start()

    def _phase_entered(self, phase: Phase) -> None:
        if phase in {Phase.READY, Phase.FAILED}:
            self._settled.set()

    def _explain_warm_up(self, step: str) -> None:
        self.lifecycle.explain(f"warming up: {step}")
        logger.info("warming up", extra={"step": step})

    async def _first_self_test(self, self_test: SelfTest) -> bool:
        for _ in range(self.settings.self_test.max_failures):
            if await self_test.run_once():
                return True
        reason = self.lifecycle.readiness().self_test or {}
        self.lifecycle.enter(Phase.FAILED, f"the self-test failed: {reason.get('failure')}")
        return False
