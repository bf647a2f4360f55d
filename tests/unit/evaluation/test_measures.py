"""The arithmetic of the model card's figures."""

import math

import pytest

from evaluation.measures import (
    Hearing,
    WordErrors,
    closest,
    distance,
    percentile,
    pooled,
    sound_of,
    worst,
)


@pytest.mark.parametrize(
    ("said", "heard", "edits"),
    [
        ("", "", 0),
        ("a b c", "a b c", 0),
        ("a b c", "a c", 1),
        ("a b c", "a x c", 1),
        ("a b c", "a b c d", 1),
        ("a b c d", "", 4),
        ("", "a b", 2),
        ("the cat sat on the mat", "a cat sat the mat now", 3),
        ("a b c d", "b c d a", 2),
    ],
)
def test_distance_is_the_least_number_of_word_edits(said: str, heard: str, edits: int) -> None:
    assert distance(said.split(), heard.split()) == edits
    assert distance(heard.split(), said.split()) == edits


def test_case_and_punctuation_are_no_errors() -> None:
    assert Hearing("Well, it's late!", "well it's late").errors == WordErrors(edits=0, words=3)


def test_a_homophone_is_an_error_unless_sounds_are_compared() -> None:
    hearing = Hearing("Let us buy two pears.", "let us by too pairs")
    assert hearing.errors == WordErrors(edits=3, words=5)
    assert hearing.errors_with_homophones == WordErrors(edits=0, words=5)


def test_words_that_only_resemble_each_other_stay_different() -> None:
    assert sound_of("bed") != sound_of("bad")
    assert sound_of("zzyzxq") == "zzyzxq"


def test_long_sentences_weigh_more_in_a_pooled_rate() -> None:
    errors = pooled([WordErrors(edits=1, words=1), WordErrors(edits=0, words=9)])
    assert errors == WordErrors(edits=1, words=10)
    assert errors.rate == pytest.approx(0.1)


def test_rate_of_nothing_is_zero() -> None:
    assert pooled([]).rate == 0.0


def test_worst_leaves_out_what_was_heard_right_and_puts_most_errors_first() -> None:
    right = Hearing("one two", "one two")
    bad = Hearing("one two three", "five six seven")
    slight = Hearing("one two three four", "one two three five")
    assert worst([slight, right, bad], 20) == (bad, slight)
    assert worst([slight, right, bad], 1) == (bad,)


def test_closest_reading_is_the_one_with_fewest_errors() -> None:
    readings = ("in nineteen oh five", "in nineteen hundred five")
    assert closest("in nineteen hundred five", readings).errors.edits == 0


def test_percentile_interpolates_between_neighbours() -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], 50) == pytest.approx(2.5)
    assert percentile([5.0], 90) == 5.0
    assert math.isnan(percentile([], 50))
