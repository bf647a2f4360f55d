"""How often open utterances are decoded for partials: as often as the device has room.

Partials may use a share of the device's time, and no more of it at once than a final transcript
may have to wait. What a pass costs is measured.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_WEIGHT = 0.3
"""Of the newest pass against all before it."""
_MAX_SAVED_S = 1.0
"""Of device time that was not used, as much may be made up for."""


@dataclass(frozen=True, slots=True)
class PartialPacing:
    """When a pass over an open utterance may begin."""

    interval_s: float = 0.5
    """Least time between two passes over one utterance: no client shows more."""
    max_share: float = 0.5
    """Of the device's time."""
    max_pending_s: float = 0.25
    """Device time of the passes that are begun and unfinished; a single longer one may begin."""
    max_tail_s: float = 15.0
    """Of an utterance, as much is decoded again; before that it is cut at a pause."""
    max_early_s: float = 0.5
    """Device time of the final passes that are begun before their utterances are known to be over:
    another final transcript may have to wait for as much."""


class PartialPacer:
    """Admits passes of all sessions."""

    def __init__(
        self,
        pacing: PartialPacing,
        in_work: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Takes, besides the limits, what counts the items that wait for the device or run."""
        self.pacing = pacing
        self._in_work = in_work
        self._clock = clock
        self._cost_per_s = 0.0
        self._pending_s = 0.0
        self._passes = 0
        self._early = 0
        self._early_s = 0.0
        self._saved_s, self._at_s = _MAX_SAVED_S, clock()

    def may_begin(self, audio_s: float) -> bool:
        """Returns whether the device has room for a pass over so much audio now."""
        others = self._in_work() - self._passes
        if others > 0 or self._refilled() <= 0 or not self.pacing.max_share:
            return False
        expected_s = audio_s * self._cost_per_s
        return not self._passes or self._pending_s + expected_s <= self.pacing.max_pending_s

    @contextmanager
    def passing(self, audio_s: float) -> Iterator[None]:
        """Counts a pass as unfinished during the block."""
        expected_s = audio_s * self._cost_per_s
        self._passes += 1
        self._pending_s += expected_s
        try:
            yield
        finally:
            self._passes -= 1
            # Reset to 0: rounding errors would keep it above for ever.
            self._pending_s = self._pending_s - expected_s if self._passes else 0.0

    def may_finish(self, expected_s: float) -> bool:
        """Returns whether there is room for so long a final pass that may be in vain.

        There is none while anything but partials and other such passes waits or runs.
        """
        others = self._in_work() - self._passes - self._early
        return others <= 0 and self._early_s + expected_s <= self.pacing.max_early_s

    @contextmanager
    def finishing(self, expected_s: float) -> Iterator[None]:
        """Counts such a pass as unfinished during the block."""
        self._early += 1
        self._early_s += expected_s
        try:
            yield
        finally:
            self._early -= 1
            self._early_s = self._early_s - expected_s if self._early else 0.0

    def measured(self, audio_s: float, device_s: float) -> None:
        """Receives the device time that a pass over so much audio took."""
        self._saved_s = self._refilled() - device_s
        newest = device_s / max(audio_s, 0.1)
        if self._cost_per_s == 0:
            self._cost_per_s = newest
        self._cost_per_s += _WEIGHT * (newest - self._cost_per_s)

    def _refilled(self) -> float:
        now_s = self._clock()
        earned_s = (now_s - self._at_s) * self.pacing.max_share
        self._saved_s, self._at_s = min(_MAX_SAVED_S, self._saved_s + earned_s), now_s
        return self._saved_s
