"""What an image's files would let somebody do who gets into its container."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import PurePosixPath

import pytest

from hack.docker_daemon import Docker
from support.docs.repository import ROOT
from tools.images.build import FOLDERS

FACTS = (ROOT / "tests" / "support" / "images" / "file_facts.py").read_text()
PYTHON = "/opt/nemo-voice/venv/bin/python"
CACHE = "/var/cache/nemo-voice"
SHELLS = {"sh", "bash", "dash", "rbash", "busybox", "zsh", "ksh", "csh", "perl"}
PACKAGE_MANAGERS = {"apt", "apt-get", "dpkg", "pip", "pip3", "uv", "rpm", "apk", "conda"}
SCRIPTS = ("/etc/", "/usr/share/bug/", "/var/lib/dpkg/info/")
COMPILERS = {"cc", "gcc", "g++", "cpp", "clang", "make", "as", "ld", "cargo", "go", "nvcc", "tcc"}
DOWNLOADERS = {"curl", "wget", "nc", "ncat", "socat", "ssh", "git", "ftp", "telnet"}

# The first build downloads and packs gigabytes.
pytestmark = [pytest.mark.container, pytest.mark.timeout(3600)]


@cache
def facts_of(docker: Docker, image: str) -> Mapping[str, Sequence[str]]:
    """What the program says inside, as root, so that no folder is closed to it."""
    confined = ("--rm", "--interactive", "--network", "none", "--read-only", "--user", "0")
    command = ("run", *confined, "--entrypoint", PYTHON, image, "-I", "-")
    facts: Mapping[str, Sequence[str]] = json.loads(docker.run(*command, input_text=FACTS).stdout)
    return facts


@pytest.fixture(params=FOLDERS)
def image(request: pytest.FixtureRequest, images: dict[str, str]) -> str:
    """Each image in turn."""
    return images[request.param]


def programs_of(docker: Docker, image: str) -> set[str]:
    """The names of the image's programs, without what Debian keeps of its packages' scripts."""
    places = facts_of(docker, image)["programs"]
    return {PurePosixPath(path).name for path in places if not path.startswith(SCRIPTS)}


def test_the_scan_sees_the_programs_that_are_there(docker: Docker, image: str) -> None:
    facts = facts_of(docker, image)
    assert f"{CACHE}" in facts["runners"]
    assert any(path.startswith("/usr/bin/python3") for path in facts["programs"])


def test_no_file_runs_as_another_user_or_group(docker: Docker, image: str) -> None:
    assert facts_of(docker, image)["raised"] == []


def test_nothing_is_writable_by_everybody(docker: Docker, image: str) -> None:
    """Folders in which each user may remove only its own files, such as /tmp, are no danger."""
    assert facts_of(docker, image)["open"] == []


def test_the_process_owns_nothing_but_its_cache(docker: Docker, image: str) -> None:
    assert facts_of(docker, image)["runners"] == [CACHE]


def test_no_compiler_and_no_downloader_is_in_an_image(docker: Docker, image: str) -> None:
    assert programs_of(docker, image) & (COMPILERS | DOWNLOADERS) == set()


def test_no_shell_and_no_package_manager_is_in_an_image(docker: Docker, image: str) -> None:
    assert programs_of(docker, image) & (SHELLS | PACKAGE_MANAGERS) == set()
