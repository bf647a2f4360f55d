"""Facts about a VoiceService in Kubernetes' standard shape, with times that change when they do."""

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
    """What is true now, before it is known since when."""

    type: str
    holds: bool | None
    """None: unknown."""
    reason: str
    message: str = ""

    @property
    def status(self) -> Literal["True", "False", "Unknown"]:
        """Kubernetes' word for it."""
        if self.holds is None:
            return "Unknown"
        return "True" if self.holds else "False"


def with_times(
    facts: Iterable[UndatedCondition], before: Sequence[Condition], generation: int, now: str
) -> tuple[Condition, ...]:
    """Returns the facts as conditions; one whose status is as before keeps its time.

    Args:
        facts: What is true now.
        before: The conditions so far.
        generation: Of the spec that the facts speak of.
        now: The time, in RFC 3339.
    """
    known = {condition.type: condition for condition in before}
    return tuple(
        _condition(find_condition, known.get(find_condition.type), generation, now)
        for find_condition in facts
    )


def _condition(
    find_condition: UndatedCondition, before: Condition | None, generation: int, now: str
) -> Condition:
    same = before is not None and before.status == find_condition.status
    return Condition(
        type=find_condition.type,
        status=find_condition.status,
        # Others' words: a refusal of the API server may quote a whole pod.
        reason=find_condition.reason[:MAX_REASON_CHARS],
        message=find_condition.message[:MAX_MESSAGE_CHARS],
        last_transition_time=before.last_transition_time if same and before else now,
        observed_generation=generation,
    )


def find_condition(conditions: Iterable[Condition], kind: str) -> Condition | None:
    """Returns the condition of a type."""
    return next((one for one in conditions if one.type == kind), None)
