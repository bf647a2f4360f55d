"""A Docker client that can build with BuildKit, and a daemon for it, started here if none runs.

Called by `tools.images` and the container tests.
"""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from hack.caching import cache_directory

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 60
LAST_CLIENT_WITH_BUILDKIT_INSIDE = 22
"""Docker clients up to this major version carry BuildKit; later ones want the buildx plugin."""


class DockerMissingError(Exception):
    """There is no usable Docker here; the message says what is missing."""


class DockerFailedError(Exception):
    """A client command failed; the message is the client's own."""


@dataclass(frozen=True)
class Docker:
    """A client program and the environment in which it reaches a daemon."""

    program: str
    environment: Mapping[str, str] = field(default_factory=dict)

    def full_environment(self) -> dict[str, str]:
        """Returns the environment in which the client reaches this daemon."""
        return {**os.environ, **self.environment}

    def run(
        self, *arguments: str, check: bool = True, input_text: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs one client command and returns what it printed.

        Raises:
            DockerFailedError: it failed and `check` is true.
        """
        done = subprocess.run(
            [self.program, *arguments],
            env=self.full_environment(),
            check=False,
            input=input_text,
            capture_output=True,
            text=True,
        )
        if check and done.returncode != 0:
            raise DockerFailedError(f"docker {arguments[0]}: {done.stderr.strip()}")
        return done

    def show(self, *arguments: str) -> int:
        """Runs one client command whose output goes to the terminal; returns its exit status."""
        return subprocess.run(
            [self.program, *arguments], env=self.full_environment(), check=False
        ).returncode

    @contextlib.contextmanager
    def reading(self, *arguments: str) -> Iterator[IO[bytes]]:
        """Yields what one client command prints while it runs.

        Raises:
            DockerFailedError: it failed.
        """
        command = [self.program, *arguments]
        environment = self.full_environment()
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
            # Not None: stdout is a pipe.
            yield cast("IO[bytes]", process.stdout)
        if process.returncode != 0:
            raise DockerFailedError(f"docker {arguments[0]} ended with {process.returncode}")

    def is_reachable(self) -> bool:
        """Returns whether a daemon responds."""
        return self.run("version", "--format", "{{.Server.Version}}", check=False).returncode == 0

    def has_image(self, reference: str) -> bool:
        """Returns whether the daemon has this image."""
        return self.run("image", "inspect", reference, check=False).returncode == 0


@contextlib.contextmanager
def running_docker() -> Iterator[Docker]:
    """Yields a Docker with a running daemon; one that is started for it is stopped at the end.

    Raises:
        DockerMissingError: there is no usable client, or no daemon runs and none can be started.
    """
    program = client_program()
    own_host = f"unix://{cache_directory() / 'docker.sock'}"
    candidates = [Docker(program, {"DOCKER_BUILDKIT": "1"}), _docker_at(program, own_host)]
    for docker in candidates:
        if docker.is_reachable():
            yield docker
            return
    with _own_daemon(own_host):
        docker = _docker_at(program, own_host)
        _wait_until_reachable(docker)
        yield docker


def client_program() -> str:
    """Returns the first Docker client on PATH that can build with BuildKit.

    Raises:
        DockerMissingError: there is none.
    """
    found = [
        str(path)
        for folder in os.environ.get("PATH", "").split(os.pathsep)
        if os.access(path := Path(folder) / "docker", os.X_OK)
    ]
    for program in found:
        if _can_build(program):
            return program
    reason = f"{', '.join(found)} lack the buildx plugin" if found else "no docker on PATH"
    raise DockerMissingError(f"{reason}: install Docker, on Debian 12 the package docker.io")


def _can_build(program: str) -> bool:
    docker = Docker(program)
    if docker.run("buildx", "version", check=False).returncode == 0:
        return True
    version = docker.run("version", "--format", "{{.Client.Version}}", check=False).stdout
    major = version.split(".", maxsplit=1)[0]
    return major.isdigit() and int(major) <= LAST_CLIENT_WITH_BUILDKIT_INSIDE


def _docker_at(program: str, host: str) -> Docker:
    return Docker(program, {"DOCKER_BUILDKIT": "1", "DOCKER_HOST": host})


@contextlib.contextmanager
def _own_daemon(host: str) -> Iterator[None]:
    daemon = shutil.which("dockerd")
    if daemon is None or os.geteuid() != 0:
        raise DockerMissingError("no Docker daemon runs, and starting one needs root and dockerd")
    folder = cache_directory()
    print(f"no Docker daemon runs: starting one, its data under {folder / 'docker'}", flush=True)
    with (folder / "dockerd.log").open("w") as log:
        process = subprocess.Popen(
            [
                *(daemon, "--host", host),
                *("--data-root", str(folder / "docker")),
                *("--exec-root", str(folder / "docker-run")),
                *("--pidfile", str(folder / "dockerd.pid")),
            ],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_reachable(docker: Docker) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not docker.is_reachable():
        if time.monotonic() > deadline:
            log = cache_directory() / "dockerd.log"
            raise DockerMissingError(
                f"dockerd does not respond after {START_TIMEOUT_S} s: see {log}"
            )
        time.sleep(0.3)
