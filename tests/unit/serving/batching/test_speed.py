"""How much fits a batch at the speed that was measured."""

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
