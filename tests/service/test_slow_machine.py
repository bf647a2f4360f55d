"""One long file on a slow machine: the service stays ready and live, and the file is served."""

import threading
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from support.http.health_watch import watched_health
from support.http.service_process import ServiceProcess, service_process
from support.http.transcribing import clip

AUDIO_S = 600
STUCK_AFTER_S = 1.0
PIECE_S = 1.3
"""What a piece of a minute takes: more than `stuck_after_s`, and the file a dozen times more."""


def test_a_long_file_leaves_a_slow_service_ready_and_live(tmp_path: Path) -> None:
    with service_process(
        "stt",
        tmp_path,
        environment={"PIECE_S": str(PIECE_S)},
        stuck_after_s=STUCK_AFTER_S,
        piece_s=60,
        # Shorter than the file takes: only batches that end keep the service and the file alive.
        request_timeout_s=5,
        self_test={"idle_s": 1, "retry_s": 0.2, "timeout_s": 2, "max_failures": 3},
    ) as service:
        with watched_health(service.address) as watch:
            began_s = time.monotonic()
            response = httpx.post(
                f"{service.address}/v1/audio/transcriptions",
                files={"file": clip(AUDIO_S)},
                timeout=120,
            )
            took_s = time.monotonic() - began_s
        assert response.status_code == 200, response.text
        assert took_s > 10 * PIECE_S
        assert watch.statuses == {200}
        assert max(watch.seconds) < 2
        assert service.process.poll() is None


@pytest.mark.parametrize("piece_s", [0.0, PIECE_S])
def test_a_device_that_hangs_is_neither_ready_nor_live(tmp_path: Path, piece_s: float) -> None:
    slow_machine = {"PIECE_S": str(piece_s)}
    with service_process("stt", tmp_path, environment=slow_machine, stuck_after_s=1.0) as service:
        slow = threading.Thread(target=lambda: _hang(service))
        slow.start()
        try:
            statuses = _until_dead(service)
        finally:
            service.process.kill()
            slow.join()
    assert statuses == (503, 503)


def _hang(service: ServiceProcess) -> None:
    with suppress(httpx.TransportError):  # the process is killed
        httpx.post(
            f"{service.address}/v1/audio/transcriptions",
            files={"file": clip(5)},
            data={"keywords[]": "hanging"},
            timeout=60,
        )


def _until_dead(service: ServiceProcess) -> tuple[int, int]:
    deadline_s = time.monotonic() + 30
    while time.monotonic() < deadline_s:
        live = httpx.get(f"{service.address}/v1/health/live")
        if live.status_code != 200:
            ready = httpx.get(f"{service.address}/v1/health/ready")
            assert "one batch has been running" in live.json()["reason"]
            assert "one batch has been running" in ready.json()["reason"]
            return live.status_code, ready.status_code
        time.sleep(0.05)
    raise AssertionError("the service stayed live")
