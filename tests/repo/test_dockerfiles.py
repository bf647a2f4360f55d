"""The Dockerfile has a target for each image, and the services share all but their own stage."""

import re

from support.docs.repository import ROOT
from tools.images.build import FOLDERS, SERVICES

RECIPE = (ROOT / "Dockerfile").read_text()


def stages() -> dict[str, str]:
    """Returns the name of each stage and of the one that it begins with."""
    found = re.findall(r"^FROM (\S+) AS (\S+)$", RECIPE, re.MULTILINE)
    return {name: below for below, name in found}


def instructions() -> list[str]:
    """Returns the instructions, each in one line, without comments."""
    plain = re.sub(r"^#.*\n", "", RECIPE, flags=re.MULTILINE)
    joined = re.sub(r"\s*\\\n\s*", " ", plain)
    return [" ".join(line.split()) for line in joined.splitlines() if line.strip()]


def test_every_image_has_a_target_of_its_name() -> None:
    assert stages().keys() >= FOLDERS.keys()


def test_the_services_images_share_all_but_their_last_stage() -> None:
    """The layer with NeMo is built and stored once."""
    assert {stages()[service] for service in SERVICES} == {"service"}


def test_every_image_stands_on_the_same_base() -> None:
    for image in FOLDERS:
        below = image
        while below in stages():
            stage, below = below, stages()[below]
        assert stage == "base"


def test_an_entry_point_is_followed_by_its_command() -> None:
    """Docker forgets the command of the stage below where a stage sets an entry point."""
    steps = instructions()
    points = [place for place, step in enumerate(steps) if step.startswith("ENTRYPOINT ")]
    assert len(points) == len(FOLDERS)
    assert all(steps[place + 1].startswith("CMD ") for place in points)


def test_the_last_command_of_every_image_takes_away_what_only_a_build_needs() -> None:
    stage, last = "", {}
    for step in instructions():
        if step.startswith("FROM "):
            stage = step.split()[-1]
        elif step.startswith("RUN "):
            last[stage] = step
    for image in FOLDERS:
        assert last[image].endswith(" sh /tmp/confine.sh"), image
