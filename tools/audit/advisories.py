"""Advisories in OSV's format, and which of them touch a pinned version.

The format is that of https://ossf.github.io/osv-schema, whose evaluation this follows.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from tools.audit.versions import PYPI, order

Advisory = Mapping[str, Any]
_RANGES = {"ECOSYSTEM", "SEMVER"}
"""Ranges by version; those by commit say nothing of a version."""


@dataclass(frozen=True, order=True)
class Pin:
    """A package at one version, and the file that pins it there."""

    ecosystem: str
    name: str
    version: str
    file: str


@dataclass(frozen=True, order=True)
class Finding:
    """An advisory that touches a pin."""

    pin: Pin
    identity: str
    names: frozenset[str]
    """Its other names, such as that of the CVE, and its own."""
    summary: str
    fixed: tuple[str, ...]
    """The versions that are free of it, by the advisory."""


def read_all(folder: Path) -> Iterator[Advisory]:
    """Yields the advisories of a folder of OSV files, without those that were withdrawn."""
    for path in sorted(folder.rglob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        if "affected" in record and "withdrawn" not in record:
            yield record


def findings(pins: Iterable[Pin], advisories: Iterable[Advisory]) -> list[Finding]:
    """Returns every advisory that touches a pin, in the order of the pins."""
    by_package: dict[tuple[str, str], list[Pin]] = {}
    for pin in pins:
        by_package.setdefault((pin.ecosystem, _name(pin.ecosystem, pin.name)), []).append(pin)
    found = set()
    for advisory in advisories:
        for part in advisory["affected"]:
            package = part.get("package", {})
            ecosystem, name = package.get("ecosystem", ""), package.get("name", "")
            for pin in by_package.get((ecosystem, _name(ecosystem, name)), ()):
                if is_affected(part, ecosystem, pin.version):
                    found.add(_finding(pin, advisory, part))
    return sorted(found, key=lambda one: (one.pin, one.identity))


def is_affected(part: Mapping[str, Any], ecosystem: str, version: str) -> bool:
    """Returns whether an advisory's part about a package touches this version of it."""
    if version in part.get("versions", ()):
        return True
    return any(
        _is_in(one["events"], ecosystem, version)
        for one in part.get("ranges", ())
        if one["type"] in _RANGES
    )


def _is_in(events: Iterable[Mapping[str, str]], ecosystem: str, version: str) -> bool:
    """Goes through the events by version: each begins or ends what is affected."""
    ours, is_in = order(ecosystem, version), False
    listed = [(order(ecosystem, at), kind) for event in events for kind, at in event.items()]
    for at, kind in sorted(listed, key=lambda one: one[0]):
        if kind == "introduced" and at <= ours:
            is_in = True
        elif (kind == "fixed" and at <= ours) or (kind == "last_affected" and at < ours):
            is_in = False
    return is_in


def _finding(pin: Pin, advisory: Advisory, part: Mapping[str, Any]) -> Finding:
    events = [event for one in part.get("ranges", ()) for event in one["events"]]
    fixed = tuple(event["fixed"] for event in events if "fixed" in event)
    text = advisory.get("summary") or advisory.get("details", "").partition("\n")[0]
    names = frozenset({advisory["id"], *advisory.get("aliases", ())})
    return Finding(pin, advisory["id"], names, " ".join(text.split()), fixed)


def _name(ecosystem: str, name: str) -> str:
    return canonicalize_name(name) if ecosystem == PYPI else name
