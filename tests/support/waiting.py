"""Waits for other processes."""

import time
from collections.abc import Callable
from typing import Any

PATIENCE_S = 60.0


def until(what: str, holds: Callable[[], Any], patience_s: float = PATIENCE_S) -> float:
    """Returns the seconds until the condition was true.

    Raises:
        TimeoutError: It did not in time.
    """
    began_s = time.monotonic()
    while time.monotonic() - began_s < patience_s:
        if holds():
            return time.monotonic() - began_s
        time.sleep(0.1)
    raise TimeoutError(f"{what}: not after {patience_s:g} s")
