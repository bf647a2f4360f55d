"""One start of a service, watched from outside: its phases, its memory, and its first requests."""

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import psutil

from benchmarks.inputs import ROOT
from benchmarks.servers import Command, NotStarted, Server, running

IMPORTED = {
    "stt": "nemo_voice_stt.backends.transducer_ctc.decoding_pipeline",
    "tts": "nemo_voice_tts.backends.fastpitch_hifigan.fastpitch",
}
"""What of each service imports torch and NeMo."""
CLIP = ROOT / "services" / "stt" / "src" / "nemo_voice_stt" / "self_test.flac"
TEXT = "The last train leaves at nine, and it is never late."
REQUESTS = 10
PATIENCE_S = 300.0
_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Start:
    """What one start took."""

    listening_s: float
    """From the process to its first response, all in seconds of the clock."""
    phases_s: dict[str, float]
    """As `/v1/health/ready` says them."""
    ready_s: float
    """From the process to ready."""
    cpu_s: float
    """Of the processor, until ready, with the processes that it has started."""
    private_bytes: int
    """Memory of its own: heap, stacks, what it has written to."""
    file_bytes: int
    """Memory that is mapped from files, such as libraries and weights; the system may drop it."""
    requests_s: tuple[float, ...]
    """How long each of the first requests took, one after the other."""

    @property
    def tenth_s(self) -> float:
        """How long a request takes that is not one of the first."""
        return median(self.requests_s[len(self.requests_s) // 2 :])


def start(command: Command, logs: Path) -> Start:
    """Starts a service, waits until it is ready, asks it for the first requests, and stops it.

    Raises:
        NotStarted: It ended, did not become ready in time, or refused a request.
    """
    began_s = time.monotonic()
    with running(command, logs) as server, httpx.Client(trust_env=False, timeout=60) as client:
        listening_s, ready = _until_ready(server, client, began_s)
        ready_s, cpu_s = time.monotonic() - began_s, processor_s(server.family())
        private, file = memory(server.process.pid)
        requests = tuple(_request(server, client) for _ in range(REQUESTS))
    return Start(
        listening_s=listening_s,
        phases_s=dict(ready["seconds"]),
        ready_s=ready_s,
        cpu_s=cpu_s,
        private_bytes=private,
        file_bytes=file,
        requests_s=requests,
    )


def import_s(service: str) -> float:
    """Returns how long a service's imports of torch and NeMo take, in a new process."""
    program = (
        "import time; began = time.monotonic(); import nemo_voice_serving.nemo; "
        f"import {IMPORTED[service]}; print(time.monotonic() - began)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return float(ran.stdout.split()[-1])


def processor_s(processes: Sequence[psutil.Process]) -> float:
    """Returns the processor's seconds that processes have had so far."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def memory(pid: int, status: str | None = None) -> tuple[int, int]:
    """Returns the bytes of memory of a process's own, and those mapped from files.

    Args:
        pid: The process.
        status: The text of its status file, where that is known.
    """
    text = status or Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    private, file = (int(fields[name].split()[0]) << 10 for name in ("RssAnon", "RssFile"))
    return private, file


def _until_ready(server: Server, client: httpx.Client, began_s: float) -> tuple[float, Any]:
    listening_s: float | None = None
    while time.monotonic() < began_s + PATIENCE_S:
        try:
            response = client.get(f"{server.address}{server.command.ready_path}")
        except httpx.TransportError:
            if server.process.status() == psutil.STATUS_ZOMBIE:
                break
        else:
            listening_s = listening_s or time.monotonic() - began_s
            if response.is_success:
                return listening_s, response.json()
        time.sleep(_POLL_S)
    raise NotStarted(f"{server.command.name} did not become ready; see {server.log}")


def _request(server: Server, client: httpx.Client) -> float:
    began_s = time.monotonic()
    if server.command.module.endswith("stt"):
        files = {"audio_file": (CLIP.name, CLIP.read_bytes(), "audio/flac")}
        response = client.post(f"{server.address}/transcribe", files=files)
    else:
        response = client.post(f"{server.address}/synthesize", json={"text": TEXT})
    if not response.is_success:
        raise NotStarted(f"{server.command.name} answered {response.status_code}: {response.text}")
    return time.monotonic() - began_s
