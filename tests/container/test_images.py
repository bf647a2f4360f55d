"""The container images: built, run as a cluster runs them, called, and inspected."""

import contextlib
import json
import os
import re
import subprocess
import time
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hack.docker_daemon import Docker
from tools.images.build import CERTIFICATES, INDEX, PROXIES, SERVICES, layers

PORTS = {"tts": 5000, "stt": 5001}
BACKENDS = {"tts": "fastpitch_hifigan", "stt": "transducer_ctc"}
SENTENCE = "This is a test of the text to speech service."
READY_TIMEOUT_S = 600
DRAIN_TIMEOUT_S = 30
LARGEST_IMAGE_BYTES = 8_500_000_000
LARGEST_OWN_PART_BYTES = 100_000_000
LARGEST_OPERATOR_BYTES = 350_000_000
VENV_PYTHON = "/opt/nemo-voice/venv/bin/python"

container = pytest.mark.container
# The first build downloads and packs gigabytes.
pytestmark = pytest.mark.timeout(3600)


@dataclass(frozen=True)
class Container:
    """A running container and the URL of its service."""

    docker: Docker
    name: str
    url: str

    def python(self, program: str) -> str:
        """Returns what the program prints when run inside."""
        done = self.docker.run("exec", self.name, VENV_PYTHON, "-c", program, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture(scope="session")
def tts(docker: Docker, images: dict[str, str]) -> Iterator[Container]:
    """The text-to-speech container."""
    with running_container(docker, images["tts"], "tts") as running:
        yield running


@pytest.fixture(scope="session")
def stt(docker: Docker, images: dict[str, str]) -> Iterator[Container]:
    """The speech-to-text container."""
    with running_container(docker, images["stt"], "stt") as running:
        yield running


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    """Each service in turn."""
    return str(request.param)


@contextlib.contextmanager
def running_container(
    docker: Docker, image: str, service: str, *options: str
) -> Iterator[Container]:
    """Runs the image with a read-only root until its service is ready; removes it at the end.

    Args:
        docker: The Docker that runs it.
        image: The image.
        service: Which service that is.
        options: More options of `docker run`.
    """
    port = str(PORTS[service])
    name = docker.run(
        *("run", "--detach", "--read-only", "--tmpfs", "/tmp"),
        *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
        *("--publish", f"127.0.0.1::{port}", *options, image),
    ).stdout.strip()
    try:
        address = docker.run("port", name, port).stdout.split()[0]
        running = Container(docker, name, f"http://{address}")
        wait_until_ready(running)
        yield running
    finally:
        docker.run("rm", "--force", "--volumes", name)


def wait_until_ready(running: Container) -> None:
    """Returns when the service is ready; fails with the container's log when it is not in time."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        if curl(f"{running.url}/v1/health/ready", "--max-time", "5").returncode == 0:
            return
        if state(running)["Status"] != "running":
            break
        time.sleep(0.5)
    log = running.docker.run("logs", "--tail", "60", running.name, check=False)
    pytest.fail(f"not ready: {state(running)}\n{log.stdout}{log.stderr}")


def state(running: Container) -> dict[str, object]:
    """The container's state as the daemon sees it."""
    printed = running.docker.run("inspect", "--format", "{{json .State}}", running.name).stdout
    parsed: dict[str, object] = json.loads(printed)
    return parsed


def curl(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the program that the README's commands name."""
    return subprocess.run(
        ["curl", "--silent", "--show-error", "--fail-with-body", *arguments],
        check=False,
        capture_output=True,
        text=True,
    )


def speak(running: Container, output: Path) -> None:
    """Has the container say the sentence, by the command of the README."""
    spoken = curl(
        *("-X", "POST", f"{running.url}/synthesize", "-H", "Content-Type: application/json"),
        *("-d", json.dumps({"text": SENTENCE}), "--output", str(output)),
    )
    assert spoken.returncode == 0, spoken.stderr


def printed_inside(docker: Docker, image: str, program: str) -> str:
    """Returns what the program prints in a fresh container of the image."""
    sealed = ("--rm", "--network", "none", "--read-only", "--tmpfs", "/tmp")
    shown = docker.run("run", *sealed, "--entrypoint", VENV_PYTHON, image, "-c", program)
    return shown.stdout.strip()


@container
def test_speech_of_one_container_is_transcribed_by_the_other(
    tts: Container, stt: Container, tmp_path: Path
) -> None:
    speak(tts, tmp_path / "file.wav")
    with wave.open(str(tmp_path / "file.wav")) as speech:
        # A streamed file cannot state its length, so what came is counted.
        assert len(speech.readframes(10**9)) / 2 / speech.getframerate() > 1.5
    heard = curl(
        *("-X", "POST", f"{stt.url}/transcribe", "-F", f"audio_file=@{tmp_path / 'file.wav'}")
    )
    assert heard.returncode == 0, heard.stdout + heard.stderr
    words = set(json.loads(heard.stdout)["text"].lower().split())
    spoken = set(SENTENCE.lower().rstrip(".").split())
    assert len(words & spoken) >= len(spoken) / 2, words


@container
def test_the_container_runs_without_root_on_a_root_that_cannot_be_written(
    service: str, request: pytest.FixtureRequest
) -> None:
    running: Container = request.getfixturevalue(service)
    program = """if True:
        import os, pathlib
        writable = [
            folder for folder in ('/', '/opt/nemo-voice', '/etc', '/home', '/root', '/var/tmp',
                                  '/tmp', '/var/cache/nemo-voice')
            if os.access(folder, os.W_OK) and not os.statvfs(folder).f_flag & os.ST_RDONLY
        ]
        print(os.getuid(), os.getgid(), *writable)"""
    assert running.python(program).split() == ["10001", "10001", "/tmp", "/var/cache/nemo-voice"]


@container
def test_the_container_runs_as_any_user_of_group_0(
    docker: Docker, images: dict[str, str], service: str
) -> None:
    # As OpenShift runs it: a number that the image does not know, whose group is root's.
    with running_container(docker, images[service], service, "--user", "1000680000:0") as running:
        assert running.python("import os; print(os.getuid(), os.getgid())") == "1000680000 0"


@container
def test_every_imported_module_is_compiled_in_the_image(
    docker: Docker, images: dict[str, str], service: str
) -> None:
    program = f"""if True:
        import os, sys, nemo_voice_{service}.app
        import nemo_voice_{service}.backends.{BACKENDS[service]}.backend
        print('not compiled:', *(
            name for name, module in sys.modules.items()
            if isinstance(compiled := getattr(module, '__cached__', None), str)
            and not os.path.exists(compiled)))"""
    printed = printed_inside(docker, images[service], program)
    assert printed.splitlines()[-1] == "not compiled:"


@container
@pytest.mark.parametrize("path", ["", "page/main.js", "page/service.js", "docs", "docs/start.js"])
def test_the_files_of_the_pages_are_in_the_image(
    service: str, path: str, request: pytest.FixtureRequest
) -> None:
    running: Container = request.getfixturevalue(service)
    shown = curl(f"{running.url}/{path}")
    assert shown.returncode == 0, shown.stderr


@container
def test_the_container_becomes_healthy(service: str, request: pytest.FixtureRequest) -> None:
    running: Container = request.getfixturevalue(service)
    deadline = time.monotonic() + 60
    status = ""
    while status != "healthy" and time.monotonic() < deadline:
        time.sleep(0.5)
        shown = running.docker.run("inspect", "--format", "{{.State.Health.Status}}", running.name)
        status = shown.stdout.strip()
    assert status == "healthy"


@container
def test_the_image_stays_below_its_limit(
    docker: Docker, images: dict[str, str], service: str
) -> None:
    size = docker.run("image", "inspect", "--format", "{{.Size}}", images[service]).stdout
    assert int(size) < LARGEST_IMAGE_BYTES


@container
def test_both_images_share_the_layer_that_holds_nemo(
    docker: Docker, images: dict[str, str]
) -> None:
    stored = {service: layers(docker, images[service]) for service in SERVICES}
    shared = set(stored["tts"]) & set(stored["stt"])
    for service in SERVICES:
        own = sum(size for layer, size in stored[service].items() if layer not in shared)
        assert own < LARGEST_OWN_PART_BYTES


@container
def test_the_image_has_no_trace_of_the_machine_that_built_it(
    docker: Docker, images: dict[str, str], service: str
) -> None:
    history = docker.run("history", "--no-trunc", "--format", "{{.CreatedBy}}", images[service])
    recorded = history.stdout + docker.run("image", "inspect", images[service]).stdout
    addresses = set(re.findall(r"https?://[\w.-]+", recorded))
    # The probe of the image's own health check, and its labels.
    assert addresses <= {"http://127.0.0.1", "https://github.com"}
    for name in (*INDEX, *PROXIES, *CERTIFICATES):
        value = os.environ.get(name, "")
        # Debian's own place for certificates is named in the Dockerfile.
        assert not value or value == "/etc/ssl/certs/ca-certificates.crt" or value not in recorded


@container
def test_the_image_trusts_the_certificates_of_its_distribution_and_no_others(
    docker: Docker, images: dict[str, str], service: str
) -> None:
    program = """if True:
        import pathlib
        end = '-----END CERTIFICATE-----'
        def certificates(text): return {part.strip() for part in text.split(end) if part.strip()}
        trusted = certificates(pathlib.Path('/etc/ssl/certs/ca-certificates.crt').read_text())
        shipped = set()
        for path in pathlib.Path('/usr/share/ca-certificates').rglob('*.crt'):
            shipped |= certificates(path.read_text())
        print(len(trusted), len(trusted - shipped), *pathlib.Path('/run').rglob('secrets/*'))"""
    printed = printed_inside(docker, images[service], program).split()
    assert int(printed[0]) > 50
    assert printed[1:] == ["0"]


@container
def test_the_label_has_the_minimum_driver_of_the_service(
    docker: Docker, images: dict[str, str], service: str
) -> None:
    program = """if True:
        import torch
        from nemo_voice_serving.nemo.hardware import MINIMUM_DRIVERS
        print(*MINIMUM_DRIVERS[int(torch.version.cuda.split('.')[0])], sep='.')"""
    inside = printed_inside(docker, images[service], program)
    label = '{{index .Config.Labels "dev.nemo-voice.minimum-nvidia-driver"}}'
    named = docker.run("image", "inspect", "--format", label, images[service])
    assert named.stdout.strip() == inside


@container
def test_sigterm_ends_the_container_with_status_0(
    service: str, request: pytest.FixtureRequest
) -> None:
    # Last in this file, since it ends the containers that the others use; starting takes longest.
    running: Container = request.getfixturevalue(service)
    started = time.monotonic()
    running.docker.run("stop", "--time", str(DRAIN_TIMEOUT_S), running.name)
    assert state(running)["ExitCode"] == 0
    assert time.monotonic() - started < DRAIN_TIMEOUT_S


@container
def test_the_operators_image_is_small_and_needs_no_root(
    docker: Docker, images: dict[str, str]
) -> None:
    image = images["operator"]
    confined = ("run", "--rm", "--read-only", "--network", "none", "--cap-drop", "ALL")
    printed = docker.run(*confined, image, "crd", "print").stdout
    assert "kind: CustomResourceDefinition" in printed
    user = docker.run("image", "inspect", "--format", "{{.Config.User}}", image).stdout.strip()
    assert user == "10001:10001"
    assert sum(layers(docker, image).values()) < LARGEST_OPERATOR_BYTES
