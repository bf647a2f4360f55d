"""What each API key may use, and what it has used: requests at once, audio seconds a minute.

`auth.py` opens an account around a request; whoever makes or hears sound calls `charge_audio`. No
HTTP here, and no key: an account is known by a digest.
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
"""Audio seconds that must be left for a request to be begun: fewer would be one word."""
_SLOT_WAIT_S = 1.0
"""When to come back for a free place: nobody knows when one of the key's own requests ends."""
_LABEL_DIGITS = 8


class AccountObserver(Protocol):
    """Who is told what each key uses: the metrics."""

    def key_changed(self, key: str, inside: int) -> None:
        """Hears how many requests of the key are inside."""
        ...

    def key_charged(self, key: str, audio_s: float) -> None:
        """Hears what the key has used."""
        ...

    def key_refused(self, key: str, limit: str) -> None:
        """Hears which limit refused a request of the key."""
        ...

    def key_gone(self, key: str) -> None:
        """Hears that the key is no longer one."""
        ...


class Bucket:
    """A minute's worth of audio seconds, which come back evenly; it may be overdrawn.

    How long a request's sound is comes out when it is there. So a request is begun while something
    is left, and what it takes beyond that is waited for by those after it.
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
        returned_s = (now_s - self._at_s) * self._rate
        self._left_s, self._at_s = min(self.capacity_s, self._left_s + returned_s), now_s
        return self._left_s

    @property
    def full_in_s(self) -> float:
        """Seconds until nothing of what was used counts any more."""
        return (self.capacity_s - self.left_s) / self._rate

    @property
    def open_in_s(self) -> float:
        """Seconds until a request may begin; 0 when one may now."""
        return max(0.0, (min(_LEAST_S, self.capacity_s) - self.left_s) / self._rate)

    def take(self, audio_s: float) -> None:
        """Takes what was used, whether or not it is there."""
        self._left_s = self.left_s - audio_s


class Account:
    """What one key uses."""

    def __init__(
        self,
        key: str,
        limits: KeyLimitSettings,
        observer: AccountObserver,
        clock: Callable[[], float],
    ) -> None:
        self.key = key
        self.inside = 0
        self._limits = limits
        self._observer = observer
        per_minute_s = limits.audio_s_per_minute
        self._bucket = Bucket(per_minute_s, clock) if per_minute_s else None

    def charge(self, audio_s: float) -> None:
        """Counts audio that was made or heard."""
        self._observer.key_charged(self.key, audio_s)
        if self._bucket is not None:
            self._bucket.take(audio_s)

    def headers(self) -> dict[str, str]:
        """Returns what is left of the minute's audio; nothing where it is not limited."""
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
            RateLimitExceeded: With the time after which it may be tried again.
        """
        most = self._limits.requests
        if most and self.inside >= most:
            self._observer.key_refused(self.key, "requests")
            message = f"This API key has {self.inside} requests inside, and may have {most}."
            raise RateLimitExceeded(message, retry_after_s=_SLOT_WAIT_S, state=self.headers())
        wait_s = 0.0 if self._bucket is None else self._bucket.open_in_s
        if wait_s > 0:
            self._observer.key_refused(self.key, "audio_seconds")
            message = (
                f"This API key may use {self._limits.audio_s_per_minute:g} audio seconds a minute, "
                f"and has. Try again in {wait_s:.0f} s."
            )
            raise RateLimitExceeded(message, retry_after_s=wait_s, state=self.headers())


_current: ContextVar[Account | None] = ContextVar("account", default=None)
"""Whose request is being served, on the event loop and in the tasks it starts."""


def charge_audio(audio_s: float) -> None:
    """Counts audio against the key whose request this is; for nobody's, nothing happens."""
    account = _current.get()
    if account is not None:
        account.charge(audio_s)


class Accounts:
    """The accounts of all keys that have called."""

    def __init__(
        self,
        limits: KeyLimitSettings,
        observer: AccountObserver,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits
        self._observer = observer
        self._clock = clock
        self._accounts: dict[bytes, Account] = {}
        self._valid: frozenset[bytes] = frozenset()

    @contextmanager
    def request(self, digest: bytes) -> Iterator[Account]:
        """Counts a request of the key in while the block runs, and what it charges.

        Raises:
            RateLimitExceeded: When the key has used what it may.
        """
        account = self._accounts.get(digest)
        if account is None:
            key = digest.hex()[:_LABEL_DIGITS]
            account = Account(key, self._limits, self._observer, self._clock)
            self._accounts[digest] = account
        account.check()
        token = _current.set(account)
        self._change(account, 1)
        try:
            yield account
        finally:
            self._change(account, -1)
            _current.reset(token)
            self._forget_invalid()

    def keep(self, digests: frozenset[bytes]) -> None:
        """Forgets the keys that are no longer among these, once their last request is served."""
        self._valid = digests
        self._forget_invalid()

    def _forget_invalid(self) -> None:
        for digest in self._accounts.keys() - self._valid:
            if not self._accounts[digest].inside:
                self._observer.key_gone(self._accounts.pop(digest).key)

    def _change(self, account: Account, by: int) -> None:
        account.inside += by
        self._observer.key_changed(account.key, account.inside)
