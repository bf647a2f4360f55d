"""The shape of the tree: sizes, names that shadow nothing, one version, nothing of one machine."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from support.repository import ROOT, sources, text_of, tracked_files

MODULE_LINES, FUNCTION_LINES = 400, 50

# Written in pieces, so that this file does not hold what it looks for.
MACHINE_PATHS = re.compile(r"(?<![\w.}~])/(?:work|root|home/\w+|Users/\w+|farm)" + r"/\w")
REGISTRIES = re.compile(
    "https?://[^ )\"']*(?:" + "py" + r"pi\.|python" + r"hosted|artifact" + r"ory|/simp" + "le)"
    r"|^\s*--?(?:extra-)?index-" + r"url[ =]",
    re.MULTILINE,
)


@pytest.mark.parametrize("name", ["operator/__init__.py", "operator.py"])
def test_nothing_shadows_the_standard_librarys_operator(name: str) -> None:
    assert not (ROOT / name).exists()


def test_no_module_is_long() -> None:
    long = {str(path): len(text_of(path).splitlines()) for path in sources()}
    assert {path: lines for path, lines in long.items() if lines > MODULE_LINES} == {}


def test_no_function_is_long() -> None:
    long = [
        f"{path}:{node.lineno} {node.name}"
        for path in sources()
        for node in ast.walk(ast.parse(text_of(path)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES
    ]
    assert long == []


def test_every_distribution_has_the_same_version() -> None:
    projects = [path for path in tracked_files() if path.name == "pyproject.toml"]
    found = [tomllib.loads(text_of(path)).get("project", {}).get("version") for path in projects]
    versions = {version for version in found if version}
    assert len(versions) == 1
    assert f"## {min(versions)}" in text_of(Path("CHANGELOG.md"))
    chart = text_of(Path("charts/nemo-voice/Chart.yaml"))
    assert set(re.findall(r"^(?:version|appVersion): (.+)$", chart, re.MULTILINE)) == versions


def test_no_file_names_a_path_of_one_machine_or_a_registry() -> None:
    found = [
        f"{path}: {match[0]}"
        for path in tracked_files()
        for pattern in (MACHINE_PATHS, REGISTRIES)
        if (match := pattern.search(text_of(path)))
    ]
    assert found == []


def test_no_binary_is_large_outside_the_models_and_the_benchmarks_picture() -> None:
    large = [
        str(path)
        for path in tracked_files()
        if path.parts[0] != "models"
        and path != Path("benchmarks/results.png")
        and not text_of(path)
        and (ROOT / path).stat().st_size > 50 * 1024
    ]
    assert large == []
