"""How many live sessions may be open: as many as get their final transcripts in time."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from nemo_voice_serving.errors import NoCapacity

_MEMORY_S = 15.0
"""What is older says nothing of now."""
_RETRY_S = 5.0


class CapacityObserver(Protocol):
    """Receives how many sessions there are: the metrics."""

    def sessions_changed(self, count: int) -> None:
        """Receives how many sessions are open."""
        ...

    def session_refused(self) -> None:
        """Receives that a session was refused."""
        ...


class Capacity:
    """Counts the sessions, and measures whether the device keeps up with them."""

    def __init__(
        self,
        most: int,
        slow_final_s: float,
        observer: CapacityObserver,
        clock: Callable[[], float] = time.monotonic,
        *,
        behind_s: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """Takes what is counted, and what the sessions may come to.

        Args:
            most: The most sessions.
            slow_final_s: The delay of final transcripts from which none is added.
            observer: Receives figures.
            clock: The clock of the delays.
            behind_s: Returns by how much most sessions are heard later than they are spoken; a
                delay as that of final transcripts.
        """
        self._most = most
        self._slow_final_s = slow_final_s
        self._observer = observer
        self._clock = clock
        self._behind_s = behind_s
        self._count = 0
        self._finals: deque[tuple[float, bool]] = deque()

    @property
    def count(self) -> int:
        """How many sessions are open."""
        return self._count

    @contextmanager
    def session(self) -> Iterator[None]:
        """Counts a session as open during the block.

        Raises:
            NoCapacity: There are too many, or they wait too long for their transcripts already.
        """
        self._refuse_when_full()
        self._change(1)
        try:
            yield
        finally:
            self._change(-1)

    def item_finished(self, final_s: float) -> None:
        """Receives the time from the end of an utterance to its transcript."""
        self._finals.append((self._clock(), final_s > self._slow_final_s))
        self._forget_old()

    def _refuse_when_full(self) -> None:
        reason = None
        if self._count >= self._most:
            reason = f"{self._count} live sessions are open, and at most {self._most} may be."
        elif self._count and self._is_slow():
            reason = (
                f"The {self._count} live sessions that are open wait more than"
                f" {self._slow_final_s:g} s for their transcripts."
            )
        elif self._count and (behind_s := self._behind_s()) > self._slow_final_s:
            reason = (
                f"The {self._count} live sessions that are open are heard {behind_s:.1f} s later"
                " than they are spoken."
            )
        if reason is not None:
            self._observer.session_refused()
            message = f"{reason} Try again in {_RETRY_S:.0f} s, or another replica."
            raise NoCapacity(message, retry_after_s=_RETRY_S)

    def _is_slow(self) -> bool:
        self._forget_old()
        slow = sum(is_slow for _, is_slow in self._finals)
        return slow * 2 > len(self._finals)

    def _forget_old(self) -> None:
        oldest_s = self._clock() - _MEMORY_S
        while self._finals and self._finals[0][0] < oldest_s:
            self._finals.popleft()

    def _change(self, by: int) -> None:
        self._count += by
        self._observer.sessions_changed(self._count)
