"""Gaps are found by the clock, whatever single packets say."""

import time

import pytest

from nemo_voice_serving.audio.samples import Gap
from nemo_voice_serving.audio.timeline import Stretch, with_gaps

FRAME_S = 0.02


def placed(times: list[float | None], zero_s: float | None = 0.0) -> list[float | str]:
    """Returns the lengths of the gaps, rounded, and a letter for each stretch of sound."""
    stretches = [Stretch(time, FRAME_S, place) for place, time in enumerate(times)]
    found: list[float | str] = []
    for one in with_gaps(stretches, zero_s):
        if isinstance(one, Gap):
            found.append(round(one.duration_s, 3))
        elif found and isinstance(found[-1], str):
            found[-1] += "."
        else:
            found.append(".")
    return found


def frames(count: int, start_s: float = 0.0) -> list[float | None]:
    return [start_s + place * FRAME_S for place in range(count)]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([], []),
        (frames(3), ["..."]),
        (frames(3, 3.0), [3.0, "..."]),
        (frames(3, 0.016), [0.016, "..."]),
        (frames(3, 0.004), ["..."]),
        (frames(3, -0.007), ["..."]),
        (frames(30) + frames(30, 9.0), ["." * 30, 8.4, "." * 30]),
        (frames(5) + frames(3, 2.0), ["." * 5, 1.9, "..."]),
        ([*frames(30), 99.0, *frames(30, 0.62)], ["." * 61]),
        (frames(30) + [None] * 5 + frames(30, 0.7), ["." * 65]),
        ([None, *frames(5, 0.02)], ["." * 6]),
        (frames(30) + frames(30), ["." * 60]),
        (frames(90) + frames(30) + frames(30, 2.0), ["." * 120, 1.4, "." * 30]),
        (frames(30) + frames(30, 0.65), ["." * 60]),  # 50 ms late is within the tolerance
        (frames(30) + frames(5, 2.0) + frames(30, 3.0), ["." * 30, 1.4, "." * 5, 0.9, "." * 30]),
        (frames(30) + frames(30, 36_000.0), ["." * 30, 35_999.4, "." * 30]),
    ],
)
def test_gaps_stand_where_the_clock_has_them(
    times: list[float | None], expected: list[float | str]
) -> None:
    assert placed(times) == expected


def test_small_losses_are_made_up_for_together() -> None:
    found = placed([place * 0.03 for place in range(1000)])  # each third part was lost
    gaps = [one for one in found if isinstance(one, float)]
    assert sum(gaps) == pytest.approx(10, abs=0.2)
    assert min(gaps) >= 0.1


def test_without_a_beginning_the_sound_begins() -> None:
    assert placed(frames(3, 7.0), None) == ["..."]


def test_a_leap_that_is_no_gap_moves_the_clock() -> None:
    times = frames(30) + frames(30, 50.0) + frames(30, 52.0)
    stretches = [Stretch(time, FRAME_S, "") for time in times]
    found = with_gaps(stretches, 0.0, lambda start_s, end_s: end_s - start_s < 49)
    assert [round(one.duration_s, 3) for one in found if isinstance(one, Gap)] == [1.4]


def test_thousands_of_tiny_stretches_take_no_time() -> None:
    stretches = [Stretch(1.5 * place * 1e-5, 1e-5, "") for place in range(100_000)]
    began_s = time.monotonic()
    found = sum(one.duration_s for one in with_gaps(stretches, 0.0) if isinstance(one, Gap))
    assert found == pytest.approx(0.5, abs=0.11)
    assert time.monotonic() - began_s < 10
