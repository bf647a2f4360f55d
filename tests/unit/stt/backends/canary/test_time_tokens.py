"""Words and times out of what a model wrote: as it was taught to, and as it sometimes does."""

from typing import Any

import pytest

from nemo_voice_stt.backends.canary.time_tokens import Span, spans_of, words_of

TIMES = 1000
"""Numbers from here on are frames; the others are letters."""


def spans(*written: int | str) -> list[Span]:
    """Returns the spans of times (whole numbers) and text, with frames of a tenth of a second."""
    numbers: list[int] = []
    for one in written:
        numbers += [TIMES + one] if isinstance(one, int) else [ord(letter) for letter in one]
    return spans_of(
        numbers,
        lambda number: number - TIMES if number >= TIMES else None,
        lambda numbers: "".join(map(chr, numbers)),
        0.1,
    )


def timed(found: list[Span], duration_s: float = 10.0) -> list[tuple[str, Any, Any]]:
    return [
        (word.text, pytest.approx(word.start_s), pytest.approx(word.end_s))
        for word in words_of(found, duration_s)
    ]


def test_each_word_has_the_times_around_it() -> None:
    assert timed(spans(1, " Good", 3, 4, " morning,", 9)) == [
        ("Good", 0.1, 0.3),
        ("morning,", 0.4, 0.9),
    ]


def test_word_without_a_start_begins_where_the_last_one_ended() -> None:
    assert timed(spans(1, " a", 3, " b", 6)) == [("a", 0.1, 0.3), ("b", 0.3, 0.6)]


def test_text_before_any_time_begins_with_the_audio() -> None:
    assert timed(spans(" a", 4, 5, " b", 6)) == [("a", 0.0, 0.4), ("b", 0.5, 0.6)]


def test_last_word_without_an_end_lasts_to_the_end_of_the_audio() -> None:
    assert timed(spans(1, " a", 3, 5, " b"), 2.0) == [("a", 0.1, 0.3), ("b", 0.5, 2.0)]


def test_word_without_an_end_lasts_to_the_next_time() -> None:
    found = [Span("a", 0.1, None), Span("b", None, None), Span("c", 0.7, 0.9)]
    assert timed(found) == [("a", 0.1, 0.7), ("b", 0.7, 0.7), ("c", 0.7, 0.9)]


def test_several_words_between_two_times_share_them_by_their_letters() -> None:
    assert timed(spans(0, " so be it", 6)) == [
        ("so", 0.0, 0.2),
        ("be", 0.2, 0.4),
        ("it", 0.4, 0.6),
    ]


def test_text_without_any_time_is_spread_over_the_audio() -> None:
    assert timed(spans(" ab cd"), 4.0) == [("ab", 0.0, 2.0), ("cd", 2.0, 4.0)]


def test_times_never_run_backwards_nor_leave_the_audio() -> None:
    assert timed(spans(8, " a", 5, 2, " b", 30, 31, " c", 40), 2.0) == [
        ("a", 0.8, 0.8),
        ("b", 0.8, 2.0),
        ("c", 2.0, 2.0),
    ]


@pytest.mark.parametrize("written", [(), (1,), (1, 2, 3), (1, " ", 2), ("", 5)])
def test_times_without_text_are_no_words(written: tuple[int | str, ...]) -> None:
    assert timed(spans(*written)) == []
