"""Which images are built for which platform, and by which command of Docker."""

import os
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hack.docker_daemon import Docker
from support.docs.repository import ROOT
from tools.generated.licences import OPERATOR, SERVICES, pinned
from tools.images.build import BuildFailedError, build, why_not

CLIENT = """#!/bin/sh
echo "$@" >> {calls}
case "$1 $2" in "buildx version") exit {status};; esac
"""


def docker(folder: Path, *, has_buildx: bool) -> Docker:
    """A client that writes down what it is told."""
    program = folder / "docker"
    status = 0 if has_buildx else 1
    program.write_text(CLIENT.format(calls=folder / "calls", status=status))
    program.chmod(0o755)
    return Docker(str(program), {"PATH": os.environ["PATH"]})


def built_by(folder: Path) -> str:
    """The command that built."""
    (line,) = [one for one in (folder / "calls").read_text().splitlines() if "--target" in one]
    return line


def test_the_machines_own_platform_needs_no_plugin(tmp_path: Path) -> None:
    name = build(docker(tmp_path, has_buildx=False), "stt", base="debian")
    assert name == "nemo-voice-stt:dev"
    assert built_by(tmp_path).startswith("build --progress plain")


def test_another_platform_is_built_by_buildx(tmp_path: Path) -> None:
    client = docker(tmp_path, has_buildx=True)
    build(client, "stt", base="debian", platform="linux/arm64")
    assert built_by(tmp_path).startswith("buildx build --platform linux/arm64 --load ")


def test_without_buildx_the_message_names_the_plugin(tmp_path: Path) -> None:
    client = docker(tmp_path, has_buildx=False)
    with pytest.raises(BuildFailedError, match="linux/arm64 wants Docker's buildx plugin"):
        build(client, "operator", base="debian", platform="linux/arm64")


def test_speech_cannot_be_built_for_arm64_and_the_message_says_why(tmp_path: Path) -> None:
    client = docker(tmp_path, has_buildx=True)
    with pytest.raises(BuildFailedError, match="no text normalisation on arm64"):
        build(client, "tts", base="debian", platform="linux/arm64/v8")
    assert why_not("tts", "linux/amd64") is None


def test_what_arm64_lacks_is_what_the_text_normalisation_needs() -> None:
    lacking = set(pinned(SERVICES)) - set(pinned(SERVICES, "aarch64"))
    assert lacking == {
        "cdifflib",
        "editdistance",
        "inflect",
        "jaraco-functools",
        "nemo-text-processing",
        "pynini",
        "sacremoses",
        "typeguard",
        "wget",
    }


@pytest.mark.parametrize(
    ("folder", "pins"),
    [("libs/serving", SERVICES), ("services/stt", SERVICES), ("operator", OPERATOR)],
)
def test_what_our_packages_name_is_pinned_for_arm64(folder: str, pins: str) -> None:
    project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]
    wanted = {canonicalize_name(Requirement(one).name) for one in project["dependencies"]}
    ours = {one for one in wanted if one.startswith("nemo-voice-")}
    assert wanted - ours - set(pinned(pins, "aarch64")) == set()
