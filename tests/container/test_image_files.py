"""What an image's files would let somebody do who gets into its container."""

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

import pytest

from hack.docker_daemon import Docker
from support.docs.repository import ROOT
from tools.images.build import FOLDERS

Facts = Mapping[str, Sequence[str]]
"""Paths by what is true of them."""

PROGRAM = (ROOT / "tests" / "support" / "images" / "file_facts.py").read_text()
PYTHON = "/opt/nemo-voice/venv/bin/python"
CACHE = "/var/cache/nemo-voice"
SHELLS = {"sh", "bash", "dash", "rbash", "busybox", "zsh", "ksh", "csh", "perl"}
PACKAGE_MANAGERS = {"apt", "apt-get", "dpkg", "pip", "pip3", "uv", "rpm", "apk", "conda"}
SCRIPTS = ("/etc/", "/usr/share/bug/", "/var/lib/dpkg/info/")
COMPILERS = {"cc", "gcc", "g++", "cpp", "clang", "make", "as", "ld", "cargo", "go", "nvcc", "tcc"}
DOWNLOADERS = {"curl", "wget", "nc", "ncat", "socat", "ssh", "git", "ftp", "telnet"}

# The first build downloads and packs gigabytes.
pytestmark = [pytest.mark.container, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module", params=FOLDERS)
def facts(request: pytest.FixtureRequest, docker: Docker, images: dict[str, str]) -> Facts:
    """What is in each image in turn, seen as root, so that no folder is closed to the program."""
    confined = ("--rm", "--interactive", "--network", "none", "--read-only", "--user", "0")
    command = ("run", *confined, "--entrypoint", PYTHON, images[request.param], "-I", "-")
    found: Facts = json.loads(docker.run(*command, input_text=PROGRAM).stdout)
    return found


def programs_of(facts: Facts) -> set[str]:
    """The names of the image's programs, without what Debian keeps of its packages' scripts."""
    places = [path for path in facts["programs"] if not path.startswith(SCRIPTS)]
    return {PurePosixPath(path).name for path in places}


def test_the_scan_sees_the_programs_that_are_there(facts: Facts) -> None:
    assert CACHE in facts["runners"]
    assert any(name.startswith("python3") for name in programs_of(facts))


def test_no_file_runs_as_another_user_or_group(facts: Facts) -> None:
    assert facts["raised"] == []


def test_nothing_is_writable_by_everybody(facts: Facts) -> None:
    """Folders in which each user may remove only its own files, such as /tmp, are no danger."""
    assert facts["open"] == []


def test_the_process_owns_nothing_but_its_cache(facts: Facts) -> None:
    assert facts["runners"] == [CACHE]


def test_no_compiler_and_no_downloader_is_in_an_image(facts: Facts) -> None:
    assert programs_of(facts) & (COMPILERS | DOWNLOADERS) == set()


def test_no_shell_and_no_package_manager_is_in_an_image(facts: Facts) -> None:
    assert programs_of(facts) & (SHELLS | PACKAGE_MANAGERS) == set()
