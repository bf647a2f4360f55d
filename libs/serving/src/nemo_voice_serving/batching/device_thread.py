"""The one thread of the process that calls torch.

NeMo's decoding state, its CUDA graphs and its modules' modes are not safe to share between
threads, so only this thread calls them. It also measures how long its present call has been
running, and how long ago the last one succeeded, for liveness and the self-test.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class DeviceThread:
    """Runs calls one after the other, in the order of `run`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="device")
        self._began_s: float | None = None
        self._succeeded_s = float("-inf")

    async def run(self, call: Callable[[], T]) -> T:
        """Returns what the call returns; cancelling the caller does not stop a call that began."""
        return await asyncio.get_running_loop().run_in_executor(
            self._executor, lambda: self._timed(call)
        )

    def busy_s(self) -> float:
        """Returns for how long the present call has been running; 0 when idle."""
        began_s = self._began_s
        return 0.0 if began_s is None else self._clock() - began_s

    def idle_s(self) -> float:
        """Returns the seconds since a call succeeded; 0 while one runs, infinity before any."""
        return self._clock() - self._succeeded_s if self._began_s is None else 0.0

    def close(self) -> None:
        """Ends the thread once its present call is over; calls not begun are dropped."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _timed(self, call: Callable[[], T]) -> T:
        self._began_s = self._clock()
        try:
            result = call()
        finally:
            self._began_s = None
        self._succeeded_s = self._clock()
        return result
