"""The workflows: existing make targets, actions pinned to commits, no unneeded rights."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.docs.repository import ROOT, make_targets, text_of, tracked_files

WORKFLOWS = [path for path in tracked_files() if path.parent == Path(".github/workflows")]
ACTION = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40}")
PINNED = re.compile(r"uses: (?P<action>\S+)(?P<comment>  # v\d+\.\d+\.\d+)?$", re.MULTILINE)


def parsed(workflow: Path) -> dict[Any, Any]:
    content: dict[Any, Any] = yaml.safe_load(text_of(workflow))
    return content


def steps(workflow: Path) -> Iterator[dict[str, Any]]:
    for job in parsed(workflow)["jobs"].values():
        yield from job["steps"]


def test_there_are_two_workflows() -> None:
    assert {path.name for path in WORKFLOWS} == {"ci.yaml", "release.yaml"}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=str)
def test_a_step_is_one_make_target_or_an_action(workflow: Path) -> None:
    targets = {f"make {target}" for target in make_targets()}
    for step in steps(workflow):
        assert ("run" in step) is not ("uses" in step)
        assert step.get("run", "make help") in targets


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=str)
def test_an_action_is_pinned_to_a_commit_with_its_version_in_a_comment(workflow: Path) -> None:
    found = [*PINNED.finditer(text_of(workflow))]
    assert len(found) == sum("uses" in step for step in steps(workflow))
    for one in found:
        assert ACTION.fullmatch(one["action"]), one[0]
        assert one["comment"], one[0]


def test_an_action_has_one_commit_everywhere() -> None:
    used = {one["action"] for path in WORKFLOWS for one in PINNED.finditer(text_of(path))}
    assert len({action.partition("@")[0] for action in used}) == len(used)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=str)
def test_a_workflow_may_only_read_and_has_a_timeout(workflow: Path) -> None:
    content = parsed(workflow)
    assert content["permissions"] == {"contents": "read"}
    for job in content["jobs"].values():
        assert "permissions" not in job
        assert job["timeout-minutes"] <= 240
    for step in steps(workflow):
        if str(step.get("uses", "")).startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=str)
def test_no_command_line_of_a_workflow_has_an_expression(workflow: Path) -> None:
    assert [step["run"] for step in steps(workflow) if "${{" in step.get("run", "")] == []


def test_a_change_must_pass_the_contributors_checks() -> None:
    run = {step["run"] for step in steps(Path(".github/workflows/ci.yaml")) if "run" in step}
    assert {"make check", "make test", "make test-e2e", "make release-check"} <= run


def test_a_release_is_checked_before_anything_is_built_or_pushed() -> None:
    run = [step["run"] for step in steps(Path(".github/workflows/release.yaml")) if "run" in step]
    assert run.index("make release-check") < run.index("make test") < run.index("make images")
    assert run[-1] == "make push"


def test_the_debian_packages_are_written_in_one_place() -> None:
    assert "tools/packages.sh" in text_of(ROOT / ".ci/run")
    assert "apt-get" not in text_of(ROOT / ".ci/run")
