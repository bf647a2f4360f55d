"""Tokens become words whose times lie within the audio and ascend."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from nemo_voice_stt.backends.transducer_ctc.tokens import Token
from nemo_voice_stt.backends.transducer_ctc.word_times import Timing, words_of
from nemo_voice_stt.transcription.port import TextToken, Word

TIMING = Timing(frame_s=0.08, duration_s=10.0)


def spelled(*pieces: str, frames: list[tuple[int, int]], timing: Timing = TIMING) -> list[Word]:
    tokens = [
        Token(number, piece, start, end)
        for number, (piece, (start, end)) in enumerate(zip(pieces, frames, strict=True))
    ]
    words = words_of(tokens, timing, lambda numbers: text_of(numbers, pieces))
    return [replace(word, tokens=()) for word in words]


def text_of(numbers: list[int], pieces: tuple[str, ...]) -> str:
    return "".join(pieces[number] for number in numbers).replace("▁", " ").lstrip()


def test_a_word_reaches_from_its_first_token_to_the_end_of_its_last() -> None:
    words = spelled("▁hel", "lo", "▁world", frames=[(1, 2), (3, 5), (10, 14)])
    assert words == [Word("hello", 0.08, 0.4), Word("world", 0.8, 1.12)]


def test_no_tokens_are_no_words() -> None:
    assert spelled(frames=[]) == []


def test_a_first_token_without_a_mark_begins_a_word() -> None:
    assert [word.text for word in spelled("lo", "▁you", frames=[(0, 1), (2, 3)])] == ["lo", "you"]


def test_a_mark_on_its_own_begins_the_word_that_follows() -> None:
    (word,) = spelled("▁", "x", "y", frames=[(2, 2), (3, 4), (4, 6)])
    assert word == Word("xy", 0.16, 0.48)


def test_a_mark_with_nothing_after_it_is_no_word() -> None:
    assert [word.text for word in spelled("▁a", "▁", frames=[(0, 1), (2, 3)])] == ["a"]


def test_punctuation_belongs_to_the_word_before_and_does_not_lengthen_it() -> None:
    words = spelled("▁no", ".", "▁▁yes", "▁?", frames=[(0, 2), (20, 21), (30, 32), (50, 51)])
    assert [(word.start_s, word.end_s) for word in words] == [(0.0, 0.16), (2.4, 2.56)]
    assert [word.text for word in words] == ["no.", "yes?"]


def test_a_word_that_takes_no_time_is_shown_for_a_frame() -> None:
    assert spelled("▁a", frames=[(5, 5)]) == [Word("a", 0.4, 0.48)]


def test_words_at_one_frame_follow_each_other() -> None:
    words = spelled("▁a", "▁b", frames=[(5, 5), (5, 7)])
    assert words == [Word("a", 0.4, 0.48), Word("b", 0.48, 0.56)]


def test_words_in_the_padding_end_with_the_audio() -> None:
    timing = Timing(frame_s=0.08, duration_s=0.5)
    words = spelled("▁a", "▁b", frames=[(5, 9), (12, 14)], timing=timing)
    assert words == [Word("a", 0.34, 0.42), Word("b", 0.42, 0.5)]


def test_times_never_go_back() -> None:
    words = spelled("▁a", "▁b", frames=[(8, 9), (6, 7)])
    assert words == [Word("a", 0.64, 0.72), Word("b", 0.72, 0.8)]


def test_words_that_do_not_fit_the_audio_share_it_evenly() -> None:
    timing = Timing(frame_s=0.08, duration_s=0.1)
    words = spelled("▁a", "▁b", "▁c", "▁d", frames=[(0, 0), (1, 1), (1, 4), (9, 9)], timing=timing)
    assert [word.start_s for word in words] == [0.0, 0.025, 0.05, 0.075]
    assert [word.end_s for word in words] == [0.025, 0.05, 0.075, 0.1]


@pytest.mark.parametrize("seed", range(50))
def test_every_word_lasts_a_frame_and_ends_before_the_next(seed: int) -> None:
    random = np.random.default_rng(seed)
    count, duration_s = int(random.integers(1, 40)), float(random.uniform(4, 10))
    starts = np.sort(random.integers(0, 130, count))  # some beyond the end of the audio
    frames = [(int(start), int(start + random.integers(0, 5))) for start in starts]
    pieces = [f"▁{chr(97 + place % 26)}" for place in range(count)]
    words = spelled(*pieces, frames=frames, timing=Timing(0.08, duration_s))
    assert len(words) == count
    assert all(word.end_s - word.start_s > 0.0799 for word in words)
    assert all(one.end_s <= following.start_s for one, following in pairwise(words))
    assert words[-1].end_s <= duration_s


@pytest.mark.parametrize(
    ("given", "expected"),
    [([0.9, 0.5], 0.5), ([1.2], 1.0), ([-0.1, None], 0.0), ([None], None)],
)
def test_a_word_is_as_sure_as_its_least_sure_token(
    given: list[float | None], expected: float | None
) -> None:
    tokens = [Token(0, "x", 0, 1, confidence) for confidence in given]
    (word,) = words_of(tokens, TIMING, lambda numbers: "x" * len(numbers))
    assert word.confidence == expected


def test_a_word_keeps_its_tokens_as_they_were_recognised() -> None:
    tokens = [Token(7, "▁par", 0, 1, 0.9, -0.25), Token(3, "is", 1, 2, 0.8, -1.5)]
    (word,) = words_of(tokens, TIMING, lambda _numbers: "paris")
    assert word.tokens == (TextToken(7, " par", -0.25), TextToken(3, "is", -1.5))
