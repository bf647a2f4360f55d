"""What rounds come to: percentiles, medians, ratios and goals."""

import pytest

from benchmarks.measures import (
    Goal,
    Response,
    Round,
    growth,
    overhead,
    percentile,
    promptness,
    row,
    speed_ratio,
)


def response(latency_s: float, *, error: str | None = None) -> Response:
    return Response(latency_s, 0.0 if error else 2.0, None, error)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert percentile(values, 50) == 50
    assert percentile(values, 99) == 99
    assert percentile([7.0], 99) == 7


def test_failed_requests_count_as_errors_and_nothing_else() -> None:
    made = Round.of_responses(4.0, [response(1.0), response(9.0, error="503"), response(2.0)])
    assert made == Round(4.0, 2, 4.0, errors=1, latencies_s=(1.0, 2.0))


def test_throughput_is_the_median_rounds_and_percentiles_are_over_all_requests() -> None:
    quick, usual, slow = (
        Round(seconds, 10, 30.0, latencies_s=(seconds,) * 10) for seconds in (1.0, 2.0, 10.0)
    )
    made = row("service", 8, [slow, quick, usual])
    assert (made.items_per_s, made.audio_per_s) == (5.0, 15.0)
    assert made.latency_ms == (2000.0, 10_000.0, 10_000.0)
    assert (made.rounds, made.items, made.first_audio_ms) == (3, 30, None)


def test_a_ratio_is_taken_between_rounds_of_one_pair() -> None:
    ours = [Round(2.0, 10, 0.0), Round(20.0, 10, 0.0), Round(2.0, 10, 0.0)]
    theirs = [Round(4.0, 10, 0.0), Round(50.0, 10, 0.0), Round(6.0, 10, 0.0)]
    goal = speed_ratio("ratio", ours, theirs, at_least=2.5)
    assert goal.spread == (2.0, 2.5, 3.0)
    assert (goal.measured, goal.is_met) == (2.5, True)


def test_a_failed_request_makes_a_system_no_quicker() -> None:
    ours = [Round.of_responses(1.0, [response(0.1)] + [response(0.1, error="429")] * 9)]
    theirs = [Round(1.0, 10, 20.0)]
    assert speed_ratio("ratio", ours, theirs, at_least=0.9).measured == pytest.approx(0.1)


def test_there_is_no_ratio_to_a_system_that_fails_every_request() -> None:
    ours, theirs = [Round(1.0, 10, 20.0)], [Round(1.0, 0, 0.0, errors=10)]
    assert speed_ratio("ratio", ours, theirs, at_least=1.5).measured is None


def test_a_goal_is_met_at_its_limit_and_missed_beyond_it() -> None:
    assert Goal("floor", 3.0, 3.0, is_floor=True).is_met
    assert not Goal("floor", 2.99, 3.0, is_floor=True).is_met
    assert Goal("ceiling", 5.0, 5.0, is_floor=False).is_met
    assert not Goal("ceiling", 5.01, 5.0, is_floor=False).is_met
    assert not Goal("nothing", None, 5.0, is_floor=False).is_met


def test_overhead_is_the_median_of_the_differences_input_by_input() -> None:
    goal = overhead("overhead", [0.104, 0.030, 0.506], [0.100, 0.020, 0.500], at_most_ms=5.0)
    assert goal.measured == pytest.approx(6.0)
    assert not goal.is_met


def test_overhead_is_not_measured_when_a_request_failed() -> None:
    assert overhead("overhead", [0.1], [0.1, 0.2], at_most_ms=5.0).measured is None
    assert promptness("first", [], [0.1], at_most=1.2).measured is None


def test_promptness_is_the_median_of_the_ratios() -> None:
    goal = promptness("first", [0.11, 0.24, 0.36], [0.10, 0.20, 0.20], at_most=1.2)
    assert goal.measured == pytest.approx(1.2)


def test_growth_is_in_per_cent_of_what_was_held_before() -> None:
    assert growth("memory", 200.0, 201.0, at_most_percent=1.0).measured == pytest.approx(0.5)
    assert not growth("memory", 200.0, 203.0, at_most_percent=1.0).is_met
