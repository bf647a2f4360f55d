"""How long each service takes from its process to ready, and what memory it holds then."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import psutil

from benchmarks import inputs
from benchmarks.measures import Goal
from benchmarks.outcome import Outcome, Setting
from benchmarks.random_model import LARGE, MEDIUM, SIZES, SMALL, make_random_checkpoint
from benchmarks.report import figure, table
from benchmarks.servers import SERVE, Command
from benchmarks.starting import Start, import_s, start

ROUNDS = 3
MOST_IMPORT_S, MOST_LOAD_S, MOST_FIRST_RATIO = 5.0, 5.0, 1.2
_FREE_BYTES = 10 << 30
"""Wanted for the largest model: its weights in the page cache, and the first batches."""

_METHOD = """\
A process is started on weights that the model cache has; the clock runs until `/v1/health/ready`
answers 200. *Import*: torch and NeMo, in a process of their own. *After import*: the rest of the
phases until ready, the model's loading, its warm-up and the self-test. *First request*: against the
median of the sixth to the tenth, one client. Memory when ready: *private* is the process's own;
*from files*, such as libraries and weights, is shared by processes and dropped when memory is
short. Medians of the rounds; the larger recognisers have random weights."""


@dataclass(frozen=True, slots=True)
class Started:
    """All rounds of one service with one model."""

    title: str
    service: str
    imports_s: tuple[float, ...]
    starts: tuple[Start, ...]

    @property
    def import_s(self) -> float:
        """How long its imports take."""
        return median(self.imports_s)

    @property
    def after_import_s(self) -> float:
        """How long it takes from there until it is ready."""
        phases = [sum(_starting(one)) for one in self.starts]
        return max(0.0, median(phases) - self.import_s)

    @property
    def first_ratio(self) -> float:
        """How much longer the first request takes than later ones."""
        return median(one.requests_s[0] / one.tenth_s for one in self.starts)

    def line(self) -> tuple[str, ...]:
        """Returns its line of the table."""
        first, later, cpu, ready, listening = (
            median(values)
            for values in (
                [1000 * one.requests_s[0] for one in self.starts],
                [1000 * one.tenth_s for one in self.starts],
                [one.cpu_s for one in self.starts],
                [one.ready_s for one in self.starts],
                [one.listening_s for one in self.starts],
            )
        )
        private = median(one.private_bytes for one in self.starts) / 1e6
        file = median(one.file_bytes for one in self.starts) / 1e6
        times = (listening, self.import_s, self.after_import_s, ready, cpu, first, later)
        return (self.title, *map(figure, times), f"{private:,.0f}", f"{file:,.0f}")


def measure(setting: Setting) -> Outcome:
    """Returns the starts of both services with the demo models, and of larger recognisers."""
    folder = inputs.cache_folder() / "models"
    found = [_started("TTS, demo", "tts", (), setting), _started("STT, demo", "stt", (), setting)]
    sizes = [SMALL] if setting.is_quick else [SMALL, MEDIUM]
    is_roomy = psutil.virtual_memory().available > _FREE_BYTES
    sizes += [LARGE] if is_roomy and not setting.is_quick else []
    for size in sizes:
        checkpoint = make_random_checkpoint(size=size)
        setting.progress(f"unpacking {checkpoint.name}")
        model = _stored(checkpoint, folder, setting.logs)
        found.append(_started(f"STT, {size.name.upper()}", "stt", model, setting))
    head = ("service", "listening, s", "import, s", "after import, s", "ready, s", "CPU, s",
            "first request, ms", "tenth, ms", "private, MB", "from files, MB")  # fmt: skip
    sections = ("## Start and memory", _METHOD, table(head, [one.line() for one in found]))
    return Outcome(_goals(found, has_largest=len(sizes) == len(SIZES)), sections, _figures(found))


def _started(title: str, service: str, model: Sequence[str], setting: Setting) -> Started:
    # Random weights fail a service's self-test.
    module = "benchmarks.peers.unjudged_stt" if model else f"nemo_voice_{service}"
    command = Command(f"start-{service}", module, ("serve", *SERVE, *model))
    imports, starts = [], []
    for number in range(1 if setting.is_quick else ROUNDS):
        setting.progress(f"{title}: start {number + 1}")
        imports.append(import_s(service))
        starts.append(start(command, setting.logs))
    return Started(title, service, tuple(imports), tuple(starts))


def _stored(checkpoint: Path, folder: Path, logs: Path) -> tuple[str, ...]:
    """Fetches a checkpoint into the benchmark's model cache and returns the flags that name it."""
    flags = ("--model", checkpoint.as_uri(), "--model-cache", str(folder))
    command = [sys.executable, "-m", "nemo_voice_stt", "fetch", *flags]
    with (logs / "start-fetch.log").open("wb") as log:
        subprocess.run(command, stdout=log, stderr=log, check=True, cwd=inputs.ROOT)
    return flags


def _starting(one: Start) -> list[float]:
    return [one.phases_s.get(phase, 0.0) for phase in ("fetching", "loading", "warming")]


def _goals(found: Sequence[Started], *, has_largest: bool) -> tuple[Goal, ...]:
    slowest = max(found, key=lambda one: one.import_s)
    goals = [
        Goal(
            f"Start: import of torch and NeMo ({slowest.title})",
            slowest.import_s,
            MOST_IMPORT_S,
            is_floor=False,
            unit="s",
            spread=slowest.imports_s,
        ),
        Goal(
            "Start: 1.1B ready after import",
            found[-1].after_import_s if has_largest else None,
            MOST_LOAD_S,
            is_floor=False,
            unit="s",
        ),
    ]
    goals += [
        Goal(
            f"Start: first request against the tenth, {one.title}",
            one.first_ratio,
            MOST_FIRST_RATIO,
            is_floor=False,
            unit="x",
            spread=tuple(each.requests_s[0] / each.tenth_s for each in one.starts),
        )
        for one in found
    ]
    return tuple(goals)


def _figures(found: Sequence[Started]) -> dict[str, object]:
    return {
        one.title: {"imports_s": one.imports_s, "starts": [asdict(each) for each in one.starts]}
        for one in found
    }
