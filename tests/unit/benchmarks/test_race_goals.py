"""What the rounds of a race come to: who is the best peer, and what may be asked of the service."""

import pytest

from benchmarks.measures import Response, Round
from benchmarks.race.agreement import agreement, text_of
from benchmarks.race.contest import Found
from benchmarks.race.goals import against_peers, best_peer, limit_of, open_rows, race_goals
from benchmarks.race.systems import BENTOML, FIRST_DESIGN, LITSERVE, NEMO, RAW, RAY_SERVE, SERVICE
from benchmarks.race.tables import open_table


def at(items_per_s: float, *, firsts_s: tuple[float, ...] = (), latency_s: float = 0.1) -> Round:
    return Round(100 / items_per_s, 100, 400.0, latencies_s=(latency_s,) * 100, firsts_s=firsts_s)


def test_the_best_peer_has_the_highest_median_throughput() -> None:
    rounds = {
        (LITSERVE, 8): [at(20), at(90), at(21)],
        (RAY_SERVE, 8): [at(22), at(23), at(5)],
        (SERVICE, 8): [at(80)] * 3,
        (RAW, 8): [at(99)] * 3,
    }
    assert best_peer(rounds, 8) == RAY_SERVE
    assert best_peer({(BENTOML, 8): [Round(1.0, 0, 0.0, errors=9)]}, 8) is None


def test_the_service_is_to_be_half_as_fast_again_as_the_best_peer() -> None:
    rounds = {
        (LITSERVE, 32): [at(20), at(20)],
        (SERVICE, 32): [at(30), at(34)],
        (RAW, 32): [at(40), at(40)],
    }
    goal = against_peers("STT", rounds, 32)
    assert (goal.name, goal.limit) == ("STT: 32 clients against the best peer (LitServe)", 1.5)
    assert goal.measured == pytest.approx(1.6)
    assert goal.is_met
    assert goal.why == ""


def test_where_the_model_leaves_less_room_the_raw_loop_is_the_limit() -> None:
    rounds = {
        (FIRST_DESIGN, 1): [at(10)],
        (SERVICE, 1): [at(11.5)],
        (RAW, 1): [at(11)],
        (NEMO, 1): [at(12)],
    }
    goal = against_peers("STT", rounds, 1)
    assert goal.limit == pytest.approx(1.14)
    assert goal.is_met
    assert "the raw loop is 1.20x of first design" in goal.why


def test_more_clients_than_a_loop_was_run_for_have_the_loop_of_the_most() -> None:
    rounds = {(RAW, 1): [at(10)], (RAW, 32): [at(40)], (NEMO, 32): [at(35)]}
    assert limit_of(rounds, 128) == pytest.approx(40)
    assert limit_of(rounds, 8) == pytest.approx(10)


def test_there_is_a_goal_for_every_number_of_clients_and_for_first_audio() -> None:
    found = Found()
    for clients in (1, 32, 128):
        found.rounds[SERVICE, clients] = [at(30, firsts_s=(0.1,) * 100)]
        found.rounds[LITSERVE, clients] = [at(20, firsts_s=(0.2,) * 100)]
        found.rounds[BENTOML, clients] = [at(10, firsts_s=(0.9,) * 100)]
    found.rounds[RAW, 1] = found.rounds[RAW, 32] = [at(60)]
    found.alone_s, found.first_s = [0.098] * 100, [0.1] * 100
    goals = {goal.name: goal for goal in race_goals("TTS", found)}
    assert [name for name in goals if "best peer" in name] == [
        "TTS: 1 client against the best peer (LitServe)",
        "TTS: 32 clients against the best peer (LitServe)",
        "TTS: 128 clients against the best peer (LitServe)",
    ]
    assert goals["TTS: 32 clients against the raw model"].measured == pytest.approx(0.5)
    overhead = goals["TTS: overhead over the model's time, one client, median"]
    assert overhead.measured == pytest.approx(2.0)
    assert overhead.limit == 3.0
    first = goals["TTS: first audio, 128 clients, over LitServe's"]
    assert first.measured == pytest.approx(0.5)
    assert first.is_met


def test_what_comes_after_the_deadline_or_not_at_all_is_no_goodput() -> None:
    found = Found(capacity_hz=10.0)
    found.open_rounds[SERVICE, 0.8] = Round(
        11.0, 70, 1.0, errors=10, refused=4, latencies_s=(0.5,) * 40 + (2.5,) * 30
    )
    (row,) = open_rows(found, seconds=10.0, deadline_s=2.0, first=False)
    assert (row.arrived, row.in_time, row.in_time_hz) == (80, 0.5, 4.0)
    assert (row.rate_hz, row.refused, row.errors) == (8.0, 4, 10)
    line = open_table([row], "within 2 s").splitlines()[2]
    assert line == "| 80% | 8.00 | service | 50% | 4.00 | 500 | 2500 | 2500 | 80 | 4 | 10 |"


def test_goodput_of_speech_counts_first_audio() -> None:
    found = Found(capacity_hz=1.0)
    found.open_rounds[SERVICE, 1.0] = Round(
        11.0, 4, 1.0, latencies_s=(9.0,) * 4, firsts_s=(0.5, 0.5, 0.5, 1.5)
    )
    (row,) = open_rows(found, seconds=10.0, deadline_s=1.0, first=True)
    assert row.in_time == 0.75
    assert row.first_audio_ms == (500.0, 1500.0, 1500.0)


def heard(text: bytes) -> Response:
    return Response(0.1, 2.0, None, None, content=text)


def test_a_peer_that_hears_something_else_is_told() -> None:
    ours = [heard(b'{"text": "good morning", "words": []}'), heard(b'{"text": "no"}')]
    theirs = [heard(b'["good morning"]'), heard(b'{"text": "yes"}')]
    (line,) = agreement({SERVICE: ours, BENTOML: theirs})
    assert line == "BentoML hears the service's text in 1 of 2 clips."


def test_a_peer_that_speaks_less_is_told() -> None:
    ours = [Response(0.1, 4.0, 0.1, None)] * 2
    theirs = [Response(0.1, 4.0, 0.1, None), Response(0.1, 0.0, None, "503")]
    (line,) = agreement({SERVICE: ours, LITSERVE: theirs})
    assert line == "LitServe speaks 0.50 times as long as the service, same texts; 1 failed."


def test_no_text_is_found_in_what_is_no_json() -> None:
    assert text_of(b"<html>") is None
    assert text_of(b"[]") is None
    assert text_of(b'"  plain "') == "plain"
