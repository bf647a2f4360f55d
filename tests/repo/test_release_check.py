"""`make release-check`: this tree passes, and a small one fails for each fault."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.release import check
from tools.release.versions import PLACES, project_version

CHANGES = "# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-02-01\n\n- All of it.\n"
FILES = {
    "libs/serving/pyproject.toml": 'version = "0.2.0"\n',
    "operator/pyproject.toml": 'version = "0.2.0"\n',
    "charts/nemo-voice/Chart.yaml": "version: 0.2.0\nappVersion: 0.2.0\n",
    "charts/nemo-voice/values.yaml": "images: {}\n",
    "CHANGELOG.md": CHANGES,
}
Break = Callable[[Path], object]


def git(root: Path, *arguments: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    subprocess.run(["git", "-C", root, *who, *arguments], check=True, capture_output=True)


def commit(root: Path, message: str) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--message", message)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository with a release behind it, and a next one that is ready."""
    git(tmp_path, "init", "--quiet")
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text.replace("0.2.0", "0.1.0"))
    commit(tmp_path, "the first")
    git(tmp_path, "tag", "v0.1.0")
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    commit(tmp_path, "the second")
    return tmp_path


def append(name: str, text: str) -> Break:
    return lambda root: (root / name).write_text((root / name).read_text() + text)


def replace(name: str, old: str, new: str) -> Break:
    return lambda root: (root / name).write_text((root / name).read_text().replace(old, new))


WRONG: dict[str, tuple[Break, str]] = {
    "another version in one place": (
        replace("operator/pyproject.toml", "0.2.0", "0.1.9"),
        "operator/pyproject.toml:1: 0.1.9 is not 0.2.0",
    ),
    "a changelog of another form": (
        replace("CHANGELOG.md", "## [Unreleased]\n", ""),
        "CHANGELOG.md: the first section",
    ),
    "a path of one machine": (
        append("charts/nemo-voice/values.yaml", "# see /ro" + "ot/values.yaml\n"),
        "values.yaml: /ro" + "ot/v is of one machine",
    ),
    "a registry": (
        append("CHANGELOG.md", "\n--index-u" + "rl x\n"),
        "is of one machine, or a registry",
    ),
    "a chart that changed under the released version": (
        replace("charts/nemo-voice/Chart.yaml", "version: 0.2.0\n", "version: 0.1.0\n"),
        "charts/nemo-voice changed since v0.1.0",
    ),
}


def test_this_tree_has_no_findings(capsys: pytest.CaptureFixture[str]) -> None:
    status = check.main([])
    assert (status, capsys.readouterr().out) == (
        0,
        f"version {project_version()}: nothing is in its way\n",
    )


def test_a_release_whose_tree_is_ready_has_no_findings(tree: Path) -> None:
    assert [*check.findings(tree, "v0.2.0")] == []


@pytest.mark.parametrize(("breaks", "says"), WRONG.values(), ids=WRONG)
def test_each_fault_is_named(tree: Path, breaks: Break, says: str) -> None:
    breaks(tree)
    commit(tree, "broken")
    found = [*check.findings(tree, None)]
    assert [one for one in found if says in one], found


def test_a_tag_of_another_version_is_refused(tree: Path) -> None:
    assert [*check.findings(tree, "v0.3.0")] == [
        "the tag is v0.3.0, and the version is 0.2.0: it must be v0.2.0"
    ]


def test_a_tag_is_refused_while_something_is_not_committed(tree: Path) -> None:
    (tree / "new.txt").write_text("new")
    assert [*check.findings(tree, None)] == []
    assert [*check.findings(tree, "v0.2.0")] == ["1 files are not committed: new.txt …"]


def test_an_invalid_version_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main(["--set", "next"]) == 2
    assert "is not a version like 1.2.3" in capsys.readouterr().err


def test_the_places_of_the_small_tree_are_among_those_of_the_real_one() -> None:
    globs = {glob for glob, _pattern in PLACES}
    assert {"libs/*/pyproject.toml", "operator/pyproject.toml"} <= globs
