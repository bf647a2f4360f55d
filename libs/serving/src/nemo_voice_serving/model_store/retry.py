"""Retries operations after transient faults."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from nemo_voice_serving.model_store.errors import FailureReason, ModelDownloadFailed

_Result = TypeVar("_Result")


class Transient(Exception):
    """A fault that the next try may not meet; it never leaves `Retries.run`."""

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
        """The reason of the final failure."""
        self.retry_after_s = retry_after_s
        self.progressed = progressed
        """Whether the try received new bytes, which resets the count of failures."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often to try, and how long to wait in between."""

    tries: int = 6
    """Failures in a row, without a new byte received, before giving up."""
    first_wait_s: float = 1.0
    longest_wait_s: float = 30.0

    def wait_s(self, failures: int) -> float:
        """Returns the seconds to wait after so many failures in a row."""
        return float(min(self.first_wait_s * 2 ** (failures - 1), self.longest_wait_s))


@dataclass(frozen=True)
class Retries:
    """A retry policy with its way to wait."""

    policy: RetryPolicy
    sleep: Callable[[float], None]

    def run(self, operation: Callable[[], _Result], what: str) -> _Result:
        """Returns the operation's result, after as many tries as the policy allows.

        Raises:
            ModelDownloadFailed: The message names the operation, the tries and the last fault.
        """
        failures = 0
        while True:
            try:
                return operation()
            except Transient as fault:
                failures = 1 if fault.progressed else failures + 1
                if failures >= self.policy.tries:
                    raise ModelDownloadFailed(
                        f"{what} failed {failures} times in a row; last: {fault}.",
                        advice="Check the network and the address, and run it again.",
                        reason=fault.reason,
                    ) from fault
                self.sleep(max(fault.retry_after_s or 0.0, self.policy.wait_s(failures)))
