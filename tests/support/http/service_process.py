"""A service in a process of its own, whose memory, streams and patience can be measured."""

import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from support.ports import free_port
from support.waiting import until

PROGRAM = Path(__file__).with_name("service_program.py")
_PATIENCE_S = 90.0


@dataclass(frozen=True)
class ServiceProcess:
    """A running service."""

    port: int
    process: "subprocess.Popen[bytes]"
    streams: Path
    """Everything that it and its children wrote to their standard streams."""
    scheme: str = "http"

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @contextmanager
    def growing_less_than(self, most_mb: float) -> Iterator[None]:
        """Fails if the block makes it hold so much more memory than before, for however short."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")  # the peak begins anew
        before_mb = self._memory_mb("VmRSS")
        yield
        grown_mb = self._memory_mb("VmHWM") - before_mb
        assert grown_mb < most_mb, f"{grown_mb:.0f} MB more than the {before_mb:.0f} MB before"

    def written(self) -> str:
        """Returns the lines that were written to its streams so far; the last may not be whole yet.

        It is left out then: a line is read while it is written.
        """
        text = self.streams.read_text(encoding="utf-8", errors="replace")
        return text[: text.rfind("\n") + 1]

    def _memory_mb(self, name: str) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = [one for one in status.splitlines() if one.startswith(name)]
        return int(line.split()[1]) / 1024


@contextmanager
def service_process(
    kind: str,
    folder: Path,
    *,
    environment: dict[str, str] | None = None,
    most_files: int | None = None,
    **settings: object,
) -> Iterator[ServiceProcess]:
    """Yields a service, `tts` or `stt`, on a fake model, once it is ready.

    Args:
        kind: Which one.
        folder: For what it writes.
        environment: More variables; see `service_program.py`.
        most_files: How many files and connections it may have open at once.
        settings: Its settings, by name.
    """
    port, streams = free_port(), folder / "streams"
    command = [sys.executable, str(PROGRAM), kind, str(port), json.dumps(settings)]

    def limit_files() -> None:
        assert most_files is not None
        resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))

    with (
        streams.open("wb") as file,
        subprocess.Popen(
            command,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            # A child that runs Python before its program inherits gRPC's threads half dead.
            preexec_fn=None if most_files is None else limit_files,  # noqa: PLW1509 needed there
        ) as process,
    ):
        scheme = "https" if "tls" in settings else "http"
        service = ServiceProcess(port, process, streams, scheme)
        try:
            until("the service is ready", lambda: _is_ready(service), _PATIENCE_S)
            yield service
        finally:
            process.kill()


def _is_ready(service: ServiceProcess) -> bool:
    assert service.process.poll() is None, service.written()
    try:
        ready = f"{service.address}/readyz"
        return httpx.get(ready, timeout=5, verify=False).status_code == 200  # noqa: S501 ours
    except httpx.TransportError:
        return False


@dataclass
class Bystander:
    """What became of a well-behaved client's calls."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def slowest_s(self) -> float:
        """The longest that one call took, its connection included."""
        return max(self.seconds)


@contextmanager
def bystander(call: Callable[[httpx.Client], httpx.Response]) -> Iterator[Bystander]:
    """Yields what becomes of a client's calls, each on a new connection, during the block."""
    found, over = Bystander(), threading.Event()

    def keep_calling() -> None:
        while True:  # at least once, however short the block is
            began_s = time.monotonic()
            try:
                with httpx.Client(timeout=60, trust_env=False, verify=False) as client:  # noqa: S501 ours
                    call(client).raise_for_status()
            except httpx.HTTPError as error:
                found.failures.append(f"{type(error).__name__}: {error}")
            found.seconds.append(time.monotonic() - began_s)
            if over.wait(0.1):
                return

    thread = threading.Thread(target=keep_calling)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()
