"""Reports the progress of a resolve to one listener.

At most twice a second, and at every change of phase. The services log it and export it as a gauge;
the command line draws it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

INTERVAL_S = 0.5
"""Often enough for a terminal, rare enough for a log."""


class Phase(StrEnum):
    """The steps of a resolve."""

    RESOLVING = "resolving"
    DOWNLOADING = "downloading"
    VERIFYING = "verifying"
    UNPACKING = "unpacking"
    DONE = "done"


@dataclass(frozen=True)
class Progress:
    """The progress of one `resolve`."""

    phase: Phase
    done_bytes: int
    total_bytes: int | None
    """None while unknown."""
    seconds: float
    """Seconds since the resolve began."""


class ProgressReporter:
    """Counts bytes and calls the listener, rarely enough to be cheap."""

    def __init__(
        self, listener: Callable[[Progress], None] | None, clock: Callable[[], float]
    ) -> None:
        self._listener = listener
        self._clock = clock
        self._started_s = clock()
        self._reported_s = self._started_s
        self._phase = Phase.RESOLVING
        self._done_bytes = 0
        self._total_bytes: int | None = None
        self._report()

    def seconds(self) -> float:
        """Returns how long this resolve has taken."""
        return self._clock() - self._started_s

    def enter(self, phase: Phase, *, done_bytes: int = 0, total_bytes: int | None = None) -> None:
        """Ends the running phase and begins the next one."""
        self._report()
        self._phase, self._done_bytes, self._total_bytes = phase, done_bytes, total_bytes
        self._report()

    def advance(self, count_bytes: int) -> None:
        """Adds bytes to the running phase."""
        self._done_bytes += count_bytes
        self.tick()

    def tick(self) -> None:
        """Calls the listener if its last call was long enough ago."""
        if self._clock() - self._reported_s >= INTERVAL_S:
            self._report()

    def _report(self) -> None:
        self._reported_s = self._clock()
        if self._listener is not None:
            progress = Progress(self._phase, self._done_bytes, self._total_bytes, self.seconds())
            self._listener(progress)
