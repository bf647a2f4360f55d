"""Quotas of each API key: requests in flight, and audio seconds a minute.

The edges of HTTP and gRPC count the requests of a key, responses charge their audio by
`charge_audio`. Keys are identified by their digests alone.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from nemo_voice_serving.errors import RateLimitExceeded
from nemo_voice_serving.settings import KeyLimitSettings

_MINUTE_S = 60.0
_LEAST_S = 1.0
"""Audio seconds that must be left for a request to begin: fewer would be one word."""
_SLOT_WAIT_S = 1.0
"""Retry-After for the concurrency limit: a guess, when a running request ends is unknown."""
_LABEL_DIGITS = 8


class UsageObserver(Protocol):
    """Receives what each key uses, for the metrics."""

    def key_changed(self, key: str, in_flight: int, /) -> None:
        """Receives how many requests of the key are in flight."""
        ...

    def key_charged(self, key: str, audio_s: float, /) -> None:
        """Receives how many audio seconds the key was charged."""
        ...

    def key_refused(self, key: str, limit: str, /) -> None:
        """Receives which limit refused a request of the key."""
        ...

    def key_gone(self, key: str, /) -> None:
        """Receives the name of a key that is no longer valid."""
        ...


class TokenBucket:
    """A token bucket of audio seconds, refilled evenly within a minute, that may be overdrawn.

    A request's audio is known only once it is there. So a request begins while something is left,
    and the requests after it wait until the overdraft is refilled.
    """

    def __init__(self, per_minute_s: float, clock: Callable[[], float]) -> None:
        self.capacity_s = per_minute_s
        self._rate = per_minute_s / _MINUTE_S
        self._clock = clock
        self._left_s, self._at_s = per_minute_s, clock()

    @property
    def left_s(self) -> float:
        """Audio seconds that are left; negative when overdrawn."""
        now_s = self._clock()
        refilled_s = (now_s - self._at_s) * self._rate
        self._left_s, self._at_s = min(self.capacity_s, self._left_s + refilled_s), now_s
        return self._left_s

    @property
    def full_in_s(self) -> float:
        """Seconds until the bucket is full."""
        return (self.capacity_s - self.left_s) / self._rate

    @property
    def open_in_s(self) -> float:
        """Seconds until a request may begin; 0 when one may now."""
        return max(0.0, (min(_LEAST_S, self.capacity_s) - self.left_s) / self._rate)

    def take(self, audio_s: float) -> None:
        """Takes the audio seconds, even if fewer are left."""
        self._left_s = self.left_s - audio_s


class KeyUsage:
    """The requests in flight and the audio of one key, measured against its limits."""

    def __init__(
        self,
        key: str,
        limits: KeyLimitSettings,
        observer: UsageObserver,
        clock: Callable[[], float],
    ) -> None:
        self.key = key
        self.in_flight = 0
        self._limits = limits
        self._observer = observer
        per_minute_s = limits.audio_s_per_minute
        self._bucket = TokenBucket(per_minute_s, clock) if per_minute_s else None

    def charge(self, audio_s: float) -> None:
        """Counts audio that was sent or received."""
        self._observer.key_charged(self.key, audio_s)
        if self._bucket is not None:
            self._bucket.take(audio_s)

    def headers(self) -> dict[str, str]:
        """Returns headers that state the audio quota and what is left; none without a quota."""
        if self._bucket is None:
            return {}
        return {
            "x-ratelimit-limit-audio-seconds": f"{self._bucket.capacity_s:g}",
            "x-ratelimit-remaining-audio-seconds": f"{max(0.0, self._bucket.left_s):.1f}",
            "x-ratelimit-reset-audio-seconds": f"{self._bucket.full_in_s:.0f}s",
        }

    def check(self) -> None:
        """Refuses one more request when a limit is reached.

        Raises:
            RateLimitExceeded: Stating when to try again.
        """
        most = self._limits.requests
        if most and self.in_flight >= most:
            self._observer.key_refused(self.key, "requests")
            message = f"This API key has {self.in_flight} requests in flight, and may have {most}."
            raise RateLimitExceeded(message, retry_after_s=_SLOT_WAIT_S, state=self.headers())
        wait_s = 0.0 if self._bucket is None else self._bucket.open_in_s
        if wait_s > 0:
            self._observer.key_refused(self.key, "audio_seconds")
            message = (
                f"This API key may use {self._limits.audio_s_per_minute:g} audio seconds a minute, "
                f"and has. Try again in {wait_s:.0f} s."
            )
            raise RateLimitExceeded(message, retry_after_s=wait_s, state=self.headers())


_current: ContextVar[KeyUsage | None] = ContextVar("key_usage", default=None)
"""The usage of the key whose request is being served, on the event loop and in its tasks."""


def charge_audio(audio_s: float) -> None:
    """Charges audio to the key of the request being served; without a key nothing happens."""
    usage = _current.get()
    if usage is not None:
        usage.charge(audio_s)


class Quotas:
    """Enforces the quota of each key and keeps what each has used."""

    def __init__(
        self,
        limits: KeyLimitSettings,
        observer: UsageObserver,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits
        self._observer = observer
        self._clock = clock
        self._usages: dict[bytes, KeyUsage] = {}
        self._valid: frozenset[bytes] = frozenset()

    @contextmanager
    def request(self, digest: bytes) -> Iterator[KeyUsage]:
        """Counts a request of the key as in flight, and charges its audio to the key, in the block.

        Raises:
            RateLimitExceeded: The key has reached a limit.
        """
        usage = self._usages.get(digest)
        if usage is None:
            key = digest.hex()[:_LABEL_DIGITS]
            usage = KeyUsage(key, self._limits, self._observer, self._clock)
            self._usages[digest] = usage
        usage.check()
        token = _current.set(usage)
        self._change(usage, 1)
        try:
            yield usage
        finally:
            self._change(usage, -1)
            _current.reset(token)
            self._forget_invalid()

    def keep(self, digests: frozenset[bytes]) -> None:
        """Forgets keys that are not among these, each once its last request is served."""
        self._valid = digests
        self._forget_invalid()

    def _forget_invalid(self) -> None:
        for digest in self._usages.keys() - self._valid:
            if not self._usages[digest].in_flight:
                self._observer.key_gone(self._usages.pop(digest).key)

    def _change(self, usage: KeyUsage, by: int) -> None:
        usage.in_flight += by
        self._observer.key_changed(usage.key, usage.in_flight)
