"""The operator's Dockerfile repeats parts of the services' word for word; each target has one."""

import re
from pathlib import Path

import pytest

from support.docs.repository import ROOT, text_of
from tools.images.build import DOCKERFILES

CACHE_DIRECTORY = " && install -d -o nemo-voice -g nemo-voice /var/cache/nemo-voice"
"""The step that only the services need: a folder that their user may write to."""
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
"""The beginnings of instructions that must be the same in both files."""


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


def test_every_image_has_a_target_of_its_name() -> None:
    for image, file in DOCKERFILES.items():
        targets = re.findall(r"^FROM \S+ AS (\S+)$", text_of(Path(file)), re.MULTILINE)
        assert image in targets


def test_the_services_images_are_the_same_but_for_their_own_last_stage() -> None:
    """Both targets stand on one stage, so that the layer with NeMo is built and stored once."""
    text = text_of(Path(DOCKERFILES["tts"]))
    assert re.findall(r"^FROM (\S+) AS (?:tts|stt)$", text, re.MULTILINE) == ["service"] * 2


def test_an_entry_point_is_followed_by_its_command() -> None:
    """Docker forgets the command of the stage below where a stage sets an entry point."""
    for file in set(DOCKERFILES.values()):
        recipe = instructions(Path(file).parent.name)
        for place, one in enumerate(recipe):
            if one.startswith("ENTRYPOINT "):
                assert recipe[place + 1].startswith("CMD ")


def test_the_operators_image_begins_as_the_services_do() -> None:
    services = [one.removesuffix(CACHE_DIRECTORY) for one in base_stage("services")]
    assert base_stage("operator") == services
    assert len(services) == 6


@pytest.mark.parametrize("beginning", REPEATED)
def test_an_instruction_of_both_is_the_same(beginning: str) -> None:
    ours, theirs = (
        {one for one in instructions(folder) if one.startswith(beginning)}
        for folder in ("operator", "services")
    )
    assert ours == theirs
    assert ours


def test_the_build_tools_come_the_same_way() -> None:
    wanted = "/opt/build/bin/pip install --require-hashes"
    services = steps("services", wanted)
    assert steps("operator", wanted)[: len(services)] == services
    assert len(services) == 3
