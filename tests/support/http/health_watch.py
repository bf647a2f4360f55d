"""What a service's health routes say, all the time that a test does something else."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

PATHS = ("/v1/health/live", "/v1/health/ready")


@dataclass
class HealthWatch:
    """The statuses that were found, and the seconds that each response took."""

    statuses: set[int] = field(default_factory=set)
    seconds: list[float] = field(default_factory=list)


@contextmanager
def watched_health(address: str, *, pause_s: float = 0.05) -> Iterator[HealthWatch]:
    """Yields what both routes say during the block; a response that never comes is an error."""
    watch, over = HealthWatch(), threading.Event()

    def look() -> None:
        with httpx.Client(base_url=address, timeout=60) as client:
            while not over.wait(pause_s):
                for path in PATHS:
                    began_s = time.monotonic()
                    watch.statuses.add(client.get(path).status_code)
                    watch.seconds.append(time.monotonic() - began_s)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield watch
    finally:
        over.set()
        thread.join()
