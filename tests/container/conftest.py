"""A Docker daemon, and the images of the working tree, for every test of containers."""

import contextlib
import os
from collections.abc import Iterator

import pytest

from hack.base_image import base_image
from hack.docker_daemon import Docker, DockerMissingError, running_docker
from support.not_run import not_run
from tools.images.build import FOLDERS, build


@pytest.fixture(scope="session")
def docker() -> Iterator[Docker]:
    """A Docker with a running daemon, or a skip that says why there is none."""
    with contextlib.ExitStack() as stack:
        try:
            running = stack.enter_context(running_docker())
        except DockerMissingError as reason:
            not_run(f"the images were not tested: {reason}")
        yield running


@pytest.fixture(scope="session")
def images(docker: Docker) -> dict[str, str]:
    """The image of each service and of the operator, built from the working tree."""
    base = base_image(docker, os.environ.get("NEMO_VOICE_DEV_BASE_IMAGE"))
    return {name: build(docker, name, base=base, tag="test") for name in FOLDERS}
