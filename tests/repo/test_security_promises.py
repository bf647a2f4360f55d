"""Each promise of SECURITY.md is kept by tests that exist, and no attack is tried in silence."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from support.docs.repository import text_of, tracked_files

PAGE = Path("SECURITY.md")
LINK = re.compile(r"\[`(test_\w+)`\]\((tests/[\w/]+\.py)\)")
ROW = re.compile(r"^\| (?P<promise>[^|]+) \| (?P<tests>[^|]+) \|$", re.MULTILINE)
PROMISES = [row for row in ROW.finditer(text_of(PAGE)) if row["promise"] != "promise"]
ATTACKS = Path("tests/security")


@cache
def functions_of(path: str) -> frozenset[str]:
    """The names of the test functions of a file."""
    nodes = ast.walk(ast.parse(text_of(Path(path))))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(one.name for one in nodes if isinstance(one, functions))


@pytest.mark.parametrize("row", PROMISES, ids=lambda row: row["promise"][:40])
def test_a_promise_is_kept_by_tests_that_exist(row: re.Match[str]) -> None:
    linked = LINK.findall(row["tests"])
    assert linked
    assert ", ".join(f"[`{name}`]({path})" for name, path in linked) == row["tests"]
    assert [name for name, path in linked if name not in functions_of(path)] == []


def test_every_section_makes_promises() -> None:
    sections = text_of(PAGE).split("\n## ")[1:]
    assert [one.partition("\n")[0] for one in sections if not LINK.search(one)] == []
    assert len(PROMISES) > 20


def test_every_file_of_attacks_is_behind_a_promise() -> None:
    promised = {path for _, path in LINK.findall(text_of(PAGE))}
    tried = {str(path) for path in tracked_files() if path.is_relative_to(ATTACKS)}
    assert {one for one in tried if Path(one).name.startswith("test_")} - promised == set()
