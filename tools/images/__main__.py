"""Builds the container images and says what they consist of.

    python -m tools.images build [NAME ...]    build tts, stt, operator or all; print the sizes;
                                               with --platform linux/arm64 for another platform,
                                               with --torch-cpu-index for machines without GPUs
    python -m tools.images sizes [NAME ...]    print the sizes of what was built
    python -m tools.images push [NAME ...]     push what was built, by --registry
    python -m tools.images base                make the base image where none can be pulled
    python -m tools.images daemon              run a Docker daemon until interrupted

Where no Docker daemon runs, each command starts one and stops it at its end.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from hack.base_image import DEFAULT, base_image
from hack.docker_daemon import Docker, DockerFailedError, DockerMissingError, running_docker
from tools.images.build import (
    FOLDERS,
    SERVICES,
    BuildFailedError,
    build,
    layers,
    push,
    reference,
    sizes,
    timed,
    why_not,
)
from tools.images.cpu_torch import VARIABLE, NoCpuTorchError, build_arguments

_OF_SERVICES = {f"nemo-voice-{service}" for service in SERVICES}


def _print_sizes(docker: Docker, names: Sequence[str]) -> None:
    for name in names:
        parts = sizes(docker, name)
        print(f"{name}: {sum(parts.values()) / 1e6:,.0f} MB of files")
        for part, size in parts.items():
            print(f"  {size / 1e6:8,.1f} MB  {part}")
    stored = {name: layers(docker, name) for name in names}
    services = [set(each) for name, each in stored.items() if name.split(":")[0] in _OF_SERVICES]
    shared = set.intersection(*services) if services else set()
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
    parser.add_argument(
        "--platform", help="build for this platform, such as linux/arm64, with Docker's buildx"
    )
    parser.add_argument(
        "--torch-cpu-index",
        default=os.environ.get(VARIABLE),
        metavar="ADDRESS",
        help=f"build without CUDA, with torch's build for CPUs from this index (${VARIABLE})",
    )
    return parser


def _build(docker: Docker, arguments: argparse.Namespace, base: str) -> None:
    """Builds what was named, or all that the platform can have."""
    index = arguments.torch_cpu_index
    more = build_arguments(index) if index else []
    for service in arguments.services or FOLDERS:
        reason = why_not(service, arguments.platform)
        if reason and not arguments.services:
            print(f"not built for {arguments.platform}: {service}. {reason}")
        else:
            own = more if service in SERVICES else []
            build(
                docker,
                service,
                base=base,
                tag=arguments.tag,
                platform=arguments.platform,
                more=own,
            )


def _act(docker: Docker, arguments: argparse.Namespace) -> None:
    services = arguments.services or tuple(FOLDERS)
    names = [reference(service, arguments.tag) for service in services]
    if arguments.command in {"build", "base"}:
        with timed("base image"):
            # One that is made here is of this machine's platform.
            named = arguments.base_image or (DEFAULT if arguments.platform else None)
            base = base_image(docker, named)
        print(base)
    if arguments.command == "build":
        _build(docker, arguments, base)
    # An image of another platform does not run here.
    if arguments.command in {"build", "sizes"} and not arguments.platform:
        _print_sizes(docker, names)
    if arguments.command == "push":
        for name in names:
            with timed(f"pushing {name}"):
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
        parser.error("a registry is missing: --registry registry.example.com/speech")
    # An interrupted command still stops the daemon that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(128 + signal.SIGINT))
    try:
        with running_docker() as docker:
            _act(docker, arguments)
    except (DockerMissingError, DockerFailedError, BuildFailedError, NoCpuTorchError) as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
