"""Advisories that are accepted for a time, each with its reason: `accepted.toml` beside this."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tools.audit.advisories import Finding

FILE = Path(__file__).with_name("accepted.toml")
LONGEST_DAYS = 183
"""How long an advisory may be accepted before somebody has to look at it again."""


@dataclass(frozen=True)
class Accepted:
    """Advisories about one package that are accepted."""

    package: str
    ids: tuple[str, ...]
    """Any of an advisory's names."""
    until: date
    reason: str

    def covers(self, finding: Finding) -> bool:
        """Returns whether this accepts the finding."""
        return finding.pin.name == self.package and not finding.names.isdisjoint(self.ids)


def read(path: Path = FILE) -> list[Accepted]:
    """Returns what the file accepts.

    Raises:
        KeyError: An entry lacks a field.
    """
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["accepted"]
    return [
        Accepted(one["package"], tuple(one["ids"]), one["until"], one["reason"]) for one in entries
    ]


def complaints(found: Iterable[Finding], accepted: Iterable[Accepted], today: date) -> list[str]:
    """Returns a line for each finding that is not accepted, and for each entry that is wrong.

    Args:
        found: The advisories that touch a pin.
        accepted: What is accepted.
        today: The date by which an entry has expired or lasts too long.
    """
    listed, entries = list(found), list(accepted)
    lines = [
        _line(one)
        for one in listed
        if not any(entry.covers(one) and today <= entry.until for entry in entries)
    ]
    for entry in entries:
        lines += _faults(entry, listed, today)
    return lines


def _faults(entry: Accepted, found: list[Finding], today: date) -> list[str]:
    touching = [one.names for one in found if entry.covers(one)]
    stale = [one for one in entry.ids if not any(one in names for names in touching)]
    lines = [f"{one} of {entry.package} touches nothing: remove it" for one in stale]
    if today > entry.until:
        lines.append(f"{entry.package}: accepted until {entry.until}, which has passed")
    if (entry.until - today).days > LONGEST_DAYS:
        lines.append(f"{entry.package}: accepted until {entry.until}, longer than half a year")
    return lines


def _line(one: Finding) -> str:
    fixed = f"fixed in {', '.join(one.fixed)}" if one.fixed else "no fixed version"
    where = f"{one.pin.name} {one.pin.version} ({one.pin.file})"
    return f"{where}: {one.identity}, {one.summary}; {fixed}"
