"""Builds the container images and says what they consist of.

    python tools/images.py build [NAME ...]    build tts, stt, operator or all; print the sizes
    python tools/images.py sizes [NAME ...]    print the sizes of what was built
    python tools/images.py push [NAME ...]     push what was built, by --registry
    python tools/images.py base                make the base image where none can be pulled
    python tools/images.py daemon              run a Docker daemon until interrupted

Where no Docker daemon answers, each command starts one and stops it at its end.
"""

import argparse
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from base_image import base_image
from docker_daemon import Docker, DockerFailedError, DockerMissingError, running_docker

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = {"tts": "services/tts", "stt": "services/stt", "operator": "operator"}
"""Where each image's Dockerfile and distribution are."""
SERVICES = ("tts", "stt")
"""The images that share the layer with NeMo and torch."""
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


_SPEAKING = {f"nemo-voice-{service}" for service in SERVICES}


class BuildFailedError(Exception):
    """An image could not be built; the build's own output says why."""


def reference(service: str, tag: str = "dev") -> str:
    """Returns the image's name, such as nemo-voice-tts:dev."""
    return f"nemo-voice-{service}:{tag}"


def build(docker: Docker, service: str, *, base: str, tag: str = "dev") -> str:
    """Builds one image and returns its name.

    Raises:
        BuildFailedError: the build ended with an error.
    """
    name = reference(service, tag)
    with _secrets() as secrets, _timed(f"building {name} from {base}"):
        status = docker.show(
            "build",
            *("--progress", "plain", "--network", "host"),
            *("--file", str(ROOT / FOLDERS[service] / "Dockerfile")),
            *("--build-arg", f"BASE_IMAGE={base}"),
            *("--build-arg", f"VERSION={_version(service)}"),
            *("--build-arg", f"REVISION={_revision()}"),
            *(part for proxy in PROXIES if proxy in os.environ for part in ("--build-arg", proxy)),
            *secrets,
            *("--tag", name, str(ROOT)),
        )
    if status != 0:
        raise BuildFailedError(f"{name} was not built: docker build ended with status {status}")
    return name


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
    walk = (ROOT / "tools" / "image_walk.py").read_text()
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
def _timed(what: str) -> Iterator[None]:
    print(f"{what} …", flush=True)
    started = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - started:.0f} s", flush=True)


def _print_sizes(docker: Docker, names: Sequence[str]) -> None:
    for name in names:
        parts = sizes(docker, name)
        print(f"{name}: {sum(parts.values()) / 1e6:,.0f} MB of files")
        for part, size in parts.items():
            print(f"  {size / 1e6:8,.1f} MB  {part}")
    stored = {name: layers(docker, name) for name in names}
    speaking = [set(each) for name, each in stored.items() if name.split(":")[0] in _SPEAKING]
    shared = set.intersection(*speaking) if speaking else set()
    for name, each in stored.items():
        own = sum(size for layer, size in each.items() if layer not in shared)
        print(f"{name}: {own / 1e6:,.1f} MB in layers that only this image has")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("build", "sizes", "push", "base", "daemon"))
    parser.add_argument(
        "services", nargs="*", metavar="service", help=f"{', '.join(FOLDERS)}; default all"
    )
    parser.add_argument("--tag", default="dev", help="the images' tag (default: %(default)s)")
    parser.add_argument(
        "--registry", default="", help="where push goes: registry.example.com/speech"
    )
    parser.add_argument(
        "--base-image",
        default=os.environ.get("NEMO_VOICE_DEV_BASE_IMAGE"),
        help="build on this image instead of Debian's slim one ($NEMO_VOICE_DEV_BASE_IMAGE)",
    )
    return parser


def _act(docker: Docker, arguments: argparse.Namespace) -> None:
    services = arguments.services or tuple(FOLDERS)
    names = [reference(service, arguments.tag) for service in services]
    if arguments.command in {"build", "base"}:
        with _timed("base image"):
            base = base_image(docker, arguments.base_image)
        print(base)
    if arguments.command == "build":
        for service in services:
            build(docker, service, base=base, tag=arguments.tag)
    if arguments.command in {"build", "sizes"}:
        _print_sizes(docker, names)
    if arguments.command == "push":
        for name in names:
            with _timed(f"pushing {name}"):
                print(push(docker, name, registry=arguments.registry))
    if arguments.command == "daemon":
        print(f"export DOCKER_HOST={docker.full_environment().get('DOCKER_HOST', '')}", flush=True)
        signal.pause()


def main() -> int:
    """Runs the command named on the command line; returns the exit status."""
    parser = _parser()
    arguments = parser.parse_args()
    if unknown := set(arguments.services) - set(FOLDERS):
        parser.error(f"no such image: {', '.join(sorted(unknown))}")
    if arguments.command == "push" and not arguments.registry:
        parser.error("say where to: --registry registry.example.com/speech")
    # An interrupted command still stops the daemon that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(128 + signal.SIGINT))
    try:
        with running_docker() as docker:
            _act(docker, arguments)
    except (DockerMissingError, DockerFailedError, BuildFailedError) as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
