"""Both services as their live clients see them, and the clients' programs in `tests/agents`."""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from agents.program import Given
from support.chaos.network import delaying
from support.docs.repository import ROOT
from support.http.service_process import ServiceProcess, service_process
from support.waiting import until
from tools import demo

FIRST, SECOND = "the first replica heard this", "the second replica heard this"
_PATIENCE_S = 300


@dataclass(frozen=True)
class Services:
    """Both services."""

    tts: demo.Service
    stt: demo.Service

    def say(self, text: str, rate_hz: int, path: Path) -> Path:
        """Writes the text as speech at that rate, and returns the file."""
        form = {"text": text, "language": "en-US", "sample_rate_hz": str(rate_hz)}
        spoken = httpx.post(f"{self.tts.address}/v1/audio/synthesize", data=form, timeout=120)
        path.write_bytes(spoken.raise_for_status().content)
        return path

    def hear(self, path: Path) -> str:
        """Returns the words of the file."""
        return demo.transcribe(self.stt, path)

    def given(self, clip: Path, folder: Path) -> Given:
        """Returns what a client's program needs."""
        return Given(
            stt=f"127.0.0.1:{self.stt.port}",
            tts=f"127.0.0.1:{self.tts.port}",
            stt_grpc=f"127.0.0.1:{self.stt.grpc_port}",
            tts_grpc=f"127.0.0.1:{self.tts.grpc_port}",
            clip=clip,
            folder=folder,
        )

    def are_idle(self) -> bool:
        """Whether no request is in flight and no live session open."""
        return not any(
            _metric(service.address, f"{name} ")
            for service in (self.tts, self.stt)
            for name in ("nemo_voice_in_flight", "nemo_voice_live_sessions")
        )


def program_found(python: Path, client: str, given: Given, *scenarios: str) -> dict[str, Any]:
    """Returns what a client's program got in each of its scenarios.

    Args:
        python: That of the client's environment.
        client: The package of its program in `tests/agents`.
        given: What the program works with.
        scenarios: What it does, one after the other.
    """
    with _program(python, client, given, *scenarios) as process:
        return _found(process)


def heard_of_two_replicas(
    python: Path, client: str, given: Given, scenario: str
) -> tuple[dict[str, Any], int]:
    """Returns what a client heard while one replica stopped and another took its place.

    Both are behind one address, as behind a Service, and each hears words of its own, if the clip
    is longer than 3 s. The first is told to stop once it has transcribed something. Also returns
    its exit status.
    """
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(_replica(given.folder / name, heard))
            for name, heard in (("first", FIRST), ("second", SECOND))
        )
        proxy = stack.enter_context(delaying(first.address))
        where = urlsplit(proxy.address).netloc
        stt = Given(**{**asdict(given), "stt": where})
        process = stack.enter_context(_program(python, client, stt, scenario))
        until("the first replica transcribed something", lambda: _transcribed(first), _PATIENCE_S)
        proxy.to = second.address
        first.process.terminate()
        found = _found(process)[scenario]
        return found, first.process.wait(_PATIENCE_S)


@contextmanager
def _replica(folder: Path, heard: str) -> Iterator[ServiceProcess]:
    folder.mkdir()
    with service_process(
        "stt", folder, environment={"HEARD": heard}, drain={"delay_s": 0}
    ) as service:
        yield service


def _transcribed(service: ServiceProcess) -> bool:
    return _metric(service.address, 'nemo_voice_live_items_total{outcome="ok"} ') > 0


def _metric(address: str, beginning: str) -> float:
    """Returns a figure of a service, by the beginning of its line; 0 where there is none."""
    metrics = httpx.get(f"{address}/metrics", timeout=60).text
    lines = [line for line in metrics.splitlines() if line.startswith(beginning)]
    return float(lines[0].removeprefix(beginning)) if lines else 0.0


@contextmanager
def _program(
    python: Path, client: str, given: Given, *scenarios: str
) -> Iterator["subprocess.Popen[str]"]:
    command = [str(python), "-m", f"agents.{client}.client"]
    process = subprocess.Popen(
        [*command, json.dumps(asdict(given), default=str), *scenarios],
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests"), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    with process:
        try:
            yield process
        finally:
            # What it started ends with it, however it ended.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _found(process: "subprocess.Popen[str]") -> dict[str, Any]:
    shown, errors = process.communicate(timeout=_PATIENCE_S)
    assert process.returncode == 0, errors[-4000:]
    found: dict[str, Any] = json.loads(shown.strip().splitlines()[-1])
    failed = {name: one["failed"] for name, one in found.items() if "failed" in one}
    assert not failed, "\n".join(f"{name}: {why}" for name, why in failed.items())
    return found
