"""Prints, as JSON, how many bytes each part of the file system it runs in holds.

Runs inside an image, fed to its Python by `build.py`: it imports the standard library alone.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

HOME = Path("/opt/nemo-voice")
NOT_OF_THE_IMAGE = {Path("/proc"), Path("/sys"), Path("/dev")}
PACKAGES = {
    "nvidia": "CUDA libraries",
    "torch": "torch",
    "triton": "triton",
    "nemo": "NeMo",
    "nemo_text_processing": "NeMo",
}


def part_of(path: Path) -> str:
    """Returns the name of the part that the file belongs to."""
    if not path.is_relative_to(HOME):
        return "Debian and Python"
    if not path.is_relative_to(HOME / "venv"):
        return path.relative_to(HOME).parts[0]
    parts = path.parts
    package = parts[parts.index("site-packages") + 1] if "site-packages" in parts else ""
    if package.startswith("nemo_voice_"):
        return "this repository's code"
    if path.suffix == ".pyc":
        return "compiled modules of packages"
    return PACKAGES.get(package, "other packages")


def files(root: str) -> Iterator[tuple[Path, int]]:
    """Yields every file of the image below the root with its bytes; a linked file comes once."""
    seen: set[tuple[int, int]] = set()
    for folder, below, names in os.walk(root):
        below[:] = [name for name in below if Path(folder, name) not in NOT_OF_THE_IMAGE]
        for path in (Path(folder, name) for name in names):
            status = path.lstat()
            if (status.st_dev, status.st_ino) not in seen:
                seen.add((status.st_dev, status.st_ino))
                yield path, status.st_size


def main() -> None:
    """Writes the sizes of the parts to standard output."""
    parts: Counter[str] = Counter()
    for path, size in files("/"):
        parts[part_of(path)] += size
    json.dump(parts, sys.stdout)


main()
