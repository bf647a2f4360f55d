"""A service from process start to ready and back: fetch, load, warm up, assemble, self-test.

`Service` is the skeleton of both services; a subclass says how its model is fetched, what use case
is assembled from it, and how that is tested. Protocols in front of it call `use_case`.
"""

import asyncio
import logging
import traceback
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from nemo_voice_serving.batching.backend import Backend
from nemo_voice_serving.errors import NotReady
from nemo_voice_serving.runtime.lifecycle import Phase
from nemo_voice_serving.runtime.memory import return_memory_when_idle
from nemo_voice_serving.runtime.runtime import Runtime
from nemo_voice_serving.runtime.self_test import Facts, SelfTest
from nemo_voice_serving.settings import ServiceSettings

logger = logging.getLogger(__name__)

_IDLE_S = 2.0
"""Without a request or a batch for so long, memory that is free goes back to the system."""

BackendT = TypeVar("BackendT", bound=Backend)
UseCaseT = TypeVar("UseCaseT")


class StartFailed(Exception):
    """The service did not become ready; the message is its reason."""


class Service(ABC, Generic[BackendT, UseCaseT]):
    """One speech service, with or without a server in front of it."""

    def __init__(self, settings: ServiceSettings, *, name: str) -> None:
        """Takes the settings and the service's name in metrics: `tts` or `stt`."""
        self.runtime = Runtime(settings, service=name)
        self._use_case: Future[UseCaseT] = Future()
        self._settled = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._self_test = SelfTest(
            lambda: self.probe(self._use_case.result()),
            settings=settings.self_test,
            lifecycle=self.runtime.lifecycle,
            observer=self.runtime.metrics,
            idle_s=self.runtime.device.idle_s,
        )
        self.runtime.lifecycle.listen(self._phase_entered)

    @abstractmethod
    def fetch_model(self) -> Callable[[], BackendT]:
        """Fetches the model's files and returns what loads them; runs in a thread."""

    @abstractmethod
    async def assemble(self, backend: BackendT) -> UseCaseT:
        """Returns the use case over the loaded backend, once it can take requests."""

    @abstractmethod
    async def probe(self, use_case: UseCaseT) -> Facts:
        """Runs the self-test once and returns what was measured.

        Raises:
            SelfTestFailed: When the result is wrong.
        """

    def use_case(self) -> UseCaseT:
        """Returns the use case for one request.

        Raises:
            NotReady: While no model is ready.
        """
        self.runtime.require_serving()
        if not self._use_case.done():
            raise NotReady("The service is stopping, and was never ready.")
        return self._use_case.result()

    def request_served(self) -> None:
        """Counts a good response as a passed self-test."""
        self._self_test.request_served()

    async def start(self) -> None:
        """Begins the way to ready in the background."""
        self._tasks.add(asyncio.create_task(self._run(), name="service"))

    async def until_ready(self) -> None:
        """Waits until the service is ready, for use without a server.

        Raises:
            StartFailed: With the reason that readiness would give.
        """
        await self._settled.wait()
        if self.runtime.lifecycle.has_failed:
            raise StartFailed(self.runtime.lifecycle.readiness().reason)

    async def stop(self) -> None:
        """Stops everything that was started."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.runtime.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[UseCaseT]:
        """Starts the service, yields its use case once it is ready, and stops it with the block.

        Raises:
            StartFailed: As `until_ready` does.
        """
        await self.start()
        try:
            await self.until_ready()
            yield self.use_case()
        finally:
            await self.stop()

    async def _run(self) -> None:
        lifecycle = self.runtime.lifecycle
        try:
            load = await asyncio.to_thread(self.fetch_model)
            backend = await self.runtime.load(load)
            self._use_case.set_result(await self.assemble(backend))
            failure = await self._self_test.run_first()
        except Exception as error:  # noqa: BLE001 whatever stops the start is readiness's reason
            # With its messages, which no request has been near.
            logger.error("start failed", extra={"exception": traceback.format_exc()})  # noqa: TRY400 same
            lifecycle.enter(Phase.FAILED, f"{type(error).__name__}: {error}")
            return
        if failure is not None:
            lifecycle.enter(Phase.FAILED, f"the self-test failed: {failure}")
            return
        lifecycle.enter(Phase.READY)
        readiness = lifecycle.readiness()
        self.runtime.metrics.phases_took(readiness.seconds)
        logger.info("ready", extra={"seconds": readiness.seconds})
        self._tasks.add(asyncio.create_task(return_memory_when_idle(self._is_idle), name="memory"))
        await self._self_test.run_forever()

    def _is_idle(self) -> bool:
        runtime = self.runtime
        return runtime.metrics.in_flight() == 0 and runtime.device.idle_s() >= _IDLE_S

    def _phase_entered(self, phase: Phase) -> None:
        if phase in {Phase.READY, Phase.FAILED}:
            self._settled.set()
