"""The images' health check asks the service by HTTP or HTTPS, as its variables say."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.certificates import authority_in
from support.docs.repository import ROOT
from support.http.served import served
from support.http.voice_apps import tts_app

PROGRAM = ROOT / "tools" / "images" / "health.py"


def status_of(port: str, **variables: str) -> int:
    """Returns the exit status of the check, run as the images run it."""
    command = [sys.executable, "-I", "-S", str(PROGRAM), port]
    # A proxy must not be asked for what is in the same container.
    proxy = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    environment = {**os.environ, **proxy, **variables}
    ran = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
    return ran.returncode


def test_a_plain_service_is_healthy_when_it_is_ready() -> None:
    with served(tts_app()) as address:
        port = address.rpartition(":")[2]
        assert status_of(port) == 0
        assert status_of("1", NEMO_VOICE_PORT=port) == 0
        assert status_of(port, NEMO_VOICE_TLS__CERTIFICATE_FILE="/tls/tls.crt") != 0
    assert status_of(port) != 0


def test_a_service_with_tls_is_asked_by_https_whatever_its_name_is(tmp_path: Path) -> None:
    pair = authority_in(tmp_path / "ca").pair("other", extensions="subjectAltName=DNS:speech.test")
    with served(tts_app(tls=pair.settings)) as address:
        port = address.rpartition(":")[2]
        assert status_of(port, NEMO_VOICE_TLS__CERTIFICATE_FILE=str(pair.certificate)) == 0
        assert status_of(port) != 0


@pytest.mark.parametrize("service", ["tts", "stt"])
def test_the_images_run_it(service: str) -> None:
    recipe = (ROOT / "Dockerfile").read_text()
    port = {"tts": 5000, "stt": 5001}[service]
    assert f'"/opt/nemo-voice/health.py", "{port}"]' in recipe
