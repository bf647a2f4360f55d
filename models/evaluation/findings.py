"""What a measurement gives: figures with goals, and the sentences with most errors.

Made by `recognition.py` and `voicing.py`, printed by `report.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.measures import Hearing, pooled


@dataclass(frozen=True)
class Figure:
    """One measured number with its goal."""

    title: str
    """What was measured, as the row of the table says it."""
    value: float
    unit: str
    """Printed after the value."""
    count: str
    """Over how much it was measured."""
    goal: float | None = None
    """The value must not be above it; None for a figure without a goal."""
    note: str = ""

    @property
    def is_reached(self) -> bool | None:
        """Whether the goal is met, None without a goal."""
        return None if self.goal is None else self.value <= self.goal


@dataclass(frozen=True)
class Findings:
    """The figures of one measurement and the sentences with most errors."""

    figures: tuple[Figure, ...]
    worst: tuple[Hearing, ...] = ()


def error_rate(
    title: str, hearings: Sequence[Hearing], goal_percent: float | None, note: str = ""
) -> Figure:
    """Returns the word error rate of hearings in percent, with what homophones make of it."""
    errors = pooled(hearing.errors for hearing in hearings)
    folded = pooled(hearing.errors_with_homophones for hearing in hearings)
    homophones = f"{100 * folded.rate:.2f} % with homophones as one word"
    return Figure(
        title=title,
        value=100 * errors.rate,
        unit="%",
        count=f"{len(hearings)} clips, {errors.words} words",
        goal=goal_percent,
        note="; ".join(filter(None, (homophones, note))),
    )
