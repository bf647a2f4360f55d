"""The word error rate of the self-test."""

import pytest

from nemo_voice_stt.word_errors import word_error_rate


@pytest.mark.parametrize(
    ("reference", "heard", "rate"),
    [
        ("a b c d", "a b c d", 0.0),
        ("Hello, world!", "hello world", 0.0),
        ("a b c d", "a x c d", 0.25),
        ("a b c d", "a c d", 0.25),
        ("a b c d", "a b b c d", 0.25),
        ("a b", "", 1.0),
        ("", "a", 1.0),
        ("", "", 0.0),
        ("a", "x y z", 3.0),
    ],
)
def test_edits_are_counted_per_word_of_the_reference(
    reference: str, heard: str, rate: float
) -> None:
    assert word_error_rate(reference, heard) == rate
