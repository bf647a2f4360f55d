"""The batch that is formed from a queue: a pure decision, tested as tables and as properties."""

import numpy as np
import pytest

from nemo_voice_serving.batching.grouping import Cost
from nemo_voice_serving.batching.scheduler import (
    AT_ONCE,
    Limits,
    Run,
    Waiting,
    WaitUntil,
    next_batch,
)


def queue(*lengths: float, arrived_s: float = 0.0, urgency: int = 0) -> list[Waiting]:
    return [
        Waiting(length, arrived_s + place * 0.001, urgency) for place, length in enumerate(lengths)
    ]


def test_an_empty_queue_has_no_batch() -> None:
    assert next_batch([], Limits(), 0.0) is None


def test_a_full_batch_runs_at_once() -> None:
    decision = next_batch(queue(1, 1, 1), Limits(max_items=2, max_wait_s=9), 0.01)
    assert decision == Run((0, 1))


def test_an_incomplete_batch_waits_from_its_oldest_arrival() -> None:
    decision = next_batch(queue(1, 1, arrived_s=5.0), Limits(max_items=8, max_wait_s=0.5), 5.2)
    assert decision == WaitUntil(5.5)


def test_an_incomplete_batch_runs_once_its_oldest_has_waited_long_enough() -> None:
    decision = next_batch(queue(1, 1), Limits(max_items=8, max_wait_s=0.5), 0.5)
    assert decision == Run((0, 1))


def test_a_batch_that_no_item_can_join_runs_at_once() -> None:
    limits = Limits(max_items=8, max_wait_s=0.5)
    decision = next_batch(queue(1, 1, arrived_s=5.0), limits, 5.2, more_may_come=False)
    assert decision == Run((0, 1))


def test_padding_is_counted_as_work() -> None:
    # Three items of 1, 1 and 10 padded together cost 30, not 12.
    decision = next_batch(queue(1, 1, 10), Limits(max_padded=20), 1.0)
    assert decision == Run((0, 1))


def test_one_item_larger_than_the_budget_runs_alone() -> None:
    assert next_batch(queue(50, 1), Limits(max_padded=20), 1.0) == Run((0,))


def test_a_batch_keeps_to_one_length_bucket() -> None:
    decision = next_batch(queue(1, 30, 2, 29), Limits(bucket_edges=(5.0,)), 1.0)
    assert decision == Run((0, 2))


def test_where_its_cost_is_known_a_batch_takes_what_costs_least_of_any_bucket() -> None:
    limits = Limits(bucket_edges=(5.0,), groups_by_cost=True)
    waiting = queue(4.9, 30, 5.1, 1)
    assert next_batch(waiting, limits, 1.0, cost=Cost(2.0, 1.0)) == Run((0, 2))
    assert next_batch(waiting, limits, 1.0, cost=Cost(999.0, 1.0)) == Run((3, 0, 2, 1))
    assert next_batch(waiting, limits, 1.0) == Run((0, 3))


def test_buckets_that_are_strict_stay_so_whatever_a_batch_costs() -> None:
    limits = Limits(bucket_edges=(5.0,))
    assert next_batch(queue(4.9, 5.1), limits, 1.0, cost=Cost(999.0, 1.0)) == Run((0,))


def test_a_batch_of_known_cost_is_led_by_the_most_urgent_and_waits_unless_it_is_full() -> None:
    limits = Limits(max_items=2, max_wait_s=9, groups_by_cost=True)
    live, cost = Waiting(3.0, 0.5, urgency=0), Cost(1.0, 1.0)
    files = queue(9, 9, 3.1, urgency=1)
    assert next_batch([*files, live], limits, 1.0, cost=cost) == Run((3, 2))
    assert next_batch([live], limits, 1.0, cost=cost) == WaitUntil(9.5)
    tight = Limits(max_items=9, max_padded=5, max_wait_s=9, groups_by_cost=True)
    assert next_batch([live], tight, 1.0, cost=cost) == Run((0,))


def test_the_urgent_go_first_and_the_patient_grow_urgent() -> None:
    later = Waiting(1.0, arrived_s=0.0, urgency=1)
    first = Waiting(1.0, arrived_s=1.0, urgency=0)
    limits = Limits(max_items=1, ageing_s=2.0)
    assert next_batch([later, first], limits, 1.5) == Run((1,))
    assert next_batch([later, first], limits, 2.5) == Run((0,))


@pytest.mark.parametrize("seed", range(50))
def test_no_batch_ever_exceeds_its_limits_or_leaves_out_its_leader(seed: int) -> None:
    random = np.random.default_rng(seed)
    count = int(random.integers(1, 40))
    waiting = [
        Waiting(
            float(random.uniform(0.1, 30)), float(random.uniform(0, 3)), int(random.integers(0, 2))
        )
        for _ in range(count)
    ]
    limits = Limits(
        max_items=int(random.integers(1, 12)),
        max_padded=float(random.uniform(5, 200)),
        max_wait_s=float(random.choice([0.0, 0.2])),
        bucket_edges=tuple(sorted(random.uniform(1, 30, 3).tolist())),
    )
    decision = next_batch(waiting, limits, 3.0)
    if isinstance(decision, WaitUntil):
        assert decision.time_s > 3.0
        return
    assert isinstance(decision, Run)
    lengths = [waiting[place].length for place in decision.places]
    assert 1 <= len(lengths) <= limits.max_items
    assert len(set(decision.places)) == len(decision.places)
    assert len(lengths) == 1 or max(lengths) * len(lengths) <= limits.max_padded
    edges = np.searchsorted(limits.bucket_edges, lengths)
    assert len(set(edges.tolist())) == 1


def test_what_is_to_run_at_once_leads_whatever_waits_and_however_long() -> None:
    waiting = [*queue(9.0, 9.0, urgency=0), Waiting(1.0, arrived_s=99.0, urgency=AT_ONCE)]
    limits = Limits(max_items=1, ageing_s=1.0)
    assert next_batch(waiting, limits, now_s=100.0) == Run((2,))
