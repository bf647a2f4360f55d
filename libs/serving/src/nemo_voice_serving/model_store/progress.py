"""How far the model store is, as numbers for one listener.

Told at most twice a second, and at every change of phase.
The services log it and export it as a gauge; the command line draws it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

INTERVAL_S = 0.5
"""Often enough for a terminal, rare enough for a log."""


class Phase(StrEnum):
    """What the store is doing."""

    RESOLVING = "resolving"
    DOWNLOADING = "downloading"
    VERIFYING = "verifying"
    UNPACKING = "unpacking"
    DONE = "done"


@dataclass(frozen=True)
class Progress:
    """How far one `resolve` is."""

    phase: Phase
    done_bytes: int
    total_bytes: int | None
    """None while nobody knows."""
    seconds: float
    """Since the resolving began."""


class ProgressReporter:
    """Counts bytes and tells the listener, rarely enough to be cheap."""

    def __init__(
        self, listener: Callable[[Progress], None] | None, clock: Callable[[], float]
    ) -> None:
        self._listener = listener
        self._clock = clock
        self._started_s = clock()
        self._told_s = self._started_s
        self._phase = Phase.RESOLVING
        self._done_bytes = 0
        self._total_bytes: int | None = None
        self._tell()

    def seconds(self) -> float:
        """Returns how long this resolve has taken."""
        return self._clock() - self._started_s

    def enter(self, phase: Phase, *, done_bytes: int = 0, total_bytes: int | None = None) -> None:
        """Closes the running phase and open the next one."""
        self._tell()
        self._phase, self._done_bytes, self._total_bytes = phase, done_bytes, total_bytes
        self._tell()

    def advance(self, count_bytes: int) -> None:
        """Counts bytes of the running phase."""
        self._done_bytes += count_bytes
        self.tick()

    def tick(self) -> None:
        """Tells the listener that time passes, when it was not told for a while."""
        if self._clock() - self._told_s >= INTERVAL_S:
            self._tell()

    def _tell(self) -> None:
        self._told_s = self._clock()
        if self._listener is not None:
            progress = Progress(self._phase, self._done_bytes, self._total_bytes, self.seconds())
            self._listener(progress)
