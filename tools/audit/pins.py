"""What this repository pins: Python packages in requirements/, programs' Go modules in hack/go."""

import re
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

from tools.audit.advisories import Pin
from tools.audit.versions import GO, PYPI

ROOT = Path(__file__).resolve().parents[2]
_REQUIRED = re.compile(r"^require (\S+) v(\S+)$", re.MULTILINE)


def python_files(root: Path = ROOT) -> list[Path]:
    """Returns the files that pin Python packages with their digests."""
    listed = [*(root / "requirements").glob("*.txt"), *(root / "tests").rglob("requirements.txt")]
    return sorted(path for path in listed if "--hash" in path.read_text(encoding="utf-8"))


def python_pins(root: Path = ROOT) -> Iterator[Pin]:
    """Yields every pinned Python package, whatever the platform that it is for."""
    for path in python_files(root):
        text = path.read_text(encoding="utf-8").replace("\\\n", " ")
        for line in text.splitlines():
            if line[:1].isalnum():
                wanted = Requirement(line.split(" --hash")[0])
                (exactly,) = wanted.specifier
                yield Pin(PYPI, wanted.name, exactly.version, str(path.relative_to(root)))


def go_pins(root: Path = ROOT) -> Iterator[Pin]:
    """Yields the module of every program that tests build, not what it requires itself.

    What a program links of the modules that it requires only its own maintainers can judge.
    """
    for path in sorted((root / "hack" / "go").glob("*/go.mod")):
        for name, version in _REQUIRED.findall(path.read_text(encoding="utf-8")):
            yield Pin(GO, name, version, str(path.relative_to(root)))
