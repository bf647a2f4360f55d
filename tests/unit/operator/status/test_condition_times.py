"""Conditions: when their time changes, and which texts the API would refuse."""

import pytest

from nemo_voice_operator.api.status import MAX_MESSAGE_CHARS, MAX_REASON_CHARS, Condition
from nemo_voice_operator.status.condition_times import UndatedCondition, find_condition, with_times

BEFORE, NOW = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"


def known(status: str, reason: str = "Serving") -> Condition:
    return Condition.model_validate(
        {"type": "Ready", "status": status, "reason": reason, "last_transition_time": BEFORE}
    )


@pytest.mark.parametrize(
    ("before", "holds", "since"),
    [
        ("True", True, BEFORE),
        ("False", False, BEFORE),
        ("Unknown", None, BEFORE),
        ("False", True, NOW),
        ("True", None, NOW),
        ("Unknown", False, NOW),
    ],
)
def test_the_time_changes_with_the_status_alone(
    before: str, holds: bool | None, since: str
) -> None:
    (made,) = with_times([UndatedCondition("Ready", holds, "Another")], [known(before)], 3, NOW)
    assert (made.last_transition_time, made.reason, made.observed_generation) == (
        since,
        "Another",
        3,
    )


def test_new_condition_has_the_present_time() -> None:
    reported = with_times(
        [UndatedCondition("Degraded", False, "AsExpected")], [known("False")], 1, NOW
    )
    assert [(one.type, one.last_transition_time) for one in reported] == [("Degraded", NOW)]


def test_reason_and_message_are_cut_to_the_limits_of_the_crd() -> None:
    (made,) = with_times([UndatedCondition("Ready", False, "r" * 999, "m" * 9999)], [], 1, NOW)
    assert (len(made.reason), len(made.message)) == (MAX_REASON_CHARS, MAX_MESSAGE_CHARS)


def test_a_condition_is_found_by_its_type() -> None:
    assert find_condition([known("True")], "Ready") == known("True")
    assert find_condition([known("True")], "Degraded") is None
