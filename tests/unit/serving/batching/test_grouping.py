"""Items are divided into batches so that all of them together take the least time."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemo_voice_serving.batching.grouping import Cost, cheapest_group

lengths_of_a_few = st.lists(
    st.sampled_from([0.5, 1.0, 2.0, 3.5, 8.0, 20.0]), min_size=1, max_size=6
)
costs = st.builds(Cost, st.sampled_from([0.0, 0.5, 3.0, 40.0]), st.sampled_from([0.0, 0.3, 1.0]))


def seconds_of(group: list[float], cost: Cost) -> float:
    return cost.batch_s + cost.unit_s * max(group) * len(group)


def divisions(items: list[float]) -> Iterator[list[list[float]]]:
    """Yields every way to divide the items into groups."""
    if not items:
        yield []
        return
    first, *others = items
    for division in divisions(others):
        yield [[first], *division]
        for place, group in enumerate(division):
            yield [*division[:place], [first, *group], *division[place + 1 :]]


def fits(group: list[float], max_items: int, max_padded: float) -> bool:
    return len(group) == 1 or (len(group) <= max_items and max(group) * len(group) <= max_padded)


@given(
    lengths=lengths_of_a_few,
    cost=costs,
    max_items=st.integers(1, 4),
    max_padded=st.sampled_from([6.0, 16.0, float("inf")]),
    turns=st.lists(st.integers(0, 5), min_size=6, max_size=6),
)
@settings(deadline=None, database=None, derandomize=True)
def test_no_other_division_of_the_items_takes_less_time(
    lengths: list[float], cost: Cost, max_items: int, max_padded: float, turns: list[int]
) -> None:
    left, spent_s = list(lengths), 0.0
    while left:
        leader = turns[len(left) - 1] % len(left)
        places = cheapest_group(left, leader, cost, max_items=max_items, max_padded=max_padded)
        assert leader in places
        group = [left[place] for place in places]
        assert fits(group, max_items, max_padded)
        spent_s += seconds_of(group, cost)
        left = [length for place, length in enumerate(left) if place not in places]
    least_s = min(
        sum(seconds_of(group, cost) for group in division)
        for division in divisions(list(lengths))
        if all(fits(group, max_items, max_padded) for group in division)
    )
    assert spent_s == pytest.approx(least_s)


def test_where_padding_costs_nothing_batches_are_full() -> None:
    lengths = [float(1 + place % 8) for place in range(300)]
    for leader in (0, 7, 150):
        group = cheapest_group(
            lengths, leader, Cost(1.0, 0.0), max_items=16, max_padded=float("inf")
        )
        assert len(group) == 16


def test_where_a_batch_costs_nothing_only_equal_items_share_one() -> None:
    lengths = [1.0, 2.0, 1.0, 3.0]
    group = cheapest_group(lengths, 0, Cost(0.1, 1.0), max_items=16, max_padded=float("inf"))
    assert sorted(group) == [0, 2]


def test_of_equal_items_those_that_came_first_are_taken() -> None:
    group = cheapest_group([1.0] * 9, 0, Cost(1.0, 1.0), max_items=4, max_padded=float("inf"))
    assert 0 in group
    assert group == sorted(group)
