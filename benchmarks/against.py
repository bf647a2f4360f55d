"""Compares the services of this checkout with those of another one, in one run, taking turns.

    python -m benchmarks.against ../before [--rounds 5] [--only stt|tts]

Both checkouts run with this environment's packages, one thread each, and get the same requests. A
ratio above 1 means that this checkout handles them faster.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import inputs
from benchmarks.http_client import Request
from benchmarks.load import run
from benchmarks.measures import Goal, Round, row, speed_ratio
from benchmarks.race.clips import make_clips
from benchmarks.race.tables import rows_table
from benchmarks.report import figure, goal_line, table
from benchmarks.servers import Command, Server, running

HERE, THERE = "this checkout", "the other"
ITEMS = {
    "stt": {1: 16, 8: 32, 32: 96},
    "tts": {1: 12, 8: 24, 32: 48},
}
"""Requests for each number of clients."""
_SERVE = (
    *("serve", "--model", "demo", "--device", "cpu", "--threads", "1"),
    *("--drain-delay-s", "0", "--log-level", "warning"),
)
_SOURCES = ("libs/serving/src", "services/tts/src", "services/stt/src")


@dataclass(frozen=True)
class Race:
    """The two services of one direction of speech, ready, and the requests that both get."""

    servers: Mapping[str, Server]
    requests: Sequence[Request]
    items: Mapping[int, int]

    def rounds(self, count: int) -> dict[tuple[str, int], list[Round]]:
        """Returns every round by checkout and number of clients; who begins alternates."""
        found: dict[tuple[str, int], list[Round]] = {}
        for server in self.servers.values():
            run(server.address, self.requests[:8], 4)
        for number in range(count):
            order = (HERE, THERE) if number % 2 == 0 else (THERE, HERE)
            for clients, items in self.items.items():
                for name in order:
                    made = run(self.servers[name].address, self.requests[:items], clients)
                    found.setdefault((name, clients), []).append(made)
        return found


def compared(service: str, other: Path, *, rounds: int, logs: Path) -> str:
    """Returns the comparison of one service as Markdown."""
    with ExitStack() as stack:
        servers = {}
        for name, tree in ((HERE, inputs.ROOT), (THERE, other)):
            path = ":".join(str(tree / source) for source in _SOURCES)
            label = f"against-{service}-{'here' if tree == inputs.ROOT else 'there'}"
            command = Command(label, f"nemo_voice_{service}", _SERVE)
            environment = {"PYTHONPATH": path}
            servers[name] = stack.enter_context(running(command, logs, environment, tree))
        for server in servers.values():
            server.wait()
        found = Race(servers, _asks(service, logs), ITEMS[service]).rounds(rounds)
    return "\n\n".join((f"## {service.upper()}", _rows(found), ratios(service, found)))


def _asks(service: str, logs: Path) -> Sequence[Request]:
    count = max(ITEMS[service].values())
    if service == "stt":
        return [clip.request() for clip in make_clips(count, logs, lambda _line: None)]
    return [inputs.text_request(text) for text in inputs.texts(count)]


def _rows(found: Mapping[tuple[str, int], Sequence[Round]]) -> str:
    return rows_table([row(name, clients, rounds) for (name, clients), rounds in found.items()])


def ratios(service: str, found: Mapping[tuple[str, int], Sequence[Round]]) -> str:
    """Returns the tables of ratios between the two checkouts, for each number of clients."""
    goals: list[Goal] = []
    lines: list[tuple[str, ...]] = []
    for clients in ITEMS[service]:
        ours, theirs = found[HERE, clients], found[THERE, clients]
        name = f"{clients} clients: requests/s of this checkout over the other's"
        goals.append(speed_ratio(name, ours, theirs, at_least=1.0))
        if all(one.firsts_s for one in (*ours, *theirs)):
            each = [
                median(our.firsts_s) / median(their.firsts_s)
                for our, their in zip(ours, theirs, strict=True)
            ]
            spread = ", ".join(map(figure, each))
            lines.append((f"{clients} clients", f"{median(each):.2f}x", spread))
    parts = [table(("ratio", "at least", "median", "each round", "met"), map(goal_line, goals))]
    if lines:
        head = ("first audio, this checkout over the other", "median", "each round")
        parts.append(table(head, lines))
    return "\n\n".join(parts)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the comparison, prints it as Markdown, and returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.against",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("other", type=Path, help="the other checkout, a git worktree for example")
    parser.add_argument("--rounds", type=int, default=5, help="rounds (default: %(default)s)")
    parser.add_argument("--only", action="append", choices=tuple(ITEMS), help="one service")
    chosen = parser.parse_args(arguments)
    logs = inputs.cache_folder() / "logs"
    logs.mkdir(exist_ok=True)
    for service in chosen.only or ITEMS:
        page = compared(service, chosen.other.resolve(), rounds=chosen.rounds, logs=logs)
        sys.stdout.write(f"{page}\n\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
