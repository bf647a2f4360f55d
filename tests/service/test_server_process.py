"""A service process ends without losing a request on SIGTERM, and with status 1 on failure."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from support.ports import free_port
from support.waiting import until

SERVER = Path(__file__).resolve().parent.parent / "support" / "http" / "fake_server.py"
PATIENCE_S = 60


@contextmanager
def server(port: int, *arguments: str, linger_s: float = 0.1) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(SERVER), str(port), *arguments]
    environment = {**os.environ, "FAILED_LINGER_S": str(linger_s)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def status_of(port: int) -> int | None:
    """The status of the readiness, or None where nothing accepts."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code
    except httpx.TransportError:
        return None


def handles_sigterm(process_id: int) -> bool:
    status = Path(f"/proc/{process_id}/status").read_text()
    (mask,) = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")]
    return bool(int(mask, 16) & 1 << (signal.SIGTERM - 1))


def wait_until_ready(port: int) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError("the server did not become ready")


def test_sigterm_finishes_requests_in_flight_and_exits_with_zero() -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    text = " ".join(f"This is sentence number {number}." for number in range(10))
    responses: list[httpx.Response] = []
    with server(port, "6.0", "0.5") as process:
        wait_until_ready(port)
        caller = threading.Thread(
            target=lambda: responses.append(
                httpx.post(f"{address}/synthesize", json={"text": text}, timeout=60)
            )
        )
        caller.start()
        metrics = f"{address}/metrics"
        until("it is in flight", lambda: "nemo_voice_in_flight 1.0" in httpx.get(metrics).text)
        process.send_signal(signal.SIGTERM)
        until("the service is unready", lambda: status_of(port) == 503)
        late = httpx.post(f"{address}/synthesize", json={"text": "Too late, or not?"}, timeout=60)
        caller.join(PATIENCE_S)
        assert process.wait(PATIENCE_S) == 0
    assert late.status_code == 200
    assert late.headers["connection"] == "close"
    assert len(responses[0].content) > 44 + len(text) * 4 * 256


def test_a_sigterm_while_the_server_starts_does_not_shorten_the_delay() -> None:
    port = free_port()
    with server(port, "6.0", "0") as process:
        until("SIGTERM is handled", lambda: handles_sigterm(process.pid), PATIENCE_S)
        process.send_signal(signal.SIGTERM)
        until("the server listens", lambda: status_of(port) is not None, PATIENCE_S)
        assert status_of(port) == 503
        assert status_of(port) == 503
        assert process.wait(PATIENCE_S) == 0


def test_new_connections_are_accepted_for_the_whole_delay() -> None:
    port, delay_s = free_port(), 6.0
    with server(port, str(delay_s), "0") as process:
        wait_until_ready(port)
        process.send_signal(signal.SIGTERM)
        until("the service is unready", lambda: status_of(port) == 503, PATIENCE_S)
        began_s = time.monotonic()
        while (elapsed_s := time.monotonic() - began_s) < delay_s / 3:
            spoken = httpx.post(f"http://127.0.0.1:{port}/synthesize", json={"text": "Late."})
            assert (spoken.status_code, status_of(port)) == (200, 503)
        assert elapsed_s < delay_s
        assert process.wait(PATIENCE_S) == 0


def test_a_failed_service_does_not_wait_for_clients_that_it_cannot_serve() -> None:
    with server(free_port(), "60", "0", "broken", linger_s=60) as process:
        assert process.stderr is not None
        assert any("service failed" in line for line in process.stderr)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 1


def test_a_failed_start_is_logged_and_exits_with_one() -> None:
    with server(free_port(), "0", "0", "broken") as process:
        _, log = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    events = [json.loads(line) for line in log.splitlines()]
    failed = next(event for event in events if event["event"] == "service failed")
    assert "no such model" in failed["reason"]


def test_ctrl_c_exits_at_once_with_zero() -> None:
    port = free_port()
    with server(port, "30", "0") as process:
        wait_until_ready(port)
        began_s = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0
    assert time.monotonic() - began_s < 20
