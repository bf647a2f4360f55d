"""What a watch prints becomes lines of a timeline."""

import pytest

from benchmarks.chaos.results import Said
from support.chaos.timeline import Timeline, facts_of, objects_in, ready_addresses


def test_whole_objects_are_taken_from_a_stream_and_the_rest_waits() -> None:
    found, rest = objects_in('{"a": 1}\n{\n  "b": [2]\n}\n{"c": ')
    assert found == [{"a": 1}, {"b": [2]}]
    found, rest = objects_in(rest + "3}\n")
    assert (found, rest) == ([{"c": 3}], "")


def test_a_status_is_a_line_for_its_phase_and_each_condition() -> None:
    ready = {"type": "Ready", "status": "False", "reason": "PodCrashed", "message": "killed\nby 9"}
    plain = {"type": "Degraded", "status": "False", "reason": "AsExpected"}
    facts = facts_of({"status": {"phase": "Degraded", "conditions": [ready, plain]}})
    assert facts == {
        "phase": "Degraded",
        "Ready": "False PodCrashed: killed by 9",
        "Degraded": "False AsExpected",
    }
    assert facts_of({}) == {"phase": "none"}


@pytest.mark.parametrize(
    ("endpoints", "ready"),
    [
        ([{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}], {"10.0.0.1"}),
        ([{"addresses": ["10.0.0.1"], "conditions": {"ready": False}}], set()),
        ([{"addresses": ["10.0.0.1"]}], {"10.0.0.1"}),
        (None, set()),
    ],
)
def test_only_ready_endpoints_count(endpoints: list[object] | None, ready: set[str]) -> None:
    assert ready_addresses([{"endpoints": endpoints}, {}]) == ready


def test_a_timeline_begins_at_the_fault_and_knows_when_an_address_was_lost() -> None:
    both, one = frozenset({"10.0.0.1", "10.0.0.2"}), frozenset({"10.0.0.2"})
    timeline = Timeline(
        seen=[(5.0, "phase Ready"), (12.34, "phase Degraded")],
        addresses=[(5.0, both), (13.0, one), (20.0, both)],
    )
    assert timeline.since(10.0) == (Said(2.3, "phase Degraded"),)
    assert timeline.lost_s("10.0.0.1", 10.0) == 13.0
    assert timeline.lost_s("10.0.0.1", 14.0) is None
    assert timeline.lost_s("10.0.0.2", 10.0) is None
