"""The shape of the tree: sizes, no shadowed modules, no paths of one machine."""

import ast
from pathlib import Path

import pytest

from support.docs.repository import ROOT, sources, text_of, tracked_files
from tools.release.check import foreign_findings

OTHERS = {"benchmarks", "charts", "hack", "models", "tools"}
"""Folders with programs beside the distributions."""
MODULE_LINES, FUNCTION_LINES = 300, 50
PROGRAMS = [
    *sources(),
    *(path for path in tracked_files() if path.suffix == ".py" and path.parts[0] in OTHERS),
]


@pytest.mark.parametrize("name", ["operator/__init__.py", "operator.py"])
def test_nothing_shadows_the_standard_librarys_operator(name: str) -> None:
    assert not (ROOT / name).exists()


def test_no_module_is_long() -> None:
    long = {str(path): len(text_of(path).splitlines()) for path in PROGRAMS}
    assert {path: lines for path, lines in long.items() if lines > MODULE_LINES} == {}


def test_no_function_is_long() -> None:
    long = [
        f"{path}:{node.lineno} {node.name}"
        for path in PROGRAMS
        for node in ast.walk(ast.parse(text_of(path)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES
    ]
    assert long == []


def test_no_file_names_a_path_of_one_machine_or_a_registry() -> None:
    assert [*foreign_findings(ROOT)] == []


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
