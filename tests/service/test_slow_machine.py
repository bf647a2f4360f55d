"""One long file on a slow machine: the service stays ready and live, and the file is served."""

import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

import httpx

from support.http.service_process import ServiceProcess, service_process
from support.http.transcribing import clip

PIECE_S = 0.4
STUCK_AFTER_S = 2.0
"""Of which a batch of eight pieces would take more."""
AUDIO_S = 16 * 30


class Watch:
    """What the health routes say, all the time."""

    def __init__(self, service: ServiceProcess) -> None:
        self.found: list[tuple[str, int, float]] = []
        self._service = service
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        with httpx.Client(base_url=self._service.address, timeout=30) as client:
            while not self._over.wait(0.05):
                for path in ("/v1/health/live", "/v1/health/ready"):
                    began_s = time.monotonic()
                    status = client.get(path).status_code
                    self.found.append((path, status, time.monotonic() - began_s))


def test_a_long_file_leaves_a_slow_service_ready_and_live(tmp_path: Path) -> None:
    with service_process(
        "stt",
        tmp_path,
        environment={"PIECE_S": str(PIECE_S)},
        stuck_after_s=STUCK_AFTER_S,
        # Shorter than the file takes: only batches that end keep the service and the file alive.
        request_timeout_s=1.5,
        self_test={"idle_s": 1, "retry_s": 0.2, "timeout_s": 1, "max_failures": 3},
    ) as service:
        with Watch(service) as watch:
            began_s = time.monotonic()
            response = httpx.post(
                f"{service.address}/v1/audio/transcriptions",
                files={"file": clip(AUDIO_S)},
                timeout=120,
            )
            took_s = time.monotonic() - began_s
        assert response.status_code == 200, response.text
        assert took_s > STUCK_AFTER_S
        assert {status for _, status, _ in watch.found} == {200}
        assert max(seconds for _, _, seconds in watch.found) < 2
        assert service.process.poll() is None


def test_a_device_that_hangs_is_neither_ready_nor_live(tmp_path: Path) -> None:
    with service_process("stt", tmp_path, stuck_after_s=1.0) as service:
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
