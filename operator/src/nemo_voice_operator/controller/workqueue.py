"""A queue of keys: one worker at a time has a key, and again if it was added meanwhile.

A failed key is requeued with exponential backoff. The shape is client-go's rate-limited work queue.
"""

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")

_FIRST_BACKOFF_S = 0.2
_LONGEST_BACKOFF_S = 120.0
_SOON_S = 1e-3
"""A key due within this time is due: no clock is fine enough to wait for less."""


class WorkQueue(Generic[K]):
    """Keys to be worked on, now or at a given time."""

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self._clock = clock or asyncio.get_running_loop().time
        self._ready: dict[K, None] = {}  # ordered, each key once
        self._later: list[tuple[float, int, K]] = []
        self._due_s: dict[K, float] = {}
        self._running: set[K] = set()
        self._again: set[K] = set()
        self._failures: dict[K, tuple[object, int]] = {}
        self._numbers = itertools.count()
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._ready) + len(self._running)

    def add(self, key: K) -> None:
        """Adds the key, to be worked on as soon as possible."""
        if key in self._running:
            self._again.add(key)
            return
        self._ready.setdefault(key)
        self._changed.set()

    def add_after(self, key: K, delay_s: float) -> None:
        """Adds the key after a delay, unless it is due earlier already."""
        due_s = self._clock() + delay_s
        if due_s >= self._due_s.get(key, float("inf")):
            return
        self._due_s[key] = due_s
        heapq.heappush(self._later, (due_s, next(self._numbers), key))
        self._changed.set()

    async def get(self) -> K:
        """Returns the next key; `done` or `failed` must be called with it."""
        while True:
            self._release_due()
            if self._ready:
                key = next(iter(self._ready))
                del self._ready[key]
                self._running.add(key)
                return key
            self._changed.clear()
            delay_s = self._later[0][0] - self._clock() if self._later else None
            # Not `wait_for`: in Python 3.11 it loses a cancellation that comes with the event.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay_s):
                    await self._changed.wait()

    def done(self, key: K) -> None:
        """Marks the key's work as succeeded."""
        self._failures.pop(key, None)
        self._finish(key)

    def failed(self, key: K, version: object = None) -> float:
        """Marks the key's work as failed; returns the seconds until it is requeued.

        Args:
            key: What failed.
            version: Of what it was; failures of another version do not prolong the pause.
        """
        known, failures = self._failures.get(key, (version, 0))
        if known != version:
            failures = 0
        self._failures[key] = (version, failures + 1)
        delay_s: float = min(_LONGEST_BACKOFF_S, _FIRST_BACKOFF_S * 2.0 ** min(failures, 20))
        self._finish(key)
        self.add_after(key, delay_s)
        return delay_s

    def forget(self, key: K) -> None:
        """Drops what is kept of a key that no longer exists."""
        self._failures.pop(key, None)
        self._due_s.pop(key, None)

    def _finish(self, key: K) -> None:
        self._running.discard(key)
        if key in self._again:
            self._again.discard(key)
            self.add(key)

    def _release_due(self) -> None:
        now_s = self._clock() + _SOON_S
        while self._later and self._later[0][0] <= now_s:
            due_s, _, key = heapq.heappop(self._later)
            if self._due_s.get(key) == due_s:  # else an earlier time was set, or it was forgotten
                del self._due_s[key]
                self.add(key)
