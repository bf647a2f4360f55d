"""Builds and pushes the container images, and measures what they consist of."""

import contextlib
import json
import os
import re
import subprocess
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from hack.docker_daemon import Docker

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {"tts": "services/tts", "stt": "services/stt", "operator": "operator"}
"""Where each image's distribution is."""
SERVICES = ("tts", "stt")
"""The images that share the layer with NeMo and torch."""
NOT_FOR = {
    ("tts", "arm64"): "NeMo has no text normalisation on arm64: pynini has no wheel there",
}
"""Images that cannot be built for an architecture, and why."""
CERTIFICATES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")
INDEX = (
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_TRUSTED_HOST",
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_INSECURE_HOST",
)
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
WITHOUT_LAYER = re.compile(
    r"(ARG|CMD|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|STOPSIGNAL|USER|VOLUME)\b"
)
"""How the steps begin that only describe the image."""


class BuildFailedError(Exception):
    """An image could not be built; the build's own output says why."""


def reference(service: str, tag: str = "dev") -> str:
    """Returns the image's name, such as nemo-voice-tts:dev."""
    return f"nemo-voice-{service}:{tag}"


def why_not(service: str, platform: str | None) -> str | None:
    """Returns why an image cannot be built for a platform such as linux/arm64; None if it can."""
    return NOT_FOR.get((service, (platform or "").split("/")[1])) if platform else None


def build(
    docker: Docker,
    service: str,
    *,
    base: str,
    tag: str = "dev",
    platform: str | None = None,
    more: Sequence[str] = (),
) -> str:
    """Builds one image and returns its name.

    Args:
        docker: Builds it; for another platform than its own with its buildx plugin.
        service: Which image.
        base: The image on which it stands.
        tag: The tag of its name.
        platform: Such as linux/arm64; None for the daemon's own.
        more: Further arguments, such as those of `cpu_torch`.

    Raises:
        BuildFailedError: the build ended with an error, or cannot be done for the platform.
    """
    if reason := why_not(service, platform):
        raise BuildFailedError(f"{service} cannot be built for {platform}: {reason}")
    name = reference(service, tag)
    with _secrets() as secrets, timed(f"building {name} from {base}"):
        status = docker.show(
            *_builder(docker, platform),
            *("--progress", "plain", "--network", "host"),
            *("--target", service),
            *("--build-arg", f"BASE_IMAGE={base}"),
            *("--build-arg", f"VERSION={_version(service)}"),
            *("--build-arg", f"REVISION={_revision()}"),
            *more,
            *(part for proxy in PROXIES if proxy in os.environ for part in ("--build-arg", proxy)),
            *secrets,
            *("--tag", name, str(ROOT)),
        )
    if status != 0:
        raise BuildFailedError(f"{name} was not built: docker build ended with status {status}")
    return name


def _builder(docker: Docker, platform: str | None) -> list[str]:
    """Returns the beginning of the command that builds for the platform."""
    if platform is None:
        return ["build"]
    if docker.run("buildx", "version", check=False).returncode != 0:
        raise BuildFailedError(
            f"building for {platform} wants Docker's buildx plugin, which {docker.program} lacks: "
            "on Debian 13 the package docker-buildx"
        )
    return ["buildx", "build", "--platform", platform, "--load"]


def push(docker: Docker, name: str, *, registry: str) -> str:
    """Pushes a built image under the version in its label; returns its name there.

    Raises:
        DockerFailedError: There is no such image, or the registry did not take it.
    """
    label = '{{index .Config.Labels "org.opencontainers.image.version"}}'
    version = docker.run("image", "inspect", "--format", label, name).stdout.strip()
    there = f"{registry.rstrip('/')}/{name.partition(':')[0]}:{version}"
    docker.run("tag", name, there)
    docker.run("push", there)
    return there


def sizes(docker: Docker, name: str) -> dict[str, int]:
    """Returns the image's parts with their bytes, the largest first."""
    walk = (ROOT / "tools" / "images" / "walk.py").read_text()
    inside = ("--network", "none", "--user", "0", "--entrypoint", "/opt/nemo-voice/venv/bin/python")
    printed = docker.run("run", "--rm", "--interactive", *inside, name, "-", input_text=walk).stdout
    parts: dict[str, int] = json.loads(printed)
    return dict(sorted(parts.items(), key=lambda part: -part[1]))


def layers(docker: Docker, name: str) -> dict[str, int]:
    """Returns the image's layers by digest, lowest first, with the bytes of each."""
    shown = docker.run("image", "inspect", "--format", "{{json .RootFS.Layers}}", name).stdout
    listed = docker.run("history", "--human=false", "--format", "{{.Size}} {{.CreatedBy}}", name)
    steps = [line.partition(" ") for line in reversed(listed.stdout.splitlines())]
    sizes = [int(size) for size, _, step in steps if not WITHOUT_LAYER.match(step)]
    digests: list[str] = json.loads(shown)
    return dict(zip(digests, sizes, strict=True))


@contextlib.contextmanager
def _secrets() -> Iterator[list[str]]:
    """The build's secret arguments: this machine's certificates and its choice of package index."""
    arguments: list[str] = []
    for name in CERTIFICATES:
        if Path(os.environ.get(name, "")).is_file():
            arguments += ["--secret", f"id=certificates,src={os.environ[name]}"]
            break
    with tempfile.NamedTemporaryFile("w", prefix="nemo-voice-index-") as index:
        chosen = {name: os.environ[name] for name in INDEX if name in os.environ}
        if "PIP_INDEX_URL" in chosen:
            chosen.setdefault("UV_DEFAULT_INDEX", chosen["PIP_INDEX_URL"])
        index.writelines(f"export {name}='{value}'\n" for name, value in chosen.items())
        index.flush()
        yield [*arguments, "--secret", f"id=index,src={index.name}"]


def _version(service: str) -> str:
    project = tomllib.loads((ROOT / FOLDERS[service] / "pyproject.toml").read_text())
    return str(project["project"]["version"])


def _revision() -> str:
    git = subprocess.run(
        ["git", "-C", ROOT, "rev-parse", "HEAD"], check=False, capture_output=True, text=True
    )
    return git.stdout.strip() if git.returncode == 0 else "unknown"


@contextlib.contextmanager
def timed(what: str) -> Iterator[None]:
    """Prints what is being done, then how long it took."""
    print(f"{what} …", flush=True)
    started = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - started:.0f} s", flush=True)
