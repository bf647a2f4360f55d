"""What the operator's Dockerfile repeats of the services' is the same, word for word.

The services' two begin with the same stages; a test beside the images' holds those.
"""

import re

import pytest

from support.docs.repository import ROOT

CACHE_DIRECTORY = " && install -d -o nemo-voice -g nemo-voice /var/cache/nemo-voice"
"""What only the services need: a folder that their user may write."""
REPEATED = (
    "ARG BASE_IMAGE=",
    "FROM ${BASE_IMAGE}",
    "USER ",
    "ENV PYTHONPATH=",
    "ENV PIP_CERT=",
    "STOPSIGNAL ",
    "ARG VERSION=",
    "ARG REVISION=",
)
"""How instructions begin that stand in both, and are one decision."""


def instructions(folder: str) -> list[str]:
    """The Dockerfile's instructions, each in one line, without comments."""
    text = (ROOT / folder / "Dockerfile").read_text()
    plain = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    joined = re.sub(r"\s*\\\n\s*", " ", plain)
    return [" ".join(line.split()) for line in joined.splitlines() if line.strip()]


def base_stage(folder: str) -> list[str]:
    """The instructions up to the second stage."""
    found = instructions(folder)
    [_, second, *_] = [place for place, one in enumerate(found) if one.startswith("FROM ")]
    return found[:second]


def steps(folder: str, beginning: str) -> list[str]:
    """The commands of the first RUN that has one that begins so."""
    for one in instructions(folder):
        commands = one.split(" && ")
        if one.startswith("RUN ") and any(beginning in command for command in commands):
            return commands
    return []


def test_the_operators_image_begins_as_the_services_do() -> None:
    services = [one.removesuffix(CACHE_DIRECTORY) for one in base_stage("services/tts")]
    assert base_stage("operator") == services
    assert len(services) == 6


@pytest.mark.parametrize("beginning", REPEATED)
def test_an_instruction_of_both_is_the_same(beginning: str) -> None:
    ours, theirs = (
        [one for one in instructions(folder) if one.startswith(beginning)]
        for folder in ("operator", "services/tts")
    )
    assert ours == theirs
    assert ours


def test_the_build_tools_come_the_same_way() -> None:
    wanted = "/opt/build/bin/pip install --require-hashes"
    services = steps("services/tts", wanted)
    assert steps("operator", wanted)[: len(services)] == services
    assert len(services) == 3
