"""The process that serves in a pod of this machine's node: found, stopped, ended by a signal."""

import os
import signal
from pathlib import Path
from typing import Any

from support.not_run import not_run


def serving_process(pod: dict[str, Any]) -> int:
    """Returns the id, on this machine, of the first process of a pod's serving container.

    Skips the test where the node is another machine.
    """
    (state,) = pod["status"]["containerStatuses"]
    container = state["containerID"].rpartition("/")[2]
    found = [number for number in _processes() if container in _groups(number)]
    if not found:
        not_run("NOT RUN: what sends signals to pods: the node is not this machine")
    # The first process has the lowest id: it has started all others.
    return min(found)


def send(process: int, number: signal.Signals) -> None:
    """Sends a signal to the process."""
    os.kill(process, number)


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _groups(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cgroup").read_text()
    except OSError:
        return ""
