"""What a trial of the chaos tests found, and the JSON file that keeps it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

FOLDER = Path(__file__).resolve().parents[2] / ".chaos"
"""Where the tests leave a file for each trial."""
ANSWERED = "ok"


@dataclass(frozen=True, slots=True)
class Call:
    """One request of the load."""

    began_s: float
    """On the monotonic clock, as all times of a trial."""
    ended_s: float
    outcome: str
    """`ok`, or how it failed: `refused`, `reset`, `cut`, `timed out`, `wrong body`, `503 …`."""
    is_kept: bool
    """Whether it went over a connection that had carried others before."""
    again: str = ""
    """The outcome of a second connection, tried only after a refused one."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The requests of a trial: answered, and failed by when they began.

    Of one process that is killed, no other can save what is in flight; and until the cluster takes
    a dead pod out of the endpoints, it goes on sending requests there.
    """

    answered: int
    in_flight: Mapping[str, int] = field(default_factory=dict)
    """Failures of requests that began before a process was ended by force."""
    unnoticed: Mapping[str, int] = field(default_factory=dict)
    """Failures of requests that began while the endpoints still had the dead or frozen pod."""
    beyond: Mapping[str, int] = field(default_factory=dict)
    """All other failures."""
    second_try_failed: int = 0
    """Refused requests whose second connection, a moment later, failed too."""
    slowest_s: float = 0.0
    """The longest time until a whole response."""

    @property
    def requests(self) -> int:
        """How many there were."""
        failed = (self.in_flight, self.unnoticed, self.beyond)
        return self.answered + sum(sum(each.values()) for each in failed)


@dataclass(frozen=True, slots=True)
class Said:
    """A change that a watch of the API server saw."""

    at_s: float
    """Seconds after the fault."""
    what: str


@dataclass(frozen=True, slots=True)
class Trial:
    """One fault under load."""

    name: str
    fault: str
    """What was done, in a sentence."""
    promise: str
    """What must hold, in words."""
    is_kept: bool
    """Whether it held."""
    counts: Counts
    ready_s: float | None
    """Seconds from the fault until all pods were ready and the status said so."""
    timeline: tuple[Said, ...]
    notes: tuple[str, ...] = ()
    measured: str = ""
    load_average: float = 0.0


def counted(
    calls: Iterable[Call], *, forced_s: float | None = None, noticed_s: float | None = None
) -> Counts:
    """Returns the counts of a load.

    Args:
        calls: All requests.
        forced_s: When a process was ended or frozen by force; absent: no failure is excused.
        noticed_s: When the endpoints had lost its pod; absent: at once.
    """
    answered, second_try_failed, slowest_s = 0, 0, 0.0
    in_flight: dict[str, int] = {}
    unnoticed: dict[str, int] = {}
    beyond: dict[str, int] = {}
    for call in calls:
        if call.outcome == ANSWERED:
            answered += 1
            slowest_s = max(slowest_s, call.ended_s - call.began_s)
            continue
        second_try_failed += call.again not in {"", ANSWERED}
        # What had failed before the fault was not its doing.
        if forced_s is not None and call.began_s < forced_s <= call.ended_s:
            chosen = in_flight
        elif forced_s is not None and forced_s <= call.began_s < (noticed_s or forced_s):
            chosen = unnoticed
        else:
            chosen = beyond
        chosen[call.outcome] = chosen.get(call.outcome, 0) + 1
    return Counts(answered, in_flight, unnoticed, beyond, second_try_failed, slowest_s)


_JSON = TypeAdapter(Trial)
_ALL = TypeAdapter(tuple[Trial, ...])


def keep(trial: Trial, folder: Path = FOLDER) -> None:
    """Writes the trial into the folder, in place of an earlier one of its name."""
    folder.mkdir(exist_ok=True)
    (folder / f"{trial.name.replace(' ', '-')}.json").write_bytes(_JSON.dump_json(trial, indent=2))


def kept(folder: Path = FOLDER) -> tuple[Trial, ...]:
    """Returns the trials of the folder, by name."""
    return tuple(_JSON.validate_json(path.read_bytes()) for path in sorted(folder.glob("*.json")))


def to_json(trials: Iterable[Trial]) -> str:
    """Returns trials as JSON."""
    return _ALL.dump_json(tuple(trials), indent=2).decode() + "\n"


def from_json(text: str) -> tuple[Trial, ...]:
    """Returns the trials that the JSON holds."""
    return _ALL.validate_json(text)
