"""Progress lines of a long job: the part that is done and the time left."""

import sys
import time
from collections.abc import Callable

_EVERY_S = 15.0


class Progress:
    """Prints the part of a job that is done and the time left, a few times a minute."""

    def __init__(self, job: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._job = job
        self._clock = clock
        self._start_s = self._last_s = clock()
        self._first_part: float | None = None

    def report(self, part: float, remark: str = "") -> None:
        """Writes a line if the last one is 15 seconds old; `part` runs from 0 to 1."""
        now_s = self._clock()
        if self._first_part is None:
            self._first_part = part  # a resumed job does not start at 0
        if now_s - self._last_s < _EVERY_S and part < 1:
            return
        self._last_s = now_s
        done = part - self._first_part
        left_s = (now_s - self._start_s) * (1 - part) / done if done > 0 else 0.0
        sys.stdout.write(f"{self._job}: {part:4.0%}, {left_s / 60:5.1f} min left  {remark}\n")
        sys.stdout.flush()
