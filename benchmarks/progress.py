"""Lines of progress, each with the time since the program began."""

import sys
import time

_BEGAN_S = time.monotonic()


def progress(text: str) -> None:
    """Prints a line with the minutes and seconds since the start."""
    minutes, seconds = divmod(time.monotonic() - _BEGAN_S, 60)
    sys.stdout.write(f"{minutes:02.0f}:{seconds:02.0f}  {text}\n")
    sys.stdout.flush()
