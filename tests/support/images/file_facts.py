"""Prints, as JSON, the owner, type and mode of what matters in the file system it runs in.

Runs inside an image as root, fed to its Python by the tests: it imports the standard library alone.
"""

import json
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

ELSEWHERE = {Path("/dev"), Path("/proc"), Path("/sys")}
"""File systems of the running container, which are not of the image."""
RUNNER = 10001
"""User and group of the image's process."""


def entries(root: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yields every file and folder of the image with its status; links are not followed."""
    for folder, below, names in os.walk(root):
        below[:] = [name for name in below if Path(folder, name) not in ELSEWHERE]
        for name in (*below, *names):
            path = Path(folder, name)
            yield str(path), path.lstat()


def main() -> None:
    """Writes the paths of each sort to standard output."""
    found: dict[str, list[str]] = {"raised": [], "open": [], "runners": [], "programs": []}
    for path, status in entries("/"):
        if stat.S_ISLNK(status.st_mode):
            continue
        if status.st_mode & (stat.S_ISUID | stat.S_ISGID):
            found["raised"].append(path)
        is_sticky = status.st_mode & stat.S_ISVTX
        if status.st_mode & stat.S_IWOTH and not (stat.S_ISDIR(status.st_mode) and is_sticky):
            found["open"].append(path)
        if RUNNER in {status.st_uid, status.st_gid}:
            found["runners"].append(path)
        if stat.S_ISREG(status.st_mode) and status.st_mode & stat.S_IXUSR:
            found["programs"].append(path)
    json.dump(found, sys.stdout)


main()
