"""Replicas over whole stretches of simulated load: quick up, slow down, never thrashing.

The offered loads in `series/` are drawn by hand and the pods are simulated; nothing here was
recorded from running services.
"""

from itertools import pairwise
from pathlib import Path

import pytest

from nemo_voice_operator.scaling.policy import ScalingPolicy
from nemo_voice_operator.scaling.reasons import ScalingReason
from support.operator.simulated_service import (
    INTERVAL_S,
    Conditions,
    Moment,
    offered_load,
    simulated_run,
)

SERIES = Path(__file__).parent / "series"
IN_FLIGHT = ScalingPolicy(min=1, max=12, target_in_flight=6)
BOTH = ScalingPolicy(min=1, max=12, target_in_flight=6, target_queue_s=2)
SEEDS = (1,)


def run(
    name: str,
    seed: int,
    *,
    policy: ScalingPolicy = IN_FLIGHT,
    conditions: Conditions | None = None,
    replicas: int = 1,
) -> list[Moment]:
    corners = offered_load(SERIES / f"{name}.txt")
    return simulated_run(policy, corners, conditions or Conditions(), seed=seed, replicas=replicas)


def changes(moments: list[Moment], from_s: float = 0) -> list[tuple[float, int]]:
    """Returns when replicas changed, and by how many."""
    return [
        (m.time_s, m.decision.replicas - m.decision.previous)
        for m in moments
        if m.decision.is_change and m.time_s >= from_s
    ]


def turns_down(moments: list[Moment]) -> int:
    steps = changes(moments)
    return sum(earlier[1] > 0 > later[1] for earlier, later in pairwise(steps))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("policy", [IN_FLIGHT, BOTH])
def test_flash_crowd_scales_up_at_once_and_down_slowly(policy: ScalingPolicy, seed: int) -> None:
    moments = run("flash-crowd", seed, policy=policy)
    crowd = changes(moments, from_s=600)
    first_s, grown = crowd[0]
    assert first_s <= 605 + policy.up_window_s + INTERVAL_S
    assert grown >= 5
    # The crowd needs six pods of four requests a second: there are never fewer from the second
    # decision on, nor for nearly a down window after it has left.
    served = [m for m in moments if first_s + INTERVAL_S <= m.time_s <= 1500]
    assert min(m.decision.replicas for m in served) >= 6
    assert moments[-1].decision.replicas <= 2
    assert turns_down(moments) <= 2
    assert len(changes(moments)) <= 12


@pytest.mark.parametrize("seed", SEEDS)
def test_morning_load_is_followed_without_thrashing(seed: int) -> None:
    moments = run("morning", seed)
    assert turns_down(moments) <= 1
    assert len(changes(moments)) <= 14
    # After the noon the load is held: no request waits behind more than a pod works on at once.
    busy = [m for m in moments if m.time_s > 1500]
    assert max(m.decision.in_flight / max(1, m.ready) for m in busy) <= 12
    assert max(m.decision.replicas for m in moments) >= 5
    assert moments[-1].decision.replicas <= 3


@pytest.mark.parametrize("seed", SEEDS)
def test_bursts_every_two_minutes_do_not_change_replicas(seed: int) -> None:
    moments = run("bursts", seed)
    assert max(change for _, change in changes(moments)) >= 5
    assert len(changes(moments, from_s=480)) <= 2
    assert moments[-1].decision.replicas >= 3


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("silence", [0.0, 0.05])
def test_random_arrivals_and_lost_readings_do_not_change_replicas(
    silence: float, seed: int
) -> None:
    moments = run("plateau", seed, conditions=Conditions(silence=silence), replicas=4)
    assert len(changes(moments)) <= 2
    assert 3 <= moments[-1].decision.replicas <= 6


@pytest.mark.parametrize("seed", SEEDS)
def test_lack_of_gpus_is_reported_without_flapping(seed: int) -> None:
    moments = run("flash-crowd", seed, conditions=Conditions(gpus=3))
    starved = [m for m in moments if m.decision.reason is ScalingReason.NOT_ENOUGH_GPUS]
    assert max(m.ready for m in moments) == 3
    first, last = starved[0], starved[-1]
    between = [m for m in moments if first.time_s <= m.time_s <= last.time_s]
    assert between == starved
    assert not changes(between)
    assert len(starved) * INTERVAL_S >= 600
    assert min(m.decision.wanted for m in starved) >= 6
    assert moments[-1].decision.replicas <= 3
