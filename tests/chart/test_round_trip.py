"""The program of `helm test` as the chart hands it to the pod; a server plays both services."""

import contextlib
import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from typing_extensions import override

from support.certificates import authority_in
from support.kubernetes.chart import Chart, named

SAID = "Good morning. This is a test of the speech service."
VALUES: dict[str, Any] = {
    "voiceServices": {
        "narrator": {"task": "tts", "model": {"source": "demo"}},
        "listener": {"task": "stt", "model": {"source": "demo"}},
    }
}


class Playing(BaseHTTPRequestHandler):
    """Both services at once: records the text to speak, and returns a transcript."""

    heard: ClassVar[str] = SAID
    not_ready: ClassVar[int] = 0
    received: ClassVar[list[bytes]] = []

    def do_GET(self) -> None:
        """Responds as ready after some requests."""
        type(self).not_ready -= 1
        is_ready = self.not_ready < 0
        self._answer(200 if is_ready else 503, b"{}" if is_ready else b'{"phase": "warming"}')

    def do_POST(self) -> None:
        """Responds with audio or a transcript."""
        self.received.append(self.rfile.read(int(self.headers["Content-Length"])))
        said = json.dumps({"text": self.heard}).encode()
        self._answer(200, b"RIFF-sound" if self.path == "/synthesize" else said)

    @override
    def log_message(self, *_arguments: object) -> None:
        """Logs nothing."""

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def playing(
    heard: str, not_ready: int = 0, certificate: Path | None = None
) -> Iterator[tuple[str, list[bytes]]]:
    """Yields an address, and what was sent there."""
    members = {"heard": heard, "not_ready": not_ready, "received": []}
    handler = type("Handler", (Playing,), members)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if certificate is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        scheme = "https" if certificate else "http"
        yield f"{scheme}://127.0.0.1:{server.server_port}", handler.received  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def container(chart: Chart) -> Mapping[str, Any]:
    """The container of the test's pod."""
    found: Mapping[str, Any] = named(chart.objects(VALUES), "Pod")["spec"]["containers"][0]
    return found


def run(
    container: Mapping[str, Any], address: str, timeout_s: str = "10"
) -> subprocess.CompletedProcess[str]:
    _, *command = container["command"]
    _, _, text, _ = container["args"]
    return subprocess.run(
        [sys.executable, *command, address, address, text, timeout_s],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_audio_is_transcribed_and_the_text_is_compared(container: Mapping[str, Any]) -> None:
    with playing("good morning this is a test of the speech surface") as (address, received):
        ended = run(container, address)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"said   {SAID}\nheard  good morning" in ended.stdout
    spoken, transcribed = received
    assert json.loads(spoken) == {"text": SAID}
    assert b'name="audio_file"' in transcribed
    assert b"RIFF-sound" in transcribed


def test_a_service_with_a_certificate_is_called_over_tls_and_trusted(
    chart: Chart, container: Mapping[str, Any], tmp_path: Path
) -> None:
    services = {**VALUES["voiceServices"]}
    services["listener"] = {**services["listener"], "tls": {"secretName": "certificate"}}
    made = named(chart.objects({"voiceServices": services}), "Pod")["spec"]["containers"][0]
    assert made["args"][:2] == ["http://narrator:5000", "https://listener:5001"]
    certificate = authority_in(tmp_path / "authority").server
    with playing(SAID, certificate=certificate) as (address, _):
        assert address.startswith("https://")
        assert run(container, address).returncode == 0


def test_it_waits_until_both_are_ready(container: Mapping[str, Any]) -> None:
    with playing(SAID, not_ready=1) as (address, _):
        assert run(container, address).returncode == 0


def test_it_fails_when_the_transcript_differs(container: Mapping[str, Any]) -> None:
    with playing("the train to the north leaves at nine") as (address, _):
        assert run(container, address).returncode == 1


def test_it_fails_with_the_reason_of_a_service_that_is_not_ready(
    container: Mapping[str, Any],
) -> None:
    with playing(SAID, not_ready=1000) as (address, _):
        ended = run(container, address, timeout_s="0")
    assert ended.returncode == 1
    assert 'is not ready: HTTP Error 503: Service Unavailable: {"phase": "warming"}' in ended.stdout


def test_it_fails_when_no_service_responds(container: Mapping[str, Any]) -> None:
    ended = run(container, "http://127.0.0.1:9", timeout_s="0")
    assert ended.returncode == 1
    assert "Connection refused" in ended.stdout
