"""The schedule of requests that arrive by themselves."""

from itertools import pairwise
from statistics import mean

import pytest

from benchmarks.race.arrivals import poisson_arrivals


def test_arrivals_are_the_same_on_every_run_and_others_for_another_seed() -> None:
    assert poisson_arrivals(20.0, 10.0) == poisson_arrivals(20.0, 10.0)
    assert poisson_arrivals(20.0, 10.0) != poisson_arrivals(20.0, 10.0, seed=1)


def test_arrivals_are_in_order_and_within_the_time() -> None:
    times = poisson_arrivals(50.0, 4.0)
    assert times == sorted(times)
    assert times[0] > 0
    assert times[-1] <= 4.0


def test_a_higher_rate_has_the_same_arrivals_closer_together() -> None:
    slow, fast = poisson_arrivals(10.0, 10.0), poisson_arrivals(20.0, 5.0)
    assert fast == pytest.approx([time / 2 for time in slow])


def test_intervals_have_the_mean_and_the_spread_of_a_poisson_process() -> None:
    times = [0.0, *poisson_arrivals(100.0, 200.0)]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    average = mean(gaps)
    assert average == pytest.approx(0.01, rel=0.03)
    deviation = mean((gap - average) ** 2 for gap in gaps) ** 0.5
    assert deviation == pytest.approx(average, rel=0.05)
