"""The parts of the benchmark: which systems run, on which inputs, in which order.

`__main__.py` calls the parts; servers, load and raw models are the other modules'.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks import inputs
from benchmarks.load import Request, run
from benchmarks.measures import Goal, Round, overhead, promptness, row, speed_ratio
from benchmarks.outcome import Outcome, Progress
from benchmarks.race.clips import make_clips
from benchmarks.race.tables import rows_table
from benchmarks.random_model import make_random_checkpoint
from benchmarks.raw import Call, RawRecogniser, RawVoice, remote
from benchmarks.servers import SERVE, Command, Server, running

RAW, SERVICE, FIRST_DESIGN = "raw model", "service", "first design"
CROWD = 32
"""The number of clients that the goals are about."""


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    rounds: int
    items: Mapping[int, int]
    """The number of requests for each number of clients."""
    trial: int
    """Inputs on which the raw model's batch sizes are compared."""
    batches: tuple[int, ...] = (1, 2, 4, 8, 16, 32)


@dataclass
class Contest:
    """The compared systems, ready, and what they have done so far."""

    plan: Plan
    requests: Sequence[Request]
    raw: Call
    servers: Mapping[str, Server]
    progress: Progress
    batch: int = 1
    rounds: dict[tuple[str, int | None], list[Round]] = field(default_factory=dict)
    alone_s: list[float] = field(default_factory=list)
    """The raw model's seconds on the inputs of the rounds with one client."""
    first_s: list[float] = field(default_factory=list)
    """The raw voice's seconds on the first phrases of the same inputs."""
    batch_s: float = 0.0
    """The seconds that the service's metrics name for the same inputs."""

    def choose_batch(self) -> None:
        """Finds the batch size at which the raw model is quickest."""
        places = range(self.plan.trial)
        for server in self.servers.values():
            run(server.address, self.requests[:2], 1)
        self.raw("batched", places, 1)
        seconds = {size: self.raw("batched", places, size).seconds for size in self.plan.batches}
        self.batch = min(seconds, key=lambda size: seconds[size])
        shown = ", ".join(f"{size}: {spent:.2f} s" for size, spent in seconds.items())
        self.progress(f"raw model by batch size on {self.plan.trial} inputs: {shown}")

    def play(self) -> None:
        """Runs every round, the systems taking turns."""
        loads = sorted(self.plan.items, reverse=True)
        pairs = itertools.product(loads, (SERVICE, FIRST_DESIGN))
        steps = [(RAW, None), *((system, clients) for clients, system in pairs)]
        for number in range(self.plan.rounds):
            self.progress(f"round {number + 1} of {self.plan.rounds}")
            for system, clients in steps if number % 2 == 0 else reversed(steps):
                made = self._step(system, clients)
                self.rounds.setdefault((system, clients), []).append(made)
                load = "" if clients is None else f", {clients} clients"
                pace = f"{made.audio_s / made.seconds:.1f} audio s/s"
                self.progress(f"  {system}{load}: {made.items} in {made.seconds:.1f} s, {pace}")

    def comparison(self, title: str, goals: Sequence[Goal], notes: Sequence[str]) -> Outcome:
        """Returns everything that was measured."""
        loads = sorted(self.plan.items)
        order = [(RAW, None), *itertools.product((SERVICE, FIRST_DESIGN), loads)]
        rows = tuple(row(*key, self.rounds[key]) for key in order)
        ours = f"The raw model was quickest in batches of {self.batch}."
        listed = "\n".join(f"- {note}" for note in (ours, *notes))
        figures = {"rows": [asdict(one) for one in rows]}
        return Outcome(tuple(goals), (f"## {title}", rows_table(rows), listed), figures)

    def served(self, clients: int) -> list[Round]:
        """Returns our service's rounds with so many clients."""
        return self.rounds[SERVICE, clients]

    def _step(self, system: str, clients: int | None) -> Round:
        if clients is None:
            made: Round = self.raw("batched", range(self.plan.items[CROWD]), self.batch)
            return made
        server = self.servers[system]
        requests = self.requests[: self.plan.items[clients]]
        if clients > 1 or system != SERVICE:
            return run(server.address, requests, clients)
        before_s = server.batch_seconds()
        served = run(server.address, requests, clients)
        self.batch_s += server.batch_seconds() - before_s
        self.alone_s += self.raw("single", range(len(requests)))
        if served.firsts_s:
            self.first_s += self.raw("first", range(len(requests)))
        return served


def recognisers(
    title: str, plan: Plan, *, is_random: bool, logs: Path, progress: Progress
) -> Outcome:
    """Returns the comparison on the demo recogniser, or on the large one with random weights."""
    count = max(plan.items.values())
    clips = make_clips(count, logs, progress)
    checkpoint = inputs.DEMO_MODELS / "fastconformer-tdt.nemo"
    model, module = "demo", "nemo_voice_stt"
    if is_random:
        checkpoint = make_random_checkpoint(inputs.cache_folder() / "random-110m.nemo")
        model, module = checkpoint.as_uri(), "benchmarks.peers.unjudged_stt"
    commands = {
        SERVICE: Command("stt-service", module, ("serve", "--model", model, *SERVE)),
        FIRST_DESIGN: Command(
            "stt-first-design",
            "benchmarks.peers.first_design_stt",
            ("--checkpoint", str(checkpoint)),
        ),
    }
    requests = [clip.request() for clip in clips]
    worker = (RawRecogniser, model, [clip.path for clip in clips])
    with contest(plan, requests, worker, commands, logs, progress) as game:
        return game.comparison(
            title, _recogniser_goals(title, game, is_random), [_by_metrics(game)]
        )


def voices(title: str, plan: Plan, *, logs: Path, progress: Progress) -> Outcome:
    """Returns the comparison on the demo voice."""
    texts = inputs.texts(max(plan.items.values()))
    voice = ("--checkpoint", str(inputs.DEMO_MODELS / "fastpitch.nemo"))
    vocoder = ("--vocoder", str(inputs.DEMO_MODELS / "hifigan.nemo"))
    commands = {
        SERVICE: Command("tts-service", "nemo_voice_tts", ("serve", "--model", "demo", *SERVE)),
        FIRST_DESIGN: Command(
            "tts-first-design", "benchmarks.peers.first_design_tts", (*voice, *vocoder)
        ),
    }
    requests = [inputs.text_request(text) for text in texts]
    with contest(plan, requests, (RawVoice, texts), commands, logs, progress) as game:
        heard_s = [first for one in game.served(1) for first in one.firsts_s]
        name = f"{title}: first audio over the first phrase's model time, one client, median"
        goals = [
            _against_raw(title, game, 0.95),
            promptness(name, heard_s, game.first_s, at_most=1.2),
            _overhead(title, game),
        ]
        return game.comparison(title, goals, [])


@contextmanager
def contest(
    plan: Plan,
    requests: Sequence[Request],
    worker: tuple[Any, ...],
    commands: Mapping[str, Command],
    logs: Path,
    progress: Progress,
) -> Iterator[Contest]:
    """Yields the contest, played, its systems still running."""
    with ExitStack() as stack:
        progress("starting the raw model and the servers")
        servers = {
            system: stack.enter_context(running(command, logs))
            for system, command in commands.items()
        }
        raw = stack.enter_context(remote(*worker, log=logs / "raw.log"))
        for server in servers.values():
            server.wait()
        game = Contest(plan, requests, raw, servers, progress)
        game.choose_batch()
        game.play()
        yield game


def _recogniser_goals(title: str, game: Contest, is_random: bool) -> list[Goal]:
    against_first = speed_ratio(
        f"{title}: {CROWD} clients against the first design",
        game.served(CROWD),
        game.rounds[FIRST_DESIGN, CROWD],
        at_least=1.5 if is_random else 3.0,
    )
    return [
        _against_raw(title, game, 0.9 if is_random else 0.7),
        against_first,
        _overhead(title, game),
    ]


def _against_raw(title: str, game: Contest, at_least: float) -> Goal:
    name = f"{title}: {CROWD} clients against the raw model"
    return speed_ratio(name, game.served(CROWD), game.rounds[RAW, None], at_least=at_least)


def _overhead(title: str, game: Contest) -> Goal:
    served_s = [latency for one in game.served(1) for latency in one.latencies_s]
    name = f"{title}: overhead over the model's time, one client, median"
    return overhead(name, served_s, game.alone_s, at_most_ms=5.0)


def _by_metrics(game: Contest) -> str:
    latencies_s = [latency for one in game.served(1) for latency in one.latencies_s] or [0.0]
    extra_ms = 1000 * (mean(latencies_s) - game.batch_s / len(latencies_s))
    return (
        f"By the service's own metrics (latency less `nemo_voice_batch_seconds`), a request of one "
        f"client costs {extra_ms:.1f} ms beyond its batch, on average."
    )
