"""What a run of the operator's benchmark found, its goals, and the JSON that keeps it."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from benchmarks.measures import Goal, percentile
from benchmarks.results import Circumstances

CONVERGED_S, IDLE_MILLICORES, CHANGED_S = 60.0, 50.0, 1.0
"""The goals: for a thousand VoiceServices, and for a change to one of them."""


@dataclass(frozen=True, slots=True)
class Convergence:
    """From the operator's start to the last owned object, all VoiceServices being there already."""

    services: int
    cached: int
    """Of these: how many download a model into a claim of their own."""
    applied_s: float
    """Until every owned object is there and every status is about the newest spec."""
    ready_s: float
    """Until every VoiceService is Ready."""
    processors_s: dict[str, float]
    """Seconds computed until then, by process."""
    requests: int
    """Requests of the operator to the API server until then."""
    reconciles: int
    resident_bytes: int
    load: float
    """The machine's load average of the last minute, at the end; so in all parts."""


@dataclass(frozen=True, slots=True)
class Bare:
    """The same owned objects of VoiceServices with demo models, applied without an operator."""

    applied_s: float
    ready_s: float
    """Until every Deployment has a pod that is available."""
    api_server_s: float
    """Seconds that the API server computed until then."""
    requests: int


@dataclass(frozen=True, slots=True)
class Rest:
    """A time in which nothing changes."""

    scaled: int
    """VoiceServices with `scaling`, whose load is read from their pods."""
    seconds: float
    processor_s: float
    reconciles: int
    resident_bytes: int
    load: float

    @property
    def cores(self) -> float:
        """The part of a core that the operator takes."""
        return self.processor_s / self.seconds


@dataclass(frozen=True, slots=True)
class Resync:
    """What it costs to list everything again, which the operator does every few minutes."""

    processor_s: float
    every_s: float

    @property
    def cores(self) -> float:
        """The part of a core that it takes over time."""
        return self.processor_s / self.every_s


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes of single VoiceServices, one after the other, all others being at rest."""

    latencies_s: tuple[float, ...]
    """From sending the change to the changed object, seen by a watch."""
    lost: int
    """Changes that never arrived."""
    processor_s: float
    load: float


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that a run found."""

    circumstances: Circumstances
    bare: Bare
    convergence: Convergence
    idle: Rest
    resync: Resync
    changes: Changes
    scaling: Rest

    @property
    def idle_cores(self) -> float:
        """The part of a core at rest; a minute has no whole resync in it, so that is added."""
        return self.idle.cores + self.resync.cores

    @property
    def millicores_each(self) -> float:
        """What one VoiceService with `scaling` adds, in thousandths of a core."""
        added = self.scaling.cores - self.idle.cores
        return 1000 * added / self.scaling.scaled

    @property
    def goals(self) -> tuple[Goal, ...]:
        """Every goal beside what was measured."""
        services, changes = self.convergence.services, self.changes
        is_whole = not changes.lost
        slowest = percentile(changes.latencies_s, 99) if is_whole else None
        return (
            _at_most(f"{services} applied", self.convergence.applied_s, CONVERGED_S, "s"),
            _at_most(f"{services} at rest", 1000 * self.idle_cores, IDLE_MILLICORES, "millicores"),
            _at_most("a change becomes a changed object, p99", slowest, CHANGED_S, "s"),
        )


def _at_most(name: str, measured: float | None, limit: float, unit: str) -> Goal:
    return Goal(name, measured, limit, is_floor=False, unit=unit)


def percentiles_ms(values_s: Sequence[float]) -> tuple[float, ...]:
    """Returns the 50th, 95th, 99th and 100th percentile in milliseconds."""
    return tuple(1000 * percentile(values_s, rank) for rank in (50, 95, 99, 100))


_JSON = TypeAdapter(Results)


def to_json(results: Results) -> str:
    """Returns the findings as JSON."""
    return _JSON.dump_json(results, indent=2).decode() + "\n"


def from_json(text: str) -> Results:
    """Returns the findings that the JSON holds."""
    return _JSON.validate_json(text)
