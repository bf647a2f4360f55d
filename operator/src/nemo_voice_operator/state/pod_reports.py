"""What pods report of themselves over HTTP: readiness, load, and the progress of a download."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

_IMPOSSIBLE = 1e9


PodPhase = StrEnum("PodPhase", ["FETCHING", "LOADING", "WARMING", "READY", "DRAINING", "FAILED"])
"""Phase of a service's process, as the service reports it: the name in lower case."""


@dataclass(frozen=True, slots=True)
class PodReadiness:
    """Readiness that a pod reports of itself."""

    phase: PodPhase
    reason: str | None
    """Why it is not ready, or what it is busy with."""
    ready: bool
    seconds: dict[PodPhase, float] = field(default_factory=dict)
    """How long it spent in each phase so far."""


@dataclass(frozen=True, slots=True)
class PodLoad:
    """Load of one pod."""

    in_flight: float
    """Requests admitted and unfinished, the queue included."""
    queue_s: float
    """Estimated seconds until the admitted work is done."""
    sessions: float = 0.0
    """Live sessions that are open, of speech and of text."""

    def __post_init__(self) -> None:
        """Refuses what no pod can have: negative, infinite, not a number."""
        if not all(0 <= one < _IMPOSSIBLE for one in (self.in_flight, self.queue_s, self.sessions)):
            raise ValueError(f"No pod has {self}.")


@dataclass(frozen=True, slots=True)
class CacheProgress:
    """Progress that a running download reports."""

    phase: str
    done_bytes: int
    total_bytes: int | None


@dataclass(frozen=True, slots=True)
class PodReports:
    """What the pods of one VoiceService reported in a reconcile."""

    readiness: Mapping[str, PodReadiness] = field(default_factory=dict)
    """Readiness of the serving pods that responded, by name."""
    progress: CacheProgress | None = None
    """Progress of the download, if one runs and responded."""
