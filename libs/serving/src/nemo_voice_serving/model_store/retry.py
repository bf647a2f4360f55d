"""Trying again after faults that pass by themselves.

Called by `model_hub` and `model_download`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

import httpx2

from nemo_voice_serving.model_store.errors import FailureReason, ModelDownloadFailed

_Result = TypeVar("_Result")
_LONGEST_RETRY_AFTER_S = 120.0
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


class Transient(Exception):
    """A fault that may be gone at the next try; it never leaves `Retries.run`."""

    def __init__(
        self,
        message: str,
        *,
        reason: FailureReason,
        retry_after_s: float | None = None,
        progressed: bool = False,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        """What it is called when it does not pass."""
        self.retry_after_s = retry_after_s
        self.progressed = progressed
        """Whether the try brought something, so that the count of failures starts again."""


def is_passing(status: int) -> bool:
    """Returns whether a response of this status may be another one soon."""
    return status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def network_reason(error: httpx2.TransportError) -> FailureReason:
    """Returns what a connection that failed for good is called."""
    if isinstance(error, httpx2.TimeoutException):
        return FailureReason.HUB_TIMEOUT
    if isinstance(error, httpx2.ConnectError):
        return FailureReason.HUB_UNREACHABLE
    return FailureReason.CONNECTION_CUT


def retry_after_s(header: str | None) -> float | None:
    """Returns the seconds of a Retry-After header; its rarer form, a date, counts as none."""
    if header is None or not header.strip().isdigit():
        return None
    return min(float(header), _LONGEST_RETRY_AFTER_S)


@dataclass(frozen=True)
class RetryPolicy:
    """How often, and after how long."""

    tries: int = 6
    """Failures in a row, without one byte received, before giving up."""
    first_wait_s: float = 1.0
    longest_wait_s: float = 30.0

    def wait_s(self, failures: int) -> float:
        """Returns how long to wait after so many failures in a row."""
        return float(min(self.first_wait_s * 2 ** (failures - 1), self.longest_wait_s))


@dataclass(frozen=True)
class Retries:
    """A policy and the way to wait."""

    policy: RetryPolicy
    sleep: Callable[[float], None]

    def run(self, operation: Callable[[], _Result], what: str) -> _Result:
        """Returns the operation's result, after as many tries as the policy allows.

        Raises:
            ModelDownloadFailed: Says what was tried, how often, and the last reason.
        """
        failures = 0
        while True:
            try:
                return operation()
            except Transient as fault:
                failures = 1 if fault.progressed else failures + 1
                if failures >= self.policy.tries:
                    raise ModelDownloadFailed(
                        f"{what} failed {failures} times in a row; last: {fault}. "
                        "Check the network and the address, and run it again.",
                        reason=fault.reason,
                    ) from fault
                self.sleep(max(fault.retry_after_s or 0.0, self.policy.wait_s(failures)))
