"""Starting and stopping the compared servers as processes, by their command lines."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.inputs import ROOT

SERVE = ("--device", "cpu", "--threads", "1", "--drain-delay-s", "0", "--log-level", "warning",
         "--self-test-idle-s", "86400", "--grpc-port", "0")  # fmt: skip
"""How the services are started: they do nothing but what is measured."""
STARTING_S = 1200.0
STOPPING_S = 60.0
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
"""For every process that computes: the load generator has the other core."""


@dataclass(frozen=True)
class Command:
    """How one server is started."""

    name: str
    module: str
    arguments: tuple[str, ...]
    ready_path: str = "/v1/health/ready"
    """Responds with the code of `ready_code` when the server is ready."""
    ready_code: int = 200
    python: Path = Path(sys.executable)
    """Of the environment that it runs in."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Of its environment, beside this process's own."""


class NotStarted(Exception):
    """A server ended or did not become ready in time; the message names its log."""


@dataclass(frozen=True)
class Server:
    """A server that was started."""

    command: Command
    address: str
    process: psutil.Process
    log: Path

    def wait(self) -> None:
        """Returns when the server is ready.

        Raises:
            NotStarted: When it ended first, or takes too long.
        """
        deadline_s = time.monotonic() + STARTING_S
        while not self._is_ready():
            is_gone = self.process.status() == psutil.STATUS_ZOMBIE
            if is_gone or time.monotonic() > deadline_s:
                raise NotStarted(f"{self.command.name} did not start; see {self.log}")
            time.sleep(0.2)

    def family(self) -> list[psutil.Process]:
        """Returns the server's processes."""
        return [self.process, *self.process.children(recursive=True)]

    def resident_bytes(self) -> int:
        """Returns the memory that the server's processes hold."""
        return sum(int(process.memory_info().rss) for process in self.family())

    def pause(self) -> None:
        """Stops its processes: some servers look at their queues a thousand times a second."""
        for process in self.family():
            process.suspend()

    def resume(self) -> None:
        """Lets its processes run on."""
        for process in self.family():
            process.resume()

    def batch_seconds(self) -> float:
        """Returns the seconds that the service's batches have run so far, as its metrics say."""
        text = httpx.get(f"{self.address}/metrics", trust_env=False).text
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == "nemo_voice_batch_seconds_sum"
        )

    def _is_ready(self) -> bool:
        try:
            response = httpx.get(
                f"{self.address}{self.command.ready_path}", timeout=5, trust_env=False
            )
        except httpx.TransportError:
            return False
        return response.status_code == self.command.ready_code


@contextmanager
def running(
    command: Command,
    logs: Path,
    environment: Mapping[str, str] = MappingProxyType({}),
    folder: Path = ROOT,
) -> Iterator[Server]:
    """Yields the server, not ready yet, and stops it at the end of the block.

    Args:
        command: What to start.
        logs: The folder of its log.
        environment: Variables beside this process's own.
        folder: Where it runs.
    """
    port = free_port()
    log = logs / f"{command.name}.log"
    start = (str(command.python), "-m", command.module)
    arguments = [*start, *command.arguments, "--port", str(port)]
    with log.open("wb") as file:
        process = subprocess.Popen(
            arguments,
            stdout=file,
            stderr=file,
            cwd=folder,
            env={**os.environ, **ONE_THREAD, **command.variables, **environment},
        )
    server = Server(command, f"http://127.0.0.1:{port}", psutil.Process(process.pid), log)
    try:
        yield server
    finally:
        family = server.family()
        server.resume()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOPPING_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _end(family)


def _end(family: Sequence[psutil.Process]) -> None:
    """Ends what a server's processes have left running."""
    for process in family:
        if process.is_running():
            process.kill()
    psutil.wait_procs(family, STOPPING_S)


def free_port() -> int:
    """Returns a free port of the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
