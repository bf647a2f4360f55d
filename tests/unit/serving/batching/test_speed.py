"""How much fits a batch at the speed that was measured."""

import numpy as np
import pytest

from nemo_voice_serving.batching.speed import Speed


def test_before_any_batch_nothing_is_limited() -> None:
    assert Speed(30).max_padded() == float("inf")


def test_as_much_fits_as_runs_in_time() -> None:
    speed = Speed(max_run_s=30)
    speed.measured(padded=10, run_s=8)
    assert speed.max_padded() == pytest.approx(37.5)


def test_a_machine_that_slows_down_gets_less_and_one_that_recovers_more() -> None:
    speed = Speed(max_run_s=30)
    speed.measured(10, 1)
    before = speed.max_padded()
    for _ in range(20):
        speed.measured(10, 10)
    assert speed.max_padded() == pytest.approx(30, rel=0.01)
    for _ in range(20):
        speed.measured(10, 1)
    assert speed.max_padded() == pytest.approx(before, rel=0.01)


def test_a_batch_without_length_says_nothing() -> None:
    speed = Speed(30)
    speed.measured(0, 5)
    assert speed.max_padded() == float("inf")


def measured(speed: Speed, batches: int, batch_s: float, unit_s: float, noise: float) -> None:
    random = np.random.default_rng(5)
    for padded in random.uniform(1, 60, batches):
        speed.measured(padded, (batch_s + unit_s * padded) * (1 + noise * random.standard_normal()))


def test_what_a_batch_and_its_padded_length_cost_is_told_apart() -> None:
    speed = Speed()
    measured(speed, 200, batch_s=0.03, unit_s=0.002, noise=0.05)
    cost = speed.cost()
    assert cost is not None
    assert cost.batch_s == pytest.approx(0.03, rel=0.15)
    assert cost.unit_s == pytest.approx(0.002, rel=0.15)


def test_a_cost_that_changes_is_followed() -> None:
    speed = Speed()
    measured(speed, 200, batch_s=0.03, unit_s=0.002, noise=0.0)
    measured(speed, 300, batch_s=0.01, unit_s=0.004, noise=0.0)
    cost = speed.cost()
    assert cost is not None
    assert cost.batch_s == pytest.approx(0.01, rel=0.1)
    assert cost.unit_s == pytest.approx(0.004, rel=0.1)


def test_batches_that_run_in_no_time_hide_nothing() -> None:
    speed = Speed()
    measured(speed, 60, batch_s=0.05, unit_s=0.02, noise=0.0)
    for padded in (30.0, 2.0):
        speed.measured(padded, 0.0002)
    measured(speed, 20, batch_s=0.05, unit_s=0.02, noise=0.0)
    cost = speed.cost()
    assert cost is not None
    assert cost.batch_s + 30 * cost.unit_s == pytest.approx(0.65, rel=0.2)


@pytest.mark.parametrize("slope", [-0.001, 0.0])
def test_where_longer_batches_take_no_longer_their_length_costs_nothing(slope: float) -> None:
    speed = Speed()
    measured(speed, 50, batch_s=0.1, unit_s=slope, noise=0.0)
    cost = speed.cost()
    assert cost is not None
    assert cost.unit_s == pytest.approx(0.0, abs=1e-9)
    assert 0.04 < cost.batch_s <= 0.1 + 1e-9


def test_no_cost_is_below_zero() -> None:
    speed = Speed()
    for padded in (10.0, 20.0) * 10:
        speed.measured(padded, padded**2 / 1000)
    cost = speed.cost()
    assert cost is not None
    assert cost.batch_s == 0
    assert cost.unit_s > 0


def test_a_few_batches_or_equal_ones_tell_no_cost() -> None:
    few, equal = Speed(), Speed()
    measured(few, 9, batch_s=0.03, unit_s=0.002, noise=0.0)
    for _ in range(100):
        equal.measured(10, 1)
    assert few.cost() is None
    assert equal.cost() is None
