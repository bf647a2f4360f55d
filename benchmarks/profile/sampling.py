"""Looks at a running service: its stacks by py-spy, its metrics before and after a load."""

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import httpx

from benchmarks.http_client import Request
from benchmarks.load import run
from benchmarks.measures import Round
from benchmarks.profile.stacks import activities
from benchmarks.profile.waits import Stage, figures_of, request_ms, stages
from benchmarks.servers import Server

RATE_HZ = 200
PROFILER = "py-spy"
"""Comes with Ray into the environment of the peers."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One load on a service."""

    clients: int
    requests: int
    latency_ms: float
    """What the clients measured, on average."""
    request_ms: float
    """The same from the arrival to the response's end, by the service's metrics."""
    stages: tuple[Stage, ...]
    activity_ms: dict[str, float]
    """What the service's threads were doing, per request; two at once count twice."""


def profiled(
    server: Server, requests: Sequence[Request], clients: int, python: Path, spare: float
) -> Profile:
    """Returns the profile of these requests, run twice: for the metrics, then under the profiler.

    Args:
        server: The service.
        requests: What it is given, in a closed loop.
        clients: How many send.
        python: The Python of the environment that the profiler is in.
        spare: The seconds that the profiler goes on after the expected end.
    """
    before = figures_of(_metrics(server))
    made = run(server.address, requests, clients)
    after = figures_of(_metrics(server))
    sampled, watched = _sampled(server, requests, clients, python, made.seconds + spare)
    return Profile(
        clients=clients,
        requests=made.items,
        latency_ms=1000 * mean(made.latencies_s),
        request_ms=request_ms(before, after, requests[0].path),
        stages=tuple(stages(before, after, made.items)),
        activity_ms={
            name: 1000 * count / RATE_HZ / watched.items
            for name, count in activities(sampled).items()
        },
    )


def _sampled(
    server: Server, requests: Sequence[Request], clients: int, python: Path, seconds: float
) -> tuple[str, Round]:
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "stacks.txt"
        command = [
            *(python.with_name(PROFILER), "record", "--pid", server.process.pid),
            *("--rate", RATE_HZ, "--duration", round(seconds), "--format", "raw"),
            *("--nonblocking", "--subprocesses", "--full-filenames", "--output", written),
        ]
        profiler = subprocess.Popen(
            [str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        made = run(server.address, requests, clients)
        profiler.wait(seconds + 60)
        return written.read_text(encoding="utf-8"), made


def _metrics(server: Server) -> str:
    return httpx.get(f"{server.address}/metrics", trust_env=False).text
