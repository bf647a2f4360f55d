"""The number of replicas for a load: the decision, tested as tables."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from nemo_voice_operator.scaling.policy import (
    Decision,
    Observation,
    ScalingPolicy,
    ScalingState,
    scaling_decision,
)
from nemo_voice_operator.scaling.reasons import ScalingReason
from nemo_voice_operator.state.pod_reports import PodLoad

PAGE = Path(__file__).parents[4] / "docs" / "scaling.md"

AT_ONCE = ScalingPolicy(min=1, max=10, target_in_flight=8, up_window_s=0, down_window_s=0)
"""Without windows, so that one reading shows what the load asks for."""


def pods(*in_flight: float, queue_s: float = 0.0) -> tuple[PodLoad, ...]:
    return tuple(PodLoad(count, queue_s) for count in in_flight)


def decided(policy: ScalingPolicy, observation: Observation) -> Decision:
    return scaling_decision(policy, observation, ScalingState())[0]


def decisions(policy: ScalingPolicy, *observations: Observation) -> list[Decision]:
    state, made = ScalingState(), []
    for observation in observations:
        decision, state = scaling_decision(policy, observation, state)
        made.append(decision)
    return made


@pytest.mark.parametrize(
    ("replicas", "in_flight", "expected"),
    [
        (2, (8, 8), 2),
        (2, (8, 9), 2),  # 6 % over: tolerated
        (2, (9, 9), 3),  # 12 % over
        (1, (26,), 4),
        (4, (7, 8, 7, 8), 4),
        (4, (6, 6, 6, 6), 3),
        (4, (6, 6, 6, 7), 4),  # three could not hold it
        (4, (0, 0, 0, 0), 1),
        (10, (80,) * 10, 10),
    ],
)
def test_there_are_as_many_replicas_as_hold_the_load(
    replicas: int, in_flight: tuple[float, ...], expected: int
) -> None:
    assert decided(AT_ONCE, Observation(0, replicas, pods(*in_flight))).replicas == expected


@pytest.mark.parametrize(
    ("queue_s", "in_flight", "expected"),
    [(0.5, 4, 1), (3.0, 4, 3), (0.5, 12, 3), (3.0, 20, 5)],
)
def test_higher_of_two_targets_counts(queue_s: float, in_flight: float, expected: int) -> None:
    policy = ScalingPolicy(
        min=1, max=9, target_in_flight=8, target_queue_s=2, up_window_s=0, down_window_s=0
    )
    loads = pods(in_flight, in_flight, queue_s=queue_s)
    assert decided(policy, Observation(0, 2, loads)).replicas == expected


def test_queued_seconds_alone_are_a_target() -> None:
    policy = ScalingPolicy(min=1, max=9, target_queue_s=2, up_window_s=0)
    assert decided(policy, Observation(0, 2, pods(100, 100, queue_s=5))).replicas == 5


@pytest.mark.parametrize(
    ("sessions", "in_flight", "expected"),
    [((20, 20), 0, 2), ((20, 30), 0, 3), ((5, 5), 0, 1), ((20, 20), 30, 4), ((0, 0), 0, 1)],
)
def test_live_sessions_count_whether_anything_is_in_flight_or_not(
    sessions: tuple[float, ...], in_flight: float, expected: int
) -> None:
    policy = ScalingPolicy(
        min=1, max=9, target_in_flight=8, target_sessions=20, up_window_s=0, down_window_s=0
    )
    loads = tuple(PodLoad(in_flight / 2, 0, count) for count in sessions)
    assert decided(policy, Observation(0, 2, loads)).replicas == expected


def test_the_sentence_names_the_sessions_of_a_target_alone() -> None:
    policy = ScalingPolicy(min=1, max=9, target_sessions=20, up_window_s=0)
    made = decided(policy, Observation(0, 2, (PodLoad(3, 1, 30), PodLoad(3, 1, 20))))
    assert made.sessions == 50
    assert made.message == (
        "The load asked for more for 0 s, now 50 live (target 20 each): "
        "3 replicas instead of 2 replicas."
    )
    other = decided(AT_ONCE, Observation(0, 1, (PodLoad(3, 1, 30),)))
    assert "live" not in other.message


def test_a_pod_whose_sessions_are_unknown_counts_as_full_for_shrinking() -> None:
    policy = ScalingPolicy(min=1, max=9, target_sessions=20, up_window_s=0, down_window_s=0)
    made = decided(policy, Observation(0, 2, (PodLoad(0, 0, 15),)))
    assert (made.replicas, made.reason) == (2, ScalingReason.PODS_MISSING)


def test_load_that_fills_replicas_exactly_adds_none() -> None:
    # 0.1 + 0.2 is a little more than 0.3 in floating point.
    policy = ScalingPolicy(min=1, max=9, target_queue_s=0.1, up_window_s=0)
    loads = (PodLoad(1, 0.1), PodLoad(1, 0.2))
    assert decided(policy, Observation(0, 2, loads)).replicas == 3


def test_a_missing_pod_counts_as_idle_when_growing() -> None:
    assert decided(AT_ONCE, Observation(0, 3, pods(12, 12))).replicas == 3
    assert decided(AT_ONCE, Observation(0, 3, pods(20, 20))).replicas == 5


def test_a_missing_pod_counts_as_full_when_shrinking() -> None:
    decision = decided(AT_ONCE, Observation(0, 3, pods(7, 7)))
    assert (decision.replicas, decision.reason) == (3, ScalingReason.PODS_MISSING)
    assert decided(AT_ONCE, Observation(0, 3, pods(2, 2))).replicas == 2
    assert decided(AT_ONCE, Observation(0, 3, pods(2, 2, 0))).replicas == 1


def test_nothing_changes_while_no_pod_gives_its_load() -> None:
    decision = decided(AT_ONCE, Observation(0, 3))
    assert (decision.replicas, decision.reason) == (3, ScalingReason.LOAD_UNKNOWN)


def test_rise_counts_after_the_up_window() -> None:
    policy = ScalingPolicy(min=1, max=10, target_in_flight=8, up_window_s=15)
    seen = [Observation(0, 1, pods(4)), *(Observation(t, 1, pods(40)) for t in (5, 10, 15, 20))]
    made = decisions(policy, *seen)
    assert [decision.replicas for decision in made] == [1, 1, 1, 1, 5]
    assert made[1].reason == ScalingReason.RISE_TOO_RECENT
    assert made[4].reason == ScalingReason.LOAD_ROSE


def test_one_high_reading_changes_nothing() -> None:
    policy = ScalingPolicy(min=1, max=10, target_in_flight=8, up_window_s=15)
    readings = [(0, 4), (5, 4), (10, 80), (15, 4), (20, 4), (25, 4), (30, 4)]
    made = decisions(policy, *(Observation(t, 1, pods(count)) for t, count in readings))
    assert {decision.replicas for decision in made} == {1}


def test_rise_adds_the_lowest_count_of_the_up_window() -> None:
    policy = ScalingPolicy(min=1, max=10, target_in_flight=8, up_window_s=15)
    readings = [(0, 4), (5, 40), (10, 24), (15, 72), (20, 56)]
    made = decisions(policy, *(Observation(t, 1, pods(count)) for t, count in readings))
    assert made[-1].replicas == 3


def test_fall_counts_after_the_down_window() -> None:
    policy = ScalingPolicy(min=1, max=10, target_in_flight=8, down_window_s=60)
    readings = [(0, 8.0), (20, 4.0), (40, 6.0), (60, 2.0), (80, 2.0), (100, 2.0), (120, 2.0)]
    made = decisions(policy, *(Observation(t, 4, pods(*[n] * 4)) for t, n in readings))
    assert [decision.replicas for decision in made] == [4, 4, 4, 4, 3, 3, 1]
    assert [decision.reason for decision in made[3:5]] == [
        ScalingReason.FALL_TOO_RECENT,
        ScalingReason.LOAD_FELL,
    ]


def test_after_a_restart_nothing_shrinks_before_the_down_window_has_passed() -> None:
    policy = ScalingPolicy(min=1, max=10, target_in_flight=8, down_window_s=300)
    seen = [Observation(t, 6, pods(*[0] * 6)) for t in range(1000, 1310, 5)]
    made = decisions(policy, *seen)
    first_fall_s = next(
        o.time_s for o, d in zip(seen, made, strict=True) if d.reason is ScalingReason.LOAD_FELL
    )
    assert first_fall_s == 1300


def test_a_gap_between_readings_never_shortens_a_window() -> None:
    policy = ScalingPolicy(min=1, max=10, target_in_flight=8, up_window_s=15, down_window_s=300)
    made = decisions(
        policy,
        Observation(0, 4, pods(8, 8, 8, 8)),
        Observation(290, 4, pods(0, 0, 0, 0)),
        Observation(301, 4, pods(0, 0, 0, 0)),
        Observation(2000, 4, pods(30, 30, 30, 30)),
        Observation(2005, 4, pods(30, 30, 30, 30)),
    )
    assert [decision.replicas for decision in made] == [4, 4, 4, 4, 4]


def test_missing_reading_of_an_overloaded_pod_keeps_its_rise() -> None:
    policy = ScalingPolicy(min=1, max=10, target_in_flight=8, up_window_s=15)
    made = decisions(
        policy,
        Observation(0, 1, pods(4)),
        Observation(5, 1, pods(40)),
        Observation(10, 1),
        Observation(15, 1),
        Observation(20, 1, pods(40)),
    )
    assert [decision.replicas for decision in made] == [1, 1, 1, 1, 5]


def test_clock_that_steps_back_shortens_no_window() -> None:
    policy = ScalingPolicy(min=1, max=10, target_in_flight=8, down_window_s=100)
    made = decisions(policy, *(Observation(t, 4, pods(0)) for t in (1000, 5, 10, 1000, 1099)))
    assert {decision.replicas for decision in made} == {4}


@pytest.mark.parametrize(("replicas", "expected"), [(0, 2), (1, 2), (9, 5)])
def test_counts_outside_the_limits_are_corrected_at_once(replicas: int, expected: int) -> None:
    policy = ScalingPolicy(min=2, max=5, target_in_flight=8)
    decision = decided(policy, Observation(0, replicas, pods(*[8] * replicas)))
    assert (decision.replicas, decision.reason) == (expected, ScalingReason.OUTSIDE_LIMITS)


def test_reason_names_the_limit_that_holds_the_replicas() -> None:
    policy = ScalingPolicy(min=2, max=3, target_in_flight=8, up_window_s=0, down_window_s=0)
    most = decided(policy, Observation(0, 3, pods(20, 20, 20)))
    assert (most.replicas, most.reason) == (3, ScalingReason.AT_MAXIMUM)
    fewest = decided(policy, Observation(0, 2, pods(0, 0)))
    assert (fewest.replicas, fewest.reason) == (2, ScalingReason.AT_MINIMUM)


def test_replicas_do_not_grow_while_a_pod_finds_no_gpu() -> None:
    decision = decided(AT_ONCE, Observation(0, 3, pods(30, 30), unschedulable=1, gpu_starved=1))
    assert (decision.replicas, decision.wanted) == (3, 8)
    assert decision.reason is ScalingReason.NOT_ENOUGH_GPUS
    assert "1 of 3 replicas" in decision.message
    assert "asks for 8" in decision.message


def test_replicas_grow_again_once_the_pod_has_its_gpu() -> None:
    policy = ScalingPolicy(min=1, max=10, target_in_flight=8, up_window_s=15)
    full = pods(30, 30)
    waiting = [Observation(t, 3, full, 1, 1) for t in range(0, 30, 5)]
    made = decisions(policy, *waiting, Observation(30, 3, (*full, PodLoad(0, 0))))
    assert [decision.replicas for decision in made] == [3, 3, 3, 3, 3, 3, 8]


def test_wanted_replicas_are_steady_while_gpus_are_short() -> None:
    policy = ScalingPolicy(min=1, max=10, target_in_flight=8, up_window_s=15)
    counts = [40, 40, 40, 40, 40, 20, 40, 30, 20, 40]
    seen = [Observation(t * 5, 3, pods(n, n), 1, 1) for t, n in enumerate(counts)]
    wanted = [decision.wanted for decision in decisions(policy, *seen)]
    assert wanted == sorted(wanted)
    assert wanted[-1] == 10


def test_unschedulable_pod_is_removed_when_the_load_falls() -> None:
    made = decided(AT_ONCE, Observation(0, 3, pods(4, 2), unschedulable=1, gpu_starved=1))
    assert (made.replicas, made.reason) == (1, ScalingReason.LOAD_FELL)


def test_unschedulable_pod_without_lack_of_gpus_has_its_own_reason() -> None:
    decision = decided(AT_ONCE, Observation(0, 2, pods(30), unschedulable=1))
    assert decision.reason is ScalingReason.UNSCHEDULABLE


def test_terminating_pod_does_not_count_as_missing() -> None:
    # During a rollout there may be more pods than replicas.
    assert Observation(0, 2, pods(1, 1, 1)).missing == 0


def test_the_message_carries_the_numbers() -> None:
    policy = ScalingPolicy(min=1, max=9, target_in_flight=8, target_queue_s=2)
    decision = decided(policy, Observation(0, 2, pods(13, 13, queue_s=1.55)))
    assert decision.message == (
        "26 in flight (target 8 each), 3.1 s queued (target 2 s each) ask for 4; "
        "kept at 2 replicas until that has held for 15 s."
    )
    assert (decision.in_flight, decision.queue_s) == (26, 3.1)
    assert not decision.is_change


@pytest.mark.parametrize(
    "wrong",
    [
        {"min": 0},
        {"min": 5},
        {"target_in_flight": None},
        {"target_in_flight": 0},
        {"target_queue_s": -1.0},
        {"target_sessions": 0},
        {"up_window_s": -1},
        {"tolerance": -0.1},
    ],
)
def test_invalid_policy_is_refused(wrong: dict[str, float | None]) -> None:
    with pytest.raises(ValueError, match=r"Scaling needs|not negative"):
        ScalingPolicy(**{"min": 1, "max": 4, "target_in_flight": 8, **wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), 1e12])
def test_a_load_that_no_pod_can_have_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="No pod has"):
        PodLoad(value, 0)
    with pytest.raises(ValueError, match="No pod has"):
        PodLoad(0, value)
    with pytest.raises(ValueError, match="No pod has"):
        PodLoad(0, 0, value)


def test_every_reason_is_documented_and_no_other() -> None:
    rows = re.findall(r"^\| `([A-Z]\w+)` \|", PAGE.read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(reason.value for reason in ScalingReason)


def test_documented_example_is_what_happens() -> None:
    rows = re.findall(
        r"^\| (\d+) s \| (\d+) \| (\d+) \| ([\d.]+) s \| (\d+) \| `(\w+)` \|$",
        PAGE.read_text(),
        re.MULTILINE,
    )
    policy = ScalingPolicy(min=1, max=4, target_in_flight=8, target_queue_s=2)
    state = ScalingState()
    for time_s, replicas, in_flight, queue_s, expected, reason in rows:
        share = int(replicas)
        load = PodLoad(int(in_flight) / share, float(queue_s) / share)
        seen = Observation(float(time_s), share, (load,) * share)
        decision, state = scaling_decision(policy, seen, state)
        assert (decision.replicas, decision.reason) == (int(expected), reason), time_s
    assert len(rows) >= 8
    assert all(earlier[4] == later[1] for earlier, later in pairwise(rows))
