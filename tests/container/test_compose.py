"""The compose files: started by the real Docker Compose, used by the commands that users type."""

import contextlib
import json
import re
import shlex
import shutil
import subprocess
import wave
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from hack.docker_daemon import Docker
from hack.go_programs import GoProgramsMissingError, programs
from nemo_voice_serving.settings import DrainSettings
from support.not_run import not_run
from support.ports import free_port
from support.waiting import until
from tools.images.build import ROOT

READY_TIMEOUT_S = 600
PROMETHEUS_IMAGE = "nemo-voice-prometheus:test"
TEXT = "This is a test of the text to speech service."
SPEAK = (
    "curl -X POST http://localhost:5000/synthesize -H 'Content-Type: application/json' "
    f'-d \'{{"text": "{TEXT}"}}\' --output audio_sintetizado.wav'
)
TRANSCRIBE = "curl -X POST http://localhost:5001/transcribe -F 'audio_file=@file.wav'"

pytestmark = [pytest.mark.container, pytest.mark.timeout(3600)]


@dataclass(frozen=True)
class Compose:
    """Docker Compose on this project's files, under a name of the test's own."""

    program: Path
    environment: Mapping[str, str]
    files: tuple[str, ...]
    name: str

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs one command of Compose; if it fails, so does the test, with its message."""
        files = [part for name in self.files for part in ("--file", str(ROOT / name))]
        done = subprocess.run(
            [self.program, *files, "--project-name", self.name, *arguments],
            env=dict(self.environment),
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0 or not check, done.stderr
        return done

    def configuration(self, *flags: str) -> dict[str, Any]:
        """Returns what Compose makes of the files."""
        parsed: dict[str, Any] = json.loads(self.run(*flags, "config", "--format", "json").stdout)
        return parsed


@dataclass(frozen=True)
class Host:
    """One host that runs both services, and the ports they were given."""

    compose: Compose
    tts_port: int
    stt_port: int
    prometheus_port: int

    def typed(self, command: str, folder: Path) -> str:
        """Runs a documented line against this host's ports and returns its output."""
        for usual, given in (("5000", self.tts_port), ("5001", self.stt_port)):
            command = command.replace(f"localhost:{usual}", f"localhost:{given}")
        done = subprocess.run(
            shlex.split(command), cwd=folder, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def program() -> Path:
    """Docker Compose, built from its module."""
    try:
        return programs("docker-compose") / "docker-compose"
    except GoProgramsMissingError as reason:
        not_run(f"Docker Compose was not tested: {reason}")


@pytest.fixture(scope="session")
def host(docker: Docker, images: Mapping[str, str], program: Path) -> Iterator[Host]:
    """The services of the two files together: the demo models on this machine's processor."""
    tag = images["tts"].rpartition(":")[2]
    tts_port, stt_port, prometheus_port = free_port(), free_port(), free_port()
    environment = docker.full_environment() | {
        "NEMO_VOICE_TAG": tag,
        "NEMO_VOICE_TTS_PORT": str(tts_port),
        "NEMO_VOICE_STT_PORT": str(stt_port),
        "NEMO_VOICE_TTS_GRPC_PORT": str(free_port()),
        "NEMO_VOICE_STT_GRPC_PORT": str(free_port()),
        "NEMO_VOICE_PROMETHEUS_PORT": f"127.0.0.1:{prometheus_port}",
        "NEMO_VOICE_PROMETHEUS_IMAGE": PROMETHEUS_IMAGE,
    }
    files = ("compose.yaml", "compose.cpu.yaml")
    compose = Compose(program, environment, files, "nemo-voice-test")
    with contextlib.ExitStack() as stack:
        down = ("--profile", "monitoring", "down", "--volumes")
        stack.callback(compose.run, *down, check=False)
        compose.run(
            "up", "--no-build", "--detach", "--wait", "--wait-timeout", str(READY_TIMEOUT_S)
        )
        yield Host(compose, tts_port, stt_port, prometheus_port)


def test_the_two_lines_of_the_first_demo_work(host: Host, tmp_path: Path) -> None:
    host.typed(SPEAK, tmp_path)
    shutil.copy(tmp_path / "audio_sintetizado.wav", tmp_path / "file.wav")
    with wave.open(str(tmp_path / "file.wav")) as audio:
        assert audio.getnframes() > audio.getframerate()
    heard = json.loads(host.typed(TRANSCRIBE, tmp_path))["text"]
    assert set(re.findall("[a-z]+", TEXT.lower())) & set(heard.lower().split()) >= {"test", "of"}


def test_both_services_share_one_model_cache_on_a_root_that_cannot_be_written(host: Host) -> None:
    def python(server: str, program: str) -> subprocess.CompletedProcess[str]:
        return host.compose.run("exec", "-T", server, "python", "-c", program, check=False)

    assert python("tts-server", "open('/var/cache/nemo-voice/met', 'w')").returncode == 0
    assert python("stt-server", "open('/var/cache/nemo-voice/met')").returncode == 0
    for server in ("tts-server", "stt-server"):
        assert "Read-only file system" in python(server, "open('/opt/met', 'w')").stderr


@pytest.fixture
def prometheus_image(docker: Docker, tmp_path: Path) -> None:
    """An image of the Prometheus that is built from its module; nothing is pulled."""
    try:
        shutil.copy(programs("prometheus") / "prometheus", tmp_path)
    except GoProgramsMissingError as reason:
        not_run(f"Compose's Prometheus was not tested: {reason}")
    recipe = 'FROM scratch\nCOPY prometheus /prometheus-server\nENTRYPOINT ["/prometheus-server"]\n'
    (tmp_path / "Dockerfile").write_text(recipe)
    docker.run("build", "--tag", PROMETHEUS_IMAGE, str(tmp_path))


@pytest.mark.usefixtures("prometheus_image")
def test_prometheus_reads_both_services_and_our_rules(host: Host) -> None:
    host.compose.run("up", "--no-build", "--detach", "prometheus")
    with httpx.Client(base_url=f"http://127.0.0.1:{host.prometheus_port}/api/v1") as client:

        def data_of(path: str) -> dict[str, Any]:
            # Prometheus answers 503 while it reads its write-ahead log.
            try:
                answer = client.get(path).raise_for_status()
            except httpx.HTTPError:
                return {}
            data: dict[str, Any] = answer.json()["data"]
            return data

        def health() -> dict[str, str]:
            targets = data_of("/targets").get("activeTargets", [])
            return {target["labels"]["job"]: target["health"] for target in targets}

        until("both are read", lambda: health() == {"tts-server": "up", "stt-server": "up"})
        groups = data_of("/rules")["groups"]
    assert groups
    assert {rule["health"] for group in groups for rule in group["rules"]} <= {"ok", "unknown"}


def test_grafana_has_the_dashboards_and_the_prometheus_as_data_source(
    program: Path, docker: Docker
) -> None:
    compose = Compose(program, docker.full_environment(), ("compose.yaml",), "nemo-voice")
    mounts = compose.configuration("--profile", "monitoring")["services"]["grafana"]["volumes"]
    at = {mount["target"]: Path(mount["source"]) for mount in mounts}
    (provider,) = _provisioned(at["/etc/grafana/provisioning/dashboards"], "providers")
    assert at[provider["options"]["path"]] == ROOT / "monitoring" / "dashboards"
    (source,) = _provisioned(at["/etc/grafana/provisioning/datasources"], "datasources")
    assert (source["type"], source["url"]) == ("prometheus", "http://prometheus:9090")


def _provisioned(folder: Path, kind: str) -> list[dict[str, Any]]:
    return [entry for path in folder.iterdir() for entry in yaml.safe_load(path.read_text())[kind]]


def test_both_services_drain_when_they_are_stopped(host: Host) -> None:
    servers = ("tts-server", "stt-server")
    host.compose.run("stop", *servers)
    shown = ("ps", "--all", "--format", "{{.Service}} {{.ExitCode}}", *servers)
    states = host.compose.run(*shown).stdout
    assert sorted(states.split("\n"))[1:] == ["stt-server 0", "tts-server 0"]


def test_compose_with_a_gpu_has_the_documented_names_ports_volume_and_reservations(
    program: Path, docker: Docker
) -> None:
    compose = Compose(program, docker.full_environment(), ("compose.yaml",), "nemo-voice")
    found = compose.configuration()
    servers = found["services"]
    assert set(servers) == {"tts-server", "stt-server"}
    assert set(found["volumes"]) == {"nemo_model_cache"}
    for name, port, grpc_port in (("tts-server", 5000, 50051), ("stt-server", 5001, 50052)):
        published = [(one["published"], one["target"]) for one in servers[name]["ports"]]
        assert published == [(str(port), port), (str(grpc_port), 50051)]
        (device,) = servers[name]["deploy"]["resources"]["reservations"]["devices"]
        assert (device["driver"], device["capabilities"]) == ("nvidia", ["gpu"])
        (volume,) = servers[name]["volumes"]
        assert volume["source"] == "nemo_model_cache"


def test_the_stop_grace_period_is_longer_than_the_drain(program: Path, docker: Docker) -> None:
    needed_s = DrainSettings().delay_s + DrainSettings().timeout_s
    compose = Compose(program, docker.full_environment(), ("compose.yaml",), "nemo-voice")
    for server in compose.configuration()["services"].values():
        given = re.fullmatch(r"(?:(\d+)m)?(\d+)s", server["stop_grace_period"])
        assert given
        minutes, seconds = given.groups("0")
        assert int(minutes) * 60 + int(seconds) > needed_s
