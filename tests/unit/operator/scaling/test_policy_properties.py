"""What holds for every load: properties of the number of replicas."""

from dataclasses import dataclass, replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from nemo_voice_operator.scaling.policy import (
    Observation,
    ScalingPolicy,
    ScalingState,
    scaling_decision,
)
from nemo_voice_operator.state.pod_reports import PodLoad

INTERVAL_S = 5

settings.register_profile(
    "operator", deadline=None, database=None, derandomize=True, max_examples=10
)
settings.load_profile("operator")


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading and what followed."""

    time_s: float
    before: int
    replicas: int


def followed(
    policy: ScalingPolicy, totals: list[float], *, replicas: int, lost: frozenset[int] = frozenset()
) -> list[Reading]:
    """Returns what happens when totals are spread evenly and every decision is carried out."""
    state, readings = ScalingState(), []
    for place, total in enumerate(totals):
        responding = 0 if place in lost else replicas
        loads = (PodLoad(total / replicas, 0),) * responding
        seen = Observation(place * INTERVAL_S, replicas, loads)
        decision, state = scaling_decision(policy, seen, state)
        readings.append(Reading(seen.time_s, replicas, decision.replicas))
        replicas = decision.replicas
    return readings


@st.composite
def policies(draw: st.DrawFn) -> ScalingPolicy:
    fewest = draw(st.integers(1, 4))
    return ScalingPolicy(
        min=fewest,
        max=draw(st.integers(fewest, 20)),
        target_in_flight=draw(st.sampled_from([0.5, 1, 6, 8, 30])),
        up_window_s=draw(st.sampled_from([0, 5, 15, 30])),
        down_window_s=draw(st.sampled_from([0, 30, 60, 120])),
        tolerance=draw(st.sampled_from([0, 0.1, 0.5])),
    )


def jumps(most: float = 300) -> st.SearchStrategy[list[float]]:
    """Loads that hold for a while, then jump."""
    stretch = st.tuples(st.floats(0, most), st.integers(1, 20))
    return st.lists(stretch, min_size=1, max_size=6).map(
        lambda stretches: [total for total, times in stretches for _ in range(times)]
    )


observations = st.builds(
    Observation,
    st.floats(0, 1e6),
    st.integers(0, 50),
    st.lists(st.builds(PodLoad, st.floats(0, 1e8), st.floats(0, 1e8)), max_size=5).map(tuple),
    st.integers(0, 5),
    st.integers(0, 5),
)


@given(policies(), st.lists(observations, max_size=20))
def test_replicas_are_always_within_the_limits(
    policy: ScalingPolicy, seen: list[Observation]
) -> None:
    state = ScalingState()
    for observation in seen:
        decision, state = scaling_decision(policy, observation, state)
        assert policy.min <= decision.replicas <= policy.max
        assert policy.min <= decision.wanted <= policy.max
        assert decision.message


@given(policies(), jumps(), st.integers(1, 20))
def test_windows_are_those_of_a_full_history(
    policy: ScalingPolicy, totals: list[float], replicas: int
) -> None:
    at_once = replace(policy, up_window_s=0, down_window_s=0)
    first = policy.clamped(replicas)
    history = [(first, 0.0)]
    for reading, total in zip(followed(policy, totals, replicas=first), totals, strict=True):
        loads = (PodLoad(total, 0), *[PodLoad(0, 0)] * (reading.before - 1))
        seen = Observation(reading.time_s, reading.before, loads)
        asked = scaling_decision(at_once, seen, ScalingState())[0].replicas
        # A count stands from its reading to the next one.
        history[-1] = (history[-1][0], reading.time_s)
        history.append((asked, reading.time_s))
        up_s, down_s = reading.time_s - policy.up_window_s, reading.time_s - policy.down_window_s
        least = min([n for n, until_s in history if until_s > up_s] + [asked])
        most = max([n for n, until_s in history if until_s > down_s] + [asked])
        assert reading.replicas == min(max(reading.before, least), most)


@given(policies(), st.lists(st.floats(0, 1e6), max_size=60), st.floats(0, 2))
def test_memory_is_bounded_by_the_limits_not_by_time(
    policy: ScalingPolicy, totals: list[float], interval_s: float
) -> None:
    state = ScalingState()
    for place, total in enumerate(totals):
        seen = Observation(place * interval_s, 1, (PodLoad(total, 0),))
        _, state = scaling_decision(policy, seen, state)
        assert max(len(state.highs), len(state.lows)) <= policy.max - policy.min + 1


@given(policies(), st.floats(0, 300), st.integers(1, 20))
def test_constant_load_converges_and_stays(
    policy: ScalingPolicy, total: float, replicas: int
) -> None:
    settle_s = max(policy.up_window_s, policy.down_window_s) + 2 * INTERVAL_S
    readings = followed(policy, [total] * 40, replicas=policy.clamped(replicas))
    final = readings[-1].replicas
    assert {r.replicas for r in readings if r.time_s >= settle_s} == {final}
    target = policy.target_in_flight or 0
    holds = final * target * (1 + policy.tolerance)
    assert holds >= total * (1 - 1e-9) or final == policy.max
    spared = (final - 1) * target
    assert spared <= max(total, total / max(1e-9, 1 - policy.tolerance)) or final == policy.min


@given(policies(), jumps(), st.integers(1, 20))
def test_replicas_never_fall_below_their_peak_within_a_down_window(
    policy: ScalingPolicy, totals: list[float], replicas: int
) -> None:
    readings = followed(policy, totals, replicas=policy.clamped(replicas))
    for place, grown in enumerate(readings):
        if grown.replicas <= grown.before:
            continue
        soon = [r for r in readings[place:] if r.time_s - grown.time_s <= policy.down_window_s]
        assert min(r.replicas for r in soon) >= grown.replicas


@given(st.integers(1, 12), st.lists(st.floats(-0.1, 0.1), min_size=1, max_size=60))
def test_noise_within_the_tolerance_changes_nothing(replicas: int, noise: list[float]) -> None:
    policy = ScalingPolicy(min=1, max=20, target_in_flight=8, up_window_s=0, down_window_s=0)
    totals = [replicas * 8 * (1 + part * 0.999) for part in noise]
    assert {r.replicas for r in followed(policy, totals, replicas=replicas)} == {replicas}


@given(st.floats(8, 100), st.lists(st.floats(-0.4, 0.4), min_size=90, max_size=90), st.data())
def test_noise_beyond_the_tolerance_reverses_at_most_once_in_a_down_window(
    mean: float, noise: list[float], data: st.DataObject
) -> None:
    policy = ScalingPolicy(min=1, max=40, target_in_flight=8, down_window_s=150)
    totals = [mean * (1 + part) for part in noise]
    start = data.draw(st.integers(1, 40))
    steps = [
        (r.time_s, r.replicas > r.before)
        for r in followed(policy, totals, replicas=start)
        if r.replicas != r.before
    ]
    turns_s = [later[0] for earlier, later in pairwise(steps) if earlier[1] and not later[1]]
    assert all(later - earlier > policy.down_window_s for earlier, later in pairwise(turns_s))


@given(
    st.integers(1, 9), st.integers(1, 10), st.floats(0, 30), st.floats(30, 150), st.integers(1, 20)
)
def test_load_that_returns_within_the_down_window_keeps_the_replicas(
    peak_readings: int, rest_readings: int, rest: float, peak: float, replicas: int
) -> None:
    policy = ScalingPolicy(min=1, max=20, target_in_flight=8, down_window_s=120)
    period = [peak] * peak_readings + [rest] * rest_readings
    readings = followed(policy, (period * 90)[:90], replicas=replicas)
    settled_s = policy.down_window_s + 2 * INTERVAL_S * len(period)
    assert len({r.replicas for r in readings if r.time_s > settled_s}) == 1


@given(policies(), st.floats(0, 4), st.floats(0, 300), st.integers(1, 20))
def test_step_up_scales_within_the_up_window_and_one_interval(
    policy: ScalingPolicy, before: float, after: float, quiet_readings: int
) -> None:
    readings = followed(policy, [before] * quiet_readings + [after] * 12, replicas=policy.min)
    # The step happens just after the last quiet reading.
    step_s = (quiet_readings - 1) * INTERVAL_S
    responded = [r for r in readings if r.time_s >= step_s + policy.up_window_s + INTERVAL_S]
    needed = policy.clamped(int(after / (policy.target_in_flight or 1) / (1 + policy.tolerance)))
    assert min(r.replicas for r in responded) >= needed


@given(
    policies(),
    st.lists(st.floats(0, 60), min_size=1, max_size=12),
    st.floats(0, 1),
    st.integers(0, 11),
)
def test_missing_pod_neither_adds_nor_removes_needed_replicas(
    policy: ScalingPolicy, others: list[float], fullness: float, missing: int
) -> None:
    at_once = ScalingPolicy(
        1, 40, policy.target_in_flight, up_window_s=0, down_window_s=0, tolerance=policy.tolerance
    )
    replicas = len(others) + missing
    read = tuple(PodLoad(count, 0) for count in others)
    unheard = (PodLoad(fullness * (policy.target_in_flight or 0), 0),) * missing

    def decided(given_loads: tuple[PodLoad, ...]) -> int:
        return scaling_decision(at_once, Observation(0, replicas, given_loads), ScalingState())[
            0
        ].replicas

    without, complete = decided(read), decided(read + unheard)
    assert without <= max(replicas, complete)
    assert without >= min(replicas, complete)


@given(jumps(), st.frozensets(st.integers(0, 119)))
def test_replicas_never_shrink_without_readings(totals: list[float], lost: frozenset[int]) -> None:
    policy = ScalingPolicy(min=1, max=20, target_in_flight=8, down_window_s=60)
    for place, reading in enumerate(followed(policy, totals, replicas=4, lost=lost)):
        if place in lost:
            assert reading.replicas >= reading.before


@given(policies(), jumps(), st.integers(1, 20), st.data())
def test_after_a_restart_replicas_shrink_only_after_a_down_window(
    policy: ScalingPolicy, totals: list[float], replicas: int, data: st.DataObject
) -> None:
    before = followed(policy, totals, replicas=policy.clamped(replicas))
    restart = data.draw(st.integers(0, len(totals) - 1))
    start = before[restart].before
    after = followed(policy, totals[restart:], replicas=start)
    assert all(r.replicas >= start for r in after if r.time_s < policy.down_window_s)


@given(policies(), jumps(), st.integers(1, 10))
def test_replicas_do_not_grow_while_a_pod_is_unschedulable(
    policy: ScalingPolicy, totals: list[float], replicas: int
) -> None:
    state, count = ScalingState(), policy.clamped(replicas)
    for place, total in enumerate(totals):
        seen = Observation(place * INTERVAL_S, count, (PodLoad(total, 0),), 1, 1)
        decision, state = scaling_decision(policy, seen, state)
        assert decision.replicas <= count
        assert decision.wanted >= decision.replicas
        count = decision.replicas
