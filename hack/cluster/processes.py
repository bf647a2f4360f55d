"""Starts daemons with a log, waits for them, finds them again later, and stops them."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

POLL_S = 0.1
LOG_LINES_SHOWN = 15


class DaemonFailedError(Exception):
    """A daemon ended or was not ready in time; the message has the end of its log."""


@dataclass(frozen=True)
class Daemon:
    """A process that was started here, and its log."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def failure(self, what: str) -> DaemonFailedError:
        """Returns the error that says what happened, with the end of the log."""
        end = "\n".join(self.log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:])
        return DaemonFailedError(f"{self.name} {what}; the end of {self.log}:\n{end}")

    def wait_until(
        self, ready: Callable[[], bool], *, timeout_s: float = 120, poll_s: float = POLL_S
    ) -> None:
        """Returns when it is ready.

        Raises:
            DaemonFailedError: it ended before, or was not ready in time.
        """
        deadline = time.monotonic() + timeout_s
        while not ready():
            if self.process.poll() is not None:
                raise self.failure(f"ended with status {self.process.returncode}")
            if time.monotonic() > deadline:
                raise self.failure(f"was not ready after {timeout_s:.0f} s")
            time.sleep(poll_s)

    def stop(self, *, grace_s: float = 10) -> None:
        """Terminates the process, and kills it if it has not ended after the grace period."""
        self.process.terminate()
        try:
            self.process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(
    name: str,
    command: Sequence[str | Path],
    *,
    logs: Path,
    environment: Mapping[str, str] | None = None,
) -> Daemon:
    """Starts a daemon that outlives this process; a restart goes on in the same log."""
    path = logs / f"{name}.log"
    with path.open("ab") as log:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
        )
    return Daemon(name, process, path)


def running(marker: str, programs: Iterable[str]) -> dict[int, str]:
    """Returns the ids of the processes of these programs whose command line names the marker.

    A file of ids would be wrong after a restart of the machine: other processes get the same ids.
    """
    return {
        number: program
        for number, arguments in _command_lines()
        if (program := Path(arguments[0]).name) in programs
        and any(marker in argument for argument in arguments)
    }


def stop(ids: Iterable[int], *, grace_s: float = 8) -> None:
    """Terminates these processes, and kills those that have not ended after the grace period."""
    left = set(ids)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for identifier in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(identifier, number)
        deadline = time.monotonic() + grace_s
        while (left := {one for one in left if _lives(one)}) and time.monotonic() < deadline:
            time.sleep(POLL_S)


def _lives(identifier: int) -> bool:
    # A zombie still has a folder in /proc, but no program.
    try:
        return bool(Path(f"/proc/{identifier}/exe").readlink())
    except OSError:
        return False


def _command_lines() -> Iterator[tuple[int, list[str]]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                arguments = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
                yield int(entry.name), arguments
