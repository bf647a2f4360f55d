"""Checks that the changelog has the form of Keep a Changelog and a section of the version.

Called by `check.py`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from packaging.version import Version

KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
UNRELEASED = "Unreleased"
_SECTION = re.compile(r"^## (?P<title>.+)$", re.MULTILINE)
_TITLE = re.compile(r"\[?(?P<name>Unreleased|\d+\.\d+\.\d+[\w.-]*?)\]?(?: - (?P<day>\S+))?")
_KIND = re.compile(r"^### (?P<kind>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Section:
    """What the changelog says of one version."""

    name: str
    """The version, or `Unreleased`."""
    day: str | None
    kinds: tuple[str, ...]
    is_empty: bool
    """Whether it lists no change."""
    empty_kinds: tuple[str, ...]


def sections_of(text: str) -> list[Section]:
    """Returns the sections in their order.

    Raises:
        ValueError: A heading is of another form.
    """
    _, *parts = _SECTION.split(text)
    return [_section(title, body) for title, body in zip(parts[::2], parts[1::2], strict=True)]


def findings(text: str, version: str, *, is_release: bool) -> Iterator[str]:
    """Yields what is wrong with the changelog of this version."""
    try:
        sections = sections_of(text)
    except ValueError as error:
        yield str(error)
        return
    yield from _order_findings(sections)
    for section in sections:
        yield from _section_findings(section, version)
    known = {section.name: section for section in sections}
    if version not in known:
        yield f"there is no section of {version}"
    if is_release:
        yield from _release_findings(known, version)


def _section(title: str, body: str) -> Section:
    heading = _TITLE.fullmatch(title.strip())
    if heading is None:
        raise ValueError(f"'## {title}' is neither [Unreleased] nor '[X.Y.Z] - YYYY-MM-DD'")
    lead, *parts = _KIND.split(body)
    bodies = dict(zip(parts[::2], parts[1::2], strict=True))
    return Section(
        name=heading["name"],
        day=heading["day"],
        kinds=tuple(parts[::2]),
        is_empty=not any(text.strip() for text in (lead, *bodies.values())),
        empty_kinds=tuple(kind for kind, text in bodies.items() if not text.strip()),
    )


def _order_findings(sections: list[Section]) -> Iterator[str]:
    names = [section.name for section in sections]
    if names[:1] != [UNRELEASED] or names.count(UNRELEASED) != 1:
        yield "the first section must be [Unreleased], and the only one of that name"
    versions = [Version(name) for name in names if name != UNRELEASED]
    if versions != sorted(set(versions), reverse=True):
        yield "versions must be there once each, the newest first"
    days = [section.day for section in sections if section.day]
    if days != sorted(days, reverse=True):
        yield "the days of the versions must not go up"


def _section_findings(section: Section, version: str) -> Iterator[str]:
    for kind in section.kinds:
        if kind not in KINDS:
            yield f"{section.name}: '### {kind}' is not one of {', '.join(KINDS)}"
    if len(set(section.kinds)) != len(section.kinds):
        yield f"{section.name}: a heading is there twice"
    for kind in section.empty_kinds:
        yield f"{section.name}: nothing is below '### {kind}'"
    if section.day is not None and not _is_day(section.day):
        yield f"{section.name}: {section.day!r} is not a day like 2026-01-31"
    # The version that is being made has no day yet.
    if section.day is None and section.name not in {UNRELEASED, version}:
        yield f"{section.name}: the day of its release is missing"


def _release_findings(known: dict[str, Section], version: str) -> Iterator[str]:
    if version in known and known[version].day is None:
        yield f"{version}: the day of its release is missing"
    if version in known and known[version].is_empty:
        yield f"{version}: it lists no change"
    if UNRELEASED in known and not known[UNRELEASED].is_empty:
        yield f"what is below [Unreleased] belongs below [{version}]"


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
