"""Limits the work that is in the service at once, and estimates when a full service has room.

Work is counted in what the model spends its time on (characters, audio seconds), not in requests,
so that one long request weighs what it costs.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from nemo_voice_serving.errors import Overloaded

_MEMORY_S = 60.0


class WorkObserver(Protocol):
    """Receives the amount of admitted work: the metrics."""

    def work_changed(self, work: float, drain_s: float) -> None:
        """Receives the admitted work and the seconds until it is done."""
        ...


class _Unobserved:
    """Receives the work that no metric counts."""

    def work_changed(self, work: float, drain_s: float) -> None:
        """Does nothing."""


class Admission:
    """Admits requests until the admitted work reaches a limit."""

    def __init__(
        self,
        max_work: float,
        *,
        unit: str,
        assumed_rate: float,
        observer: WorkObserver,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Takes the limit in `unit`, and the rate per second to assume before any is measured."""
        self._max_work = max_work
        self._unit = unit
        self._observer = observer
        self._clock = clock
        self._work = 0.0
        self._requests = 0
        self._done_work, self._busy_s = assumed_rate, 1.0
        self._changed_s = clock()

    @classmethod
    def unlimited(cls) -> "Admission":
        """Returns an admission that refuses nothing and reports nothing: the self-test's."""
        return cls(float("inf"), unit="", assumed_rate=1.0, observer=_Unobserved())

    @property
    def work(self) -> float:
        """The work that is admitted and unfinished."""
        return self._work

    @property
    def drain_s(self) -> float:
        """Seconds until the admitted work is done, at the rate measured while busy."""
        return self._work * self._busy_s / self._done_work

    def refuse_when_full(self) -> None:
        """Refuses a request before any work on it, when not even a small one would fit.

        Raises:
            Overloaded: As `admit` does.
        """
        if self._work >= self._max_work:
            raise self._overloaded(1.0)

    @contextmanager
    def admit(self, work: float) -> Iterator[None]:
        """Holds room for the work while the block runs.

        A request larger than the limit is admitted when no other is in work, so that none is
        refused for ever.

        Raises:
            Overloaded: When the work does not fit; `retry_after_s` is when it is expected to.
        """
        if self._work > 0 and self._work + work > self._max_work:
            raise self._overloaded(self._work + work - self._max_work)
        self._requests += 1
        self._change(self._work + work)
        try:
            yield
        finally:
            self._done_work += work
            self._requests -= 1
            # Reset to 0: rounding errors would keep `work` above zero for ever.
            self._change(self._work - work if self._requests else 0.0)

    def _overloaded(self, excess: float) -> Overloaded:
        wait_s = min(60.0, max(1.0, excess * self._busy_s / self._done_work))
        message = (
            f"{self._work:.0f} {self._unit} of at most {self._max_work:.0f} are in work. "
            f"Try again in {wait_s:.0f} s."
        )
        return Overloaded(message, retry_after_s=wait_s)

    def _change(self, work: float) -> None:
        now_s = self._clock()
        if self._work > 0:
            elapsed_s = now_s - self._changed_s
            self._busy_s += elapsed_s
            if self._busy_s > _MEMORY_S:
                fade = _MEMORY_S / self._busy_s
                self._busy_s, self._done_work = _MEMORY_S, self._done_work * fade
        self._changed_s = now_s
        self._work = max(0.0, work)
        self._observer.work_changed(self._work, self.drain_s)
