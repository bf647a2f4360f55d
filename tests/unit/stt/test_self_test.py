"""The self-test of speech to text notices a model that does not understand, or no longer."""

import pytest

from nemo_voice_serving.runtime.self_test import SelfTestFailed
from nemo_voice_stt.self_test import SENTENCE, SelfTestClip, word_error_rate


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


def test_a_model_that_does_not_understand_fails() -> None:
    assert SelfTestClip().check(SENTENCE)["word_error_rate"] == 0
    with pytest.raises(SelfTestFailed, match="instead of"):
        SelfTestClip().check("entirely other words here")


def test_a_model_that_no_longer_understands_as_it_did_fails() -> None:
    clip = SelfTestClip()
    clip.check("good morning how were you")
    assert clip.check("good morning how were you")["word_error_rate"] == 0
    with pytest.raises(SelfTestFailed):
        clip.check("good evening who were")
