"""How versions are compared: Python's by PEP 440, Go's by semantic versioning."""

import re
from typing import Any

from packaging.version import InvalidVersion, Version

PYPI, GO = "PyPI", "Go"
_SEMANTIC = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+.*)?")
_OLDEST = "0"
"""How an advisory writes that every version from the first one on is affected."""


class UnreadableVersionError(Exception):
    """A version is not of its ecosystem's form."""


def order(ecosystem: str, version: str) -> Any:
    """Returns what sorts versions of an ecosystem; the lowest for `0`.

    Raises:
        UnreadableVersionError: It is not of that form.
    """
    return _python(version) if ecosystem == PYPI else _semantic(version)


def _python(version: str) -> Version:
    try:
        # The first of all versions: a development release of nothing.
        return Version("0.dev0" if version == _OLDEST else version)
    except InvalidVersion as error:
        raise UnreadableVersionError(version) from error


def _semantic(version: str) -> tuple[Any, ...]:
    if version == _OLDEST:
        return (-1,)
    found = _SEMANTIC.fullmatch(version)
    if found is None:
        raise UnreadableVersionError(version)
    numbers = tuple(int(part or 0) for part in found.groups()[:3])
    before = found[4]
    # A version before a release is older than it; numbers in its name are older than words.
    parts = [
        (0, int(one), "") if one.isdigit() else (1, 0, one) for one in (before or "").split(".")
    ]
    return (*numbers, 0 if before else 1, parts if before else [])
