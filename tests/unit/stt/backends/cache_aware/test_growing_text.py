"""The text of a stream that goes on: that of its tokens, and never less than before."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemo_voice_stt.backends.cache_aware.growing_text import GrowingText
from nemo_voice_stt.backends.transducer_ctc.tokens import WORD_START, Token
from nemo_voice_stt.backends.transducer_ctc.word_times import Timing, words_of
from nemo_voice_stt.transcription.writing import joined

PIECES = (
    *(
        "▁the",
        "▁do",
        "n",
        "'",
        "t",
        "▁5",
        "5",
        ".",
        ",",
        "▁,",
        '▁"',
        '"',
        "▁¿",
        "¿",
        "▁«",
        "▁(",
        ")",
    ),
    *("▁", "▁$", "%", "▁今", "日", "は", "。", "「", "▁ไ", "ท", "ย", "-", "▁-", "▁'", "▁é"),
)


def tokens_of(pieces: list[str]) -> list[Token]:
    """Returns tokens that are numbered by their piece."""
    return [
        Token(PIECES.index(piece), piece, frame, frame + 1) for frame, piece in enumerate(pieces)
    ]


def text_of(numbers: list[int]) -> str:
    return "".join(PIECES[number] for number in numbers).replace(WORD_START, " ").strip()


@settings(deadline=None, database=None, derandomize=True, max_examples=300)
@given(
    st.lists(st.sampled_from(PIECES), max_size=30),
    st.lists(st.integers(1, 4), min_size=1, max_size=4),
)
def test_the_text_only_grows_and_that_of_the_whole_begins_with_it(
    pieces: list[str], steps: list[int]
) -> None:
    tokens, growing = tokens_of(pieces), GrowingText(text_of)
    texts, place, turn = [""], 0, 0
    while place < len(tokens):
        place += steps[turn % len(steps)]
        turn += 1
        texts.append(growing.follow(tokens[:place]))
    whole = joined(words_of(tokens, Timing(0.08, 100.0), text_of))
    assert all(later.startswith(sooner) for sooner, later in pairwise([*texts, whole]))


@pytest.mark.parametrize(
    ("pieces", "shown"),
    [
        (["▁the", "▁do"], "the do"),
        (["▁the", "▁do", "n"], "the don"),
        (["▁the", "."], "the"),
        (["▁the", ".", "▁the"], "the. the"),
        (["▁the", '▁"'], "the"),
        (["▁the", '▁"', "t"], 'the "t'),
        (["▁", "t"], "t"),
        (["▁"], ""),
    ],
)
def test_marks_wait_for_what_follows(pieces: list[str], shown: str) -> None:
    assert GrowingText(text_of).follow(tokens_of(pieces)) == shown


def test_a_character_of_which_bytes_are_missing_waits_for_them() -> None:
    spelled = {(0,): "the \ufffd", (0, 1): "the é"}
    growing = GrowingText(lambda numbers: spelled[tuple(numbers)])
    tokens = [Token(0, "▁the", 0, 1), Token(1, "<0xA9>", 1, 2)]
    assert growing.follow(tokens[:1]) == "the "
    assert growing.follow(tokens) == "the é"


def test_what_was_said_long_ago_is_not_spelled_again() -> None:
    tokens, growing = tokens_of(["▁the", "▁do", "n", "'", "t"] * 200), GrowingText(text_of)
    for count in range(len(tokens)):
        growing.follow(tokens[:count])
        assert len(growing._open) <= 4
    assert growing.follow(tokens) == " ".join(["the don't"] * 200)
