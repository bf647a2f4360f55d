"""Dates conditions: the transition time of a condition changes only with its status."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from nemo_voice_operator.api.status import (
    MAX_MESSAGE_CHARS,
    MAX_REASON_CHARS,
    Condition,
)


@dataclass(frozen=True, slots=True)
class UndatedCondition:
    """A condition as it is now, before it is known since when."""

    type: str
    holds: bool | None
    """None: unknown."""
    reason: str
    message: str = ""

    @property
    def status(self) -> Literal["True", "False", "Unknown"]:
        """The status as Kubernetes spells it."""
        if self.holds is None:
            return "Unknown"
        return "True" if self.holds else "False"


def with_times(
    undated: Iterable[UndatedCondition], before: Sequence[Condition], generation: int, now: str
) -> tuple[Condition, ...]:
    """Returns the conditions with their times; one whose status is as before keeps its time.

    Args:
        undated: The conditions as they are now.
        before: The conditions so far.
        generation: Of the spec that the conditions are about.
        now: The time, in RFC 3339.
    """
    known = {condition.type: condition for condition in before}
    return tuple(_dated(one, known.get(one.type), generation, now) for one in undated)


def _dated(
    undated: UndatedCondition, before: Condition | None, generation: int, now: str
) -> Condition:
    same = before is not None and before.status == undated.status
    return Condition(
        type=undated.type,
        status=undated.status,
        # A refusal of the API server may quote a whole pod.
        reason=undated.reason[:MAX_REASON_CHARS],
        message=undated.message[:MAX_MESSAGE_CHARS],
        last_transition_time=before.last_transition_time if same and before else now,
        observed_generation=generation,
    )


def find_condition(conditions: Iterable[Condition], kind: str) -> Condition | None:
    """Returns the condition of a type."""
    return next((one for one in conditions if one.type == kind), None)
