"""Runs the race: closed loops in rounds, the systems taking turns, then arrivals by themselves."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import mean, median

from benchmarks.http_client import Request
from benchmarks.load import responses_to, run, run_open
from benchmarks.measures import Response, Round
from benchmarks.outcome import Progress
from benchmarks.race.arrivals import poisson_arrivals
from benchmarks.race.systems import FIRST_DESIGN, RAW, SERVICE
from benchmarks.raw import Call
from benchmarks.servers import Server

FULL_CLIENTS = 32
"""The number of clients whose throughput is called a server's capacity."""
WARM_UP = 16
PATIENCE_S = 5.0
"""How long after the last arrival responses are waited for."""


@dataclass(frozen=True)
class Load:
    """A closed loop."""

    clients: int
    items: int
    rounds: int
    """In how many of the rounds it is run: the first ones."""


@dataclass(frozen=True)
class Arrivals:
    """Loads that arrive by themselves."""

    shares: Sequence[float]
    """Of our service's capacity."""
    seconds: float
    """How long each lasts."""
    deadline_s: float
    """What a response is worth nothing after: to its end, or to its first audio."""
    is_first_audio: bool = False


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    rounds: int
    loads: Sequence[Load]
    first_design: Sequence[int]
    """The numbers of clients for the first design, which does one request at a time."""
    first_items: int
    """Requests to the first design, at most."""
    trial: int
    """Inputs on which the raw model's batch sizes are compared."""
    batches: Sequence[int] = (1, 2, 4, 8, 16, 32)
    arrivals: Arrivals | None = None

    @property
    def items(self) -> int:
        """The longest list of requests."""
        return max(load.items for load in self.loads)


@dataclass
class Found:
    """What the systems have done."""

    rounds: dict[tuple[str, int], list[Round]] = field(default_factory=dict)
    """By system and clients; of a loop without server by the clients that it is the limit of."""
    open_rounds: dict[tuple[str, float], Round] = field(default_factory=dict)
    """By system and share of the capacity."""
    capacity_hz: float = 0.0
    batches: dict[tuple[str, int], int] = field(default_factory=dict)
    """A loop's batch for each number of clients: the quickest that is not larger."""
    alone_s: list[float] = field(default_factory=list)
    """The raw model's seconds on the inputs of the rounds with one client."""
    first_s: list[float] = field(default_factory=list)
    """The raw voice's seconds on the first phrases of the same inputs."""
    first_responses: dict[str, list[Response]] = field(default_factory=dict)
    """Of each server, to the first inputs, before the rounds."""
    batch_s: float = 0.0
    """The seconds that the service's metrics name for the same inputs."""


@dataclass
class Contest:
    """The compared systems, ready and standing still."""

    plan: Plan
    requests: Sequence[Request]
    loops: Mapping[str, Call]
    """The loops without servers."""
    servers: Mapping[str, Server]
    progress: Progress
    found: Found = field(default_factory=Found)

    def play(self) -> Found:
        """Returns what the systems did."""
        self._choose_batches()
        self._warm_up()
        for number in range(self.plan.rounds):
            self.progress(f"round {number + 1} of {self.plan.rounds}")
            steps = list(self._steps(number))
            for load, system in steps if number % 2 == 0 else reversed(steps):
                self._keep(load, system, self._closed(load, system))
        if self.plan.arrivals is not None:
            self._open_loads(self.plan.arrivals)
        return self.found

    def _choose_batches(self) -> None:
        """Finds the batch size at which each loop is quickest, for each number of clients."""
        places = range(self.plan.trial)
        for loop, call in self.loops.items():
            call("batched", places, 1)
            seconds = {size: call("batched", places, size).seconds for size in self.plan.batches}
            for load in self.plan.loads:
                allowed = [size for size in seconds if size <= load.clients]
                best = min(allowed, key=lambda size: seconds[size])
                self.found.batches[loop, load.clients] = best
            shown = ", ".join(f"{size}: {spent:.2f} s" for size, spent in seconds.items())
            self.progress(f"{loop} by batch size on {self.plan.trial} inputs: {shown}")

    def _warm_up(self) -> None:
        """Has every server answer some requests, and notes what it makes of them."""
        for system, server in self.servers.items():
            with _awake(server):
                made = responses_to(server.address, self.requests[:WARM_UP], 4)
            self.found.first_responses[system] = made

    def _steps(self, number: int) -> Iterator[tuple[Load, str]]:
        for load in sorted(self.plan.loads, key=lambda load: -load.clients):
            if number < load.rounds:
                systems = (*self.loops, *self.servers)
                yield from ((load, system) for system in systems if self._runs(system, load))

    def _runs(self, system: str, load: Load) -> bool:
        if system in self.loops:
            return load.clients <= FULL_CLIENTS  # more fill no larger batch
        return system != FIRST_DESIGN or load.clients in self.plan.first_design

    def _closed(self, load: Load, system: str) -> Round:
        if system in self.loops:
            batch = self.found.batches[system, load.clients]
            made: Round = self.loops[system]("batched", range(load.items), batch)
            return made
        server = self.servers[system]
        items = min(load.items, self.plan.first_items) if system == FIRST_DESIGN else load.items
        requests = self.requests[:items]
        with _awake(server):
            if system != SERVICE or load.clients > 1:
                return run(server.address, requests, load.clients)
            before_s = server.batch_seconds()
            served = run(server.address, requests, load.clients)
            self.found.batch_s += server.batch_seconds() - before_s
        self.found.alone_s += self.loops[RAW]("single", range(len(requests)))
        if served.firsts_s:
            self.found.first_s += self.loops[RAW]("first", range(len(requests)))
        return served

    def _keep(self, load: Load, system: str, made: Round) -> None:
        self.found.rounds.setdefault((system, load.clients), []).append(made)
        spent = f"{made.items} in {made.seconds:.1f} s, {made.items / made.seconds:.1f}/s"
        errors = f", {made.errors} errors" if made.errors else ""
        self.progress(f"  {load.clients} clients, {system}: {spent}{errors}")

    def _open_loads(self, arrivals: Arrivals) -> None:
        served = self.found.rounds[SERVICE, FULL_CLIENTS]
        self.found.capacity_hz = median(one.items / one.seconds for one in served)
        for number, share in enumerate(arrivals.shares):
            times = poisson_arrivals(share * self.found.capacity_hz, arrivals.seconds)
            systems = [system for system in self.servers if system != FIRST_DESIGN]
            for system in systems if number % 2 == 0 else reversed(systems):
                server = self.servers[system]
                with _awake(server):
                    made = run_open(server.address, self.requests, times, PATIENCE_S)
                    # What was not waited for is still in its queue.
                    run(server.address, self.requests[:1], 1)
                self.found.open_rounds[system, share] = made
                waited = f", {mean(made.latencies_s):.2f} s" if made.latencies_s else ""
                self.progress(
                    f"  {share:.0%} of capacity, {system}: {made.items} of {len(times)}{waited}"
                )


@contextmanager
def _awake(server: Server) -> Iterator[None]:
    """Lets a server run for the length of a block."""
    server.resume()
    try:
        yield
    finally:
        server.pause()
