"""Where the project's version stands, read and written in all places at once.

`libs/serving/pyproject.toml` is its home; every other place repeats it for a reader that cannot
look there: pip, Helm, a kubelet, a person. Called by `check.py`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = Path("libs/serving/pyproject.toml")
VERSION = re.compile(r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?")
_NUMBER = rf"(?P<version>{VERSION.pattern})"
_PROJECT = rf'^version = "{_NUMBER}"$'
_IMAGE = rf"nemo-voice-(?:operator|tts|stt|\$part):{_NUMBER}(?![\w.-])"
PLACES = (
    ("libs/*/pyproject.toml", _PROJECT),
    ("services/*/pyproject.toml", _PROJECT),
    ("operator/pyproject.toml", _PROJECT),
    ("charts/nemo-voice/Chart.yaml", rf"^(?:version|appVersion): {_NUMBER}$"),
    ("manifests/samples/*.yaml", _IMAGE),
    ("docs/**/*.md", _IMAGE),
    ("docs/upgrading.md", rf"\{{tag: {_NUMBER}\}}"),
)
"""Files, and how the version stands in them. What `make generate` writes follows by itself."""
_GENERATED = re.compile(r"<!-- generated: .*?<!-- /generated -->", re.DOTALL)


@dataclass(frozen=True)
class Place:
    """One version in one file."""

    path: Path
    """Relative to the root."""
    line: int
    version: str


def project_version(root: Path = ROOT) -> str:
    """Returns the version as its home says it.

    Raises:
        ValueError: The home has none.
    """
    found = re.search(_PROJECT, (root / HOME).read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise ValueError(f"{HOME} has no version")
    return found["version"]


def places(root: Path = ROOT) -> Iterator[Place]:
    """Yields every place where a version is written by hand."""
    for glob, pattern in PLACES:
        for path in sorted(root.glob(glob)):
            text = _by_hand(path.read_text(encoding="utf-8"))
            for found in re.finditer(pattern, text, re.MULTILINE):
                line = text.count("\n", 0, found.start()) + 1
                yield Place(path.relative_to(root), line, found["version"])


def write_version(version: str, root: Path = ROOT) -> list[Path]:
    """Writes the version in every place; returns the files that changed, relative to the root."""
    changed: dict[Path, None] = {}
    for glob, pattern in PLACES:
        for path in sorted(root.glob(glob)):
            before = path.read_text(encoding="utf-8")
            after = _rewritten(before, pattern, version)
            if after != before:
                path.write_text(after, encoding="utf-8")
                changed[path.relative_to(root)] = None
    return list(changed)


def _rewritten(text: str, pattern: str, version: str) -> str:
    def replaced(found: re.Match[str]) -> str:
        start, end = (place - found.start() for place in found.span("version"))
        return found[0][:start] + version + found[0][end:]

    return re.sub(pattern, replaced, text, flags=re.MULTILINE)


def _by_hand(text: str) -> str:
    """Returns the text with its generated parts emptied, each still as many lines long."""
    return _GENERATED.sub(lambda part: "\n" * part[0].count("\n"), text)
