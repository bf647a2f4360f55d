"""The most memory that a server holds during a block, seen from outside."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.servers import Server

_EVERY_S = 0.25


class Watched:
    """What was seen so far."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.before_bytes = self.most_bytes = server.resident_bytes()
        self._stop = threading.Event()

    def look(self) -> None:
        """Looks again and again until told to stop."""
        while not self._stop.wait(_EVERY_S):
            self.most_bytes = max(self.most_bytes, self._server.resident_bytes())

    def stop(self) -> None:
        """Ends `look`."""
        self._stop.set()

    @property
    def more_bytes(self) -> int:
        """How much more it held than before."""
        return self.most_bytes - self.before_bytes


@contextmanager
def watched(server: Server) -> Iterator[Watched]:
    """Yields what watches the server's memory until the block ends."""
    watch = Watched(server)
    thread = threading.Thread(target=watch.look)
    thread.start()
    try:
        yield watch
    finally:
        watch.stop()
        thread.join()
