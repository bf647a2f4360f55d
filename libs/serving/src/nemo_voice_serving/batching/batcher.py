"""The queue between requests and a stage of the model: items wait until `scheduler.py` picks them.

One task per batcher, one batch at a time; the stage itself runs on the device thread. A failing
batch fails its items only, one that the device's memory does not hold runs again in halves, an item
whose caller left is dropped before a batch is formed, and one that waited too long fails with
`DeadlineExceeded`.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Generic, Protocol, TypeVar

from nemo_voice_serving import logs
from nemo_voice_serving.batching.backend import Stage
from nemo_voice_serving.batching.halving import MemoryRoom, run_in_halves
from nemo_voice_serving.batching.observer import BatchObserver
from nemo_voice_serving.batching.scheduler import Limits, Run, Waiting, WaitUntil, next_batch
from nemo_voice_serving.batching.speed import Speed
from nemo_voice_serving.errors import (
    BackendFailed,
    DeadlineExceeded,
    DeviceLost,
    NotReady,
    OutOfMemory,
    VoiceError,
)

logger = logging.getLogger(__name__)

In = TypeVar("In")
Out = TypeVar("Out")

_FREE_AFTER_S = 10.0
"""When to try again where the memory was too small: a guess, others' use of it is unknown."""


@dataclass(frozen=True, slots=True)
class Served(Generic[Out]):
    """One item's output and where its time went."""

    output: Out
    wait_s: float
    run_s: float
    batch_items: int


class Device(Protocol):
    """Where a stage runs: `DeviceThread`, or in tests the event loop itself."""

    async def run(self, call: Callable[[], Sequence[Out]], /) -> Sequence[Out]:
        """Returns what the call returns."""
        ...


@dataclass(slots=True, eq=False)
class _Item(Generic[In, Out]):
    work: In
    waiting: Waiting
    future: "asyncio.Future[Served[Out]]"
    request_id: str | None
    timeout_s: float | None
    is_patient: bool
    timer: asyncio.TimerHandle | None = None


class Batcher(Generic[In, Out]):
    """Gathers items into batches for one stage."""

    def __init__(
        self,
        name: str,
        stage: Stage[In, Out],
        *,
        limits: Limits,
        device: Device,
        observer: BatchObserver,
        on_device_lost: Callable[[str], None] = lambda _reason: None,
        in_flight: Callable[[], int] | None = None,
        max_run_s: float = float("inf"),
        memory_advice: str = "",
    ) -> None:
        """Takes the stage and the limits of its batches.

        Args:
            name: The stage's name in metrics and logs.
            stage: What runs a batch.
            limits: What a batch may hold.
            device: Where the stage runs.
            observer: Receives figures about batches.
            on_device_lost: Called with the reason when no later batch can succeed.
            in_flight: Counts the requests in flight: once all are queued, a batch does not wait.
            max_run_s: How long a batch of several may run, by the measured speed.
            memory_advice: What to change where the device's memory does not hold one item.
        """
        self._name = name
        self._stage = stage
        self._limits = limits
        self._device = device
        self._observer = observer
        self._on_device_lost = on_device_lost
        self._in_flight = in_flight
        self.speed = Speed(max_run_s)
        """How fast the stage is, by its batches so far."""
        self._room = MemoryRoom()
        self._memory_advice = memory_advice
        self._running_items = 0
        self._ended_s = float("-inf")
        self._queue: list[_Item[In, Out]] = []
        self._arrival = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def __len__(self) -> int:
        """Counts the items that wait."""
        return len(self._queue)

    @property
    def in_work(self) -> int:
        """Counts the items that wait or run."""
        return len(self._queue) + self._running_items

    def limit_run(self, max_run_s: float | None = None) -> None:
        """Sets how long a batch of several may run from now on; None is what it was made with."""
        self.speed.limit(max_run_s)

    def start(self) -> None:
        """Begins to run batches; called once, on the event loop."""
        self._tasks.append(asyncio.create_task(self._serve(), name=f"batcher {self._name}"))

    async def close(self) -> None:
        """Stops running batches; items still waiting fail with `NotReady`."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._refuse_all(NotReady("The service is stopping. Send the request to another replica."))

    async def submit(
        self,
        work: In,
        *,
        length: float,
        urgency: int = 0,
        timeout_s: float | None = None,
        is_patient: bool = False,
    ) -> Served[Out]:
        """Returns the item's own output once its batch has run.

        Args:
            work: What the stage takes.
            length: Extent in the padded dimension, in the unit of the limits.
            urgency: 0 first, or `scheduler.AT_ONCE`; see `scheduler.Limits.ageing_s`.
            timeout_s: How long the item may wait for its batch to begin.
            is_patient: Whether that time begins anew while a batch runs and when one ends: for what
                follows in a request that is being served already.

        Raises:
            DeadlineExceeded: When no batch began in time.
            BackendFailed: When the stage raised.
        """
        loop = asyncio.get_running_loop()
        waiting = Waiting(length=length, arrived_s=loop.time(), urgency=urgency)
        item = _Item[In, Out](
            work, waiting, loop.create_future(), logs.request_id.get(), timeout_s, is_patient
        )
        self._queue.append(item)
        self._arrival.set()
        self._set_timer(item)
        try:
            return await item.future
        finally:
            if item.timer is not None:
                item.timer.cancel()
            if item in self._queue:
                self._queue.remove(item)
                self._observer.item_dropped(self._name, "cancelled")

    def _set_timer(self, item: _Item[In, Out]) -> None:
        if item.timeout_s is not None:
            loop = asyncio.get_running_loop()
            since_s = item.waiting.arrived_s
            if item.is_patient:
                since_s = max(since_s, loop.time() if self._running_items else self._ended_s)
            item.timer = loop.call_at(since_s + item.timeout_s, self._expire, item, since_s)

    def _expire(self, item: _Item[In, Out], since_s: float) -> None:
        if item.is_patient and (self._running_items or self._ended_s > since_s):
            self._set_timer(item)
            return
        timeout_s = item.timeout_s
        if timeout_s is not None and item in self._queue and not item.future.done():
            self._queue.remove(item)
            self._observer.item_dropped(self._name, "deadline")
            message = f"The request waited {timeout_s:g} s without being begun. Try again later."
            item.future.set_exception(DeadlineExceeded(message, retry_after_s=timeout_s))

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            waiting = [item.waiting for item in self._queue]
            more = self._in_flight is None or self._in_flight() > len(waiting)
            most = min(self._limits.max_padded, self.speed.max_padded(), self._room.most_padded())
            limits, cost = replace(self._limits, max_padded=most), self.speed.cost()
            match next_batch(waiting, limits, loop.time(), more_may_come=more, cost=cost):
                case Run(places):
                    batch = [self._queue[place] for place in places]
                    taken = set(places)
                    self._queue = [i for p, i in enumerate(self._queue) if p not in taken]
                    await self._run(batch)
                case WaitUntil(time_s):
                    await self._wait_for_arrival(time_s - loop.time())
                case None:
                    await self._wait_for_arrival(None)

    async def _wait_for_arrival(self, timeout_s: float | None) -> None:
        self._arrival.clear()
        try:
            async with asyncio.timeout(timeout_s):
                await self._arrival.wait()
        except TimeoutError:
            pass

    async def _run(self, batch: list[_Item[In, Out]]) -> None:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        for item in batch:
            self._observer.item_waited(self._name, began_s - item.waiting.arrived_s)
        error: VoiceError | None = None
        outputs: Sequence[Out | OutOfMemory] = ()
        overflows: list[int] = []
        run = partial(run_in_halves, self._stage, [one.work for one in batch], overflows.append)
        self._running_items = len(batch)
        try:
            outputs = await self._device.run(run)
        except Exception as raised:  # noqa: BLE001 a batch fails its own items and nothing else
            error = self._failure(raised, batch)
        self._running_items, self._ended_s = 0, loop.time()
        run_s = self._ended_s - began_s
        self._report(batch, run_s, failed=error is not None, overflows=overflows)
        for place, item in enumerate(batch):
            if item.future.done():
                continue
            output = outputs[place] if error is None else error
            if isinstance(output, OutOfMemory):
                output = self._failure(self._too_large(output), [item])
            if isinstance(output, VoiceError):
                item.future.set_exception(output)
            else:
                wait_s = began_s - item.waiting.arrived_s
                item.future.set_result(Served(output, wait_s, run_s, len(batch)))

    def _too_large(self, error: OutOfMemory) -> OutOfMemory:
        message = (
            "The device's memory does not hold a part of this request, even alone. Send it again: "
            f"another process may have freed memory. {self._memory_advice}"
        )
        too_large = OutOfMemory(message.rstrip(), retry_after_s=_FREE_AFTER_S)
        too_large.__cause__ = error
        return too_large

    def _failure(self, raised: Exception, batch: list[_Item[In, Out]]) -> VoiceError:
        ids = [item.request_id for item in batch]
        logger.error(
            "batch failed", exc_info=raised, extra={"stage": self._name, "request_ids": ids}
        )
        if isinstance(raised, DeviceLost):
            self._on_device_lost(raised.message)
            self._refuse_all(raised)
        if isinstance(raised, VoiceError):
            return raised
        return BackendFailed("The model failed on this request. The service's log has the reason.")

    def _report(
        self, batch: list[_Item[In, Out]], run_s: float, *, failed: bool, overflows: list[int]
    ) -> None:
        lengths = [item.waiting.length for item in batch]
        padded, useful = max(lengths) * len(lengths), sum(lengths)
        if overflows:
            self._room.overflowed(max(lengths) * min(overflows))
            facts = {"stage": self._name, "items": len(batch), "overflows": len(overflows)}
            logger.warning("batch did not fit the device's memory, ran in halves", extra=facts)
        elif not failed:
            self.speed.measured(padded, run_s)
            self._room.fitted()
        for _ in overflows:
            self._observer.batch_overflowed(self._name)
        self._observer.batch_finished(
            self._name, items=len(batch), padded=padded, useful=useful, run_s=run_s, failed=failed
        )
        if logger.isEnabledFor(logging.DEBUG):
            facts = {"stage": self._name, "items": len(batch), "run_s": round(run_s, 4)}
            ids = [item.request_id for item in batch]
            logger.debug("batch finished", extra={**facts, "request_ids": ids})

    def _refuse_all(self, error: VoiceError) -> None:
        for item in self._queue:
            if not item.future.done():
                item.future.set_exception(error)
        self._queue = []
