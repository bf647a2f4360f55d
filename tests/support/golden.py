"""Golden files: reviewed output to compare with; `--update-golden` rewrites them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.docs.repository import ROOT

FOLDER = ROOT / "tests" / "golden"

Golden = Callable[[Sequence[Mapping[str, Any]], str], None]
"""Compares manifests with the file of that name."""
GoldenText = Callable[[str, str], None]
"""Compares a text with the file of that name, which has its suffix."""


def yaml_of(manifests: Sequence[Mapping[str, Any]]) -> str:
    """Returns the manifests as one YAML stream."""
    text: str = yaml.safe_dump_all(manifests, sort_keys=False, width=100)
    return text


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option."""
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write tests/golden anew instead of comparing with it",
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compares manifests with a golden file, or writes it with `--update-golden`."""
    compared = _comparison(request)

    def compare(manifests: Sequence[Mapping[str, Any]], name: str) -> None:
        compared(yaml_of(manifests), f"{name}.yaml")

    return compare


@pytest.fixture
def golden_text(request: pytest.FixtureRequest) -> GoldenText:
    """Compares a text with a golden file, or writes it with `--update-golden`."""
    return _comparison(request)


def _comparison(request: pytest.FixtureRequest) -> GoldenText:
    is_update = bool(request.config.getoption("--update-golden"))

    def compare(text: str, name: str) -> None:
        path = FOLDER / name
        if is_update:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        _assert_same(path, text)

    return compare


def _assert_same(path: Path, text: str) -> None:
    kept = path.read_text() if path.exists() else ""
    assert text.splitlines() == kept.splitlines(), f"pytest --update-golden rewrites {path.name}"
