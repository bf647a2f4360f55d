"""Subtitles keep to the rules of broadcasters, whatever is said and however fast."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemo_voice_stt.captions.subtitles import (
    DEFAULT_RULES,
    Subtitle,
    SubtitleRules,
    as_srt,
    as_vtt,
    subtitles_of,
)
from nemo_voice_stt.transcription.port import Word

TOLERANCE_S = 1e-6
whatever = settings(deadline=None, database=None, derandomize=True, max_examples=60)


def said(text: str, *, words_per_s: float = 2.5, start_s: float = 0.0) -> list[Word]:
    """Returns a text spoken evenly, a pause of 0.4 s after each comma and full stop."""
    words, at_s = [], start_s
    for text_of_word in text.split():
        end_s = at_s + 0.9 / words_per_s
        words.append(Word(text_of_word, at_s, end_s))
        at_s += 1 / words_per_s + (0.4 if text_of_word.endswith((",", ".")) else 0.0)
    return words


@st.composite
def speech(draw: st.DrawFn) -> list[Word]:
    """Any words at any times that ascend, among them some that take no time and some very long."""
    words, at_s = [], draw(st.floats(0, 5))
    for _ in range(draw(st.integers(0, 60))):
        text = draw(st.text("abcdé.,?'", min_size=1, max_size=20) | st.text("x", min_size=120))
        lasts_s = draw(st.sampled_from([0.0, 0.05, 0.2, 0.5, 9.0]))
        words.append(Word(text, at_s, at_s + lasts_s))
        at_s += lasts_s + draw(st.sampled_from([0.0, 0.0, 0.05, 0.3, 0.9, 1.2, 4.0]))
    return words


RULES = st.builds(
    SubtitleRules, max_line_chars=st.sampled_from([16, 42, 100, None]), max_lines=st.integers(1, 3)
)


@whatever
@given(speech(), RULES)
def test_every_subtitle_is_small_and_no_two_overlap(
    words: list[Word], rules: SubtitleRules
) -> None:
    subtitles = subtitles_of(words, rules)
    for one in subtitles:
        assert 1 <= len(one.lines) <= rules.max_lines
        assert all(0 < len(line) <= (rules.max_line_chars or 42) for line in one.lines)
        assert 0 < one.end_s - one.start_s <= rules.max_duration_s + TOLERANCE_S
    for one, following in pairwise(subtitles):
        assert following.start_s - one.end_s >= rules.min_gap_s - TOLERANCE_S


@whatever
@given(speech(), RULES)
def test_no_word_is_lost_or_moved(words: list[Word], rules: SubtitleRules) -> None:
    shown = "".join("".join(one.lines) for one in subtitles_of(words, rules)).replace(" ", "")
    assert shown == "".join(word.text for word in words)


@whatever
@given(speech())
def test_a_subtitle_stays_long_enough_where_the_next_leaves_the_time(words: list[Word]) -> None:
    subtitles = subtitles_of(words)
    for one, following in pairwise(subtitles):
        if (
            following.start_s - one.start_s
            >= DEFAULT_RULES.min_duration_s + DEFAULT_RULES.min_gap_s
        ):
            lasts_s = one.end_s - one.start_s
            assert lasts_s >= DEFAULT_RULES.min_duration_s - TOLERANCE_S
    if subtitles:
        last = subtitles[-1]
        assert last.end_s - last.start_s >= DEFAULT_RULES.min_duration_s - TOLERANCE_S


@whatever
@given(st.lists(st.sampled_from(["I", "was", "there.", "yesterday,", "home"]), min_size=1))
def test_ordinary_speech_can_always_be_read(texts: list[str]) -> None:
    for one in subtitles_of(said(" ".join(texts))):
        chars = len(" ".join(one.lines))
        lasts_s = one.end_s - one.start_s
        assert lasts_s >= DEFAULT_RULES.min_duration_s - TOLERANCE_S
        assert chars / lasts_s <= 20 + TOLERANCE_S


def test_sentences_get_subtitles_of_their_own() -> None:
    text = "The train leaves at nine. Please close the window before you go home."
    lines = [one.lines for one in subtitles_of(said(text))]
    assert lines == [
        ("The train leaves at nine.",),
        ("Please close the window", "before you go home."),
    ]


def test_short_sentences_in_quick_succession_share_one() -> None:
    lines = [one.lines for one in subtitles_of(said("Yes. No. Why do you ask?", words_per_s=8))]
    assert lines == [("Yes. No.",), ("Why do you ask?",)]


def test_a_subtitle_begins_with_its_first_word() -> None:
    words = said("good morning", start_s=3.0)
    (one,) = subtitles_of(words)
    assert one == Subtitle(3.0, 3.0 + DEFAULT_RULES.min_duration_s, ("good morning",))


def test_no_subtitle_reaches_over_a_long_silence() -> None:
    words = [*said("good morning"), *said("good evening", start_s=20)]
    first, second = subtitles_of(words)
    assert first.end_s < 2
    assert second.start_s == 20


def test_a_flicker_between_two_subtitles_is_closed() -> None:
    words = [
        *said("this is a sentence that is long enough to stand alone."),
        *said("and another one follows it closely, as it happens.", start_s=4.7),
    ]
    first, second = subtitles_of(words)
    assert second.start_s - first.end_s == pytest.approx(DEFAULT_RULES.min_gap_s)


def test_subtitles_of_wide_characters_have_shorter_lines_without_spaces() -> None:
    text = "明日 は 友達 と 一緒 に 東京 の 美術館 へ 行っ て 新しい 絵 を 見 ます。"
    words = [
        Word(one.text, one.start_s, one.end_s, is_joined=place > 0)
        for place, one in enumerate(said(text, words_per_s=5))
    ]
    subtitles = subtitles_of(words)
    assert "".join("".join(one.lines) for one in subtitles) == text.replace(" ", "")
    assert all(len(line) <= 16 for one in subtitles for line in one.lines)
    assert max(len(one.lines) for one in subtitles) == 2
    (first, *_) = subtitles_of(words, SubtitleRules(max_line_chars=42))
    assert len(first.lines) == 1


def test_nothing_said_is_nothing_shown() -> None:
    assert subtitles_of([]) == []
    assert as_srt([]) == ""
    assert as_vtt([]) == "WEBVTT\n\n"


def test_srt_counts_from_one_and_writes_commas() -> None:
    subtitles = [Subtitle(0, 1.25, ("a", "b")), Subtitle(3723.0049, 3724, ("c",))]
    assert as_srt(subtitles) == (
        "1\n00:00:00,000 --> 00:00:01,250\na\nb\n\n2\n01:02:03,005 --> 01:02:04,000\nc\n\n"
    )


def test_vtt_escapes_what_would_be_markup() -> None:
    shown = as_vtt([Subtitle(0, 1, ("R&D <quickly>",))])
    assert shown == "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nR&amp;D &lt;quickly&gt;\n\n"
