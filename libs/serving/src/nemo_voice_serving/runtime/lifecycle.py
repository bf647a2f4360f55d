"""The phase a service is in, how long each took, and why it is not ready.

One `Lifecycle` per process, written by the start-up and the drain, read by the health routes, the
metrics and the operator (through `/v1/health/ready`).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """Where a service is between its start and its end."""

    FETCHING = "fetching"
    """The model's files are found, downloaded or verified."""
    LOADING = "loading"
    """The model goes to the device."""
    WARMING = "warming"
    """The first batches run, and the first self-test."""
    READY = "ready"
    """Requests are served."""
    DRAINING = "draining"
    """Requests are served until the process ends."""
    FAILED = "failed"
    """Only a new process can help."""


STARTING = frozenset({Phase.FETCHING, Phase.LOADING, Phase.WARMING})
"""The phases of a start."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether requests may be sent, the reason if not, and the seconds in each phase so far."""

    ready: bool
    phase: Phase
    reason: str | None
    seconds: dict[str, float]
    self_test: dict[str, object] | None


class Lifecycle:
    """Holds the phase; `READY` means that the last self-test passed as well."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._phase = Phase.FETCHING
        self._since = clock()
        self._seconds: dict[str, float] = {}
        self._reason: str | None = "the model's files are being made ready"
        self._self_test: dict[str, object] | None = None
        self._self_test_failure: str | None = None
        self._listeners: list[Callable[[Phase], None]] = []
        self._requirements: list[Callable[[], str | None]] = []

    @property
    def phase(self) -> Phase:
        """The phase now."""
        return self._phase

    @property
    def is_draining(self) -> bool:
        """Whether the end has begun: connections should close after their response."""
        return self._phase is Phase.DRAINING

    @property
    def has_failed(self) -> bool:
        """Whether only a new process can help."""
        return self._phase is Phase.FAILED

    def listen(self, listener: Callable[[Phase], None]) -> None:
        """Calls the listener at each change of phase, beginning with the present one."""
        self._listeners.append(listener)
        listener(self._phase)

    def require(self, problem: Callable[[], str | None]) -> None:
        """Makes the service unready whenever this returns a problem."""
        self._requirements.append(problem)

    def enter(self, phase: Phase, reason: str | None = None) -> None:
        """Moves to a phase; nothing leaves `FAILED`, and only `FAILED` follows `DRAINING`."""
        if self.has_failed or (self.is_draining and phase is not Phase.FAILED):
            return
        now = self._clock()
        self._seconds[self._phase] = self._seconds.get(self._phase, 0.0) + now - self._since
        self._phase, self._since, self._reason = phase, now, reason
        for listener in self._listeners:
            listener(phase)

    def explain(self, reason: str) -> None:
        """Sets the reason of the present phase: the step that it is at."""
        self._reason = reason

    def self_test_finished(self, failure: str | None, **facts: object) -> None:
        """Records a self-test; a failed one makes the service unready until one passes."""
        self._self_test_failure = failure
        self._self_test = {"passed": failure is None, "failure": failure, **facts}

    def readiness(self) -> Readiness:
        """Returns whether requests may be sent, and if not why not."""
        problems = (self._self_test_failure, *(problem() for problem in self._requirements))
        problem = next((one for one in problems if one is not None), None)
        ready = self._phase is Phase.READY and problem is None
        seconds = dict(self._seconds)
        seconds[self._phase] = seconds.get(self._phase, 0.0) + self._clock() - self._since
        reason = None if ready else self._reason or problem
        rounded = {phase: round(spent, 3) for phase, spent in seconds.items()}
        return Readiness(ready, self._phase, reason, rounded, self._self_test)
