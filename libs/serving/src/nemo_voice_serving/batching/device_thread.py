"""The one thread of the process that calls torch.

NeMo's decoding state, its CUDA graphs and its modules' modes are not safe to share between
threads, so only this thread calls them. It also measures how long its present call has been
running, how long calls take on this machine, and how long ago the last one succeeded, for liveness
and the self-test.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

_TIMES_THE_SLOWEST = 4.0
"""A machine may become so much slower than it was before a call counts as stuck."""


class DeviceThread:
    """Runs calls one after the other, in the order of `run`."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, stuck_after_s: float = float("inf")
    ) -> None:
        """Takes how long a call may run on a machine that is not slow; see `is_stuck`."""
        self._clock = clock
        self._stuck_after_s = stuck_after_s
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="device")
        self._began_s: float | None = None
        self._succeeded_s = float("-inf")
        self._slowest_s = 0.0

    async def run(self, call: Callable[[], T]) -> T:
        """Returns what the call returns; cancelling the caller does not stop a call that began."""
        return await asyncio.get_running_loop().run_in_executor(
            self._executor, lambda: self._timed(call)
        )

    def busy_s(self) -> float:
        """Returns for how long the present call has been running; 0 when idle."""
        began_s = self._began_s
        return 0.0 if began_s is None else self._clock() - began_s

    def is_stuck(self) -> bool:
        """Returns whether the present call has been running for longer than any may.

        On a machine where calls that succeeded took longer than a quarter of `stuck_after_s`, that
        is four times the slowest of them. One that was stuck, and ended at last, is not counted.
        """
        return self.busy_s() > self._longest_s()

    def warmed_up(self, slowest_s: float) -> None:
        """Receives the slowest step of the warm-up; calls before, such as loading, count no more.

        The warm-up runs the largest batches that will come, one by one, within one call.
        """
        self._slowest_s = slowest_s

    def idle_s(self) -> float:
        """Returns the seconds since a call succeeded; 0 while one runs, infinity before any."""
        return self._clock() - self._succeeded_s if self._began_s is None else 0.0

    def close(self) -> None:
        """Ends the thread once its present call is over; calls not begun are dropped."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _timed(self, call: Callable[[], T]) -> T:
        began_s = self._began_s = self._clock()
        try:
            result = call()
        finally:
            self._began_s = None
        self._succeeded_s = self._clock()
        if (took_s := self._succeeded_s - began_s) <= self._longest_s():
            self._slowest_s = max(self._slowest_s, took_s)
        return result

    def _longest_s(self) -> float:
        return max(self._stuck_after_s, _TIMES_THE_SLOWEST * self._slowest_s)
