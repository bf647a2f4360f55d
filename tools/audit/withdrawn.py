"""Releases of Python packages that their authors withdrew, as the package index tells uv."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

_YANKED = re.compile(r"warning: `(?P<pin>\S+)` is yanked(?: \(reason: \"(?P<reason>.*)\"\))?")
_UV = str(Path(sys.executable).with_name("uv"))


class IndexUnreachableError(Exception):
    """The package index did not answer; the message is uv's."""


def withdrawn(pins: Path, uv: Sequence[str] = (_UV,)) -> list[str]:
    """Returns a line for each release of a file of pins that was withdrawn, with the reason.

    Pins for a newer Python than this one have its number beside them, in `.python-version`.

    Raises:
        IndexUnreachableError: uv could not resolve the file.
    """
    with tempfile.TemporaryDirectory() as nothing:
        command = [*uv, "pip", "install", "--dry-run", "--no-deps", "--require-hashes"]
        where = ["--target", nothing, "--requirement", str(pins)]
        newer = pins.with_name(".python-version")
        if newer.exists():
            where += ["--python-version", newer.read_text().strip()]
        done = subprocess.run([*command, *where], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise IndexUnreachableError(f"{pins}: {done.stderr.strip()}")
    return lines_of(done.stderr, pins.name)


def lines_of(printed: str, file: str) -> list[str]:
    """Returns a line for each withdrawn release that uv warned of."""
    return [
        f"{one['pin']} ({file}) was withdrawn: {one['reason'] or 'no reason given'}"
        for one in _YANKED.finditer(printed)
    ]
