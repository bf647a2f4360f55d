"""Progress lines of the benchmarks."""

import sys
import time

_BEGAN_S = time.monotonic()


def report_progress(text: str) -> None:
    """Writes a line of progress with the time since the start."""
    minutes, seconds = divmod(time.monotonic() - _BEGAN_S, 60)
    sys.stdout.write(f"{minutes:02.0f}:{seconds:02.0f}  {text}\n")
    sys.stdout.flush()
