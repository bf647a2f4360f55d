"""The version is the same in every place where it is written."""

import shutil
import tomllib
from pathlib import Path

import pytest

from support.docs.repository import ROOT, text_of, tracked_files
from tools.release.versions import PLACES, places, project_version, write_version

NEXT = "9.8.7"
HELD_ELSEWHERE = ("requirements/", "hack/go/", "benchmarks/", "CHANGELOG.md", "tests/")
"""Files with versions of other software, history, and tests."""


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of every file in which the version is written by hand."""
    for place in places():
        (tmp_path / place.path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / place.path, tmp_path / place.path)
    return tmp_path


def test_every_place_says_the_projects_version() -> None:
    assert {place.version for place in places()} == {project_version()}


def test_every_distribution_has_a_place_of_the_version() -> None:
    projects = [path for path in tracked_files() if path.name == "pyproject.toml"]
    versioned = {path for path in projects if "project" in tomllib.loads(text_of(path))}
    assert len(versioned) == 4
    assert versioned <= {place.path for place in places()}


def test_every_pattern_of_a_place_matches() -> None:
    known = {place.path for place in places()}
    for glob, _pattern in PLACES:
        assert known & {path.relative_to(ROOT) for path in ROOT.glob(glob)}, glob


def test_one_command_writes_a_version_everywhere(copied: Path) -> None:
    before = [(place.path, place.line) for place in places(copied)]
    changed = write_version(NEXT, copied)
    assert [(place.path, place.line) for place in places(copied)] == before
    assert {place.version for place in places(copied)} == {NEXT}
    assert set(changed) == {path for path, _line in before}
    assert write_version(NEXT, copied) == []


def test_no_other_file_repeats_the_version() -> None:
    known = {place.path for place in places()}
    version = project_version()
    others = [
        str(path)
        for path in tracked_files()
        if path not in known
        and not str(path).startswith(HELD_ELSEWHERE)
        and f"nemo-voice-tts:{version}" in text_of(path)
    ]
    # What `make generate` writes follows by itself.
    assert set(others) <= {"docs/configuration.md", "manifests/install.yaml"}
