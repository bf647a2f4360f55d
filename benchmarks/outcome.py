"""What a part of the benchmark is given, and what it returns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.measures import Goal

Progress = Callable[[str], None]
"""Prints how far the run is."""


@dataclass(frozen=True)
class Setting:
    """How a part is to be measured."""

    is_quick: bool
    """Whether it should only be seen to work: a few seconds, whatever the figures are worth."""
    logs: Path
    """The folder for the logs of what the part starts."""
    progress: Progress


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one part found."""

    goals: tuple[Goal, ...] = ()
    """Lines of the page's first table. A goal that could not be measured has no figure."""
    sections: tuple[str, ...] = ()
    """Markdown blocks, which the page sets apart by blank lines; the first is a `## ` title."""
    figures: Mapping[str, Any] = field(default_factory=dict)
    """Whatever else is worth keeping in `results.json`: plain values of JSON."""
