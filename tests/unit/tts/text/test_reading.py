"""The whole way from a text to its phrases: spans, pauses, refusals, and any text at all."""

import gc
import re
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemo_voice_tts.errors import InvalidMarkup, UnspeakableText
from nemo_voice_tts.text.phonemes import Pronunciation
from nemo_voice_tts.text.reading import Limits, ReadingOptions, read
from nemo_voice_tts.text.structure.blocks import PARAGRAPH_PAUSE_S, TextFormat

FORMATS = st.sampled_from(TextFormat)
steady = settings(deadline=None, database=None, derandomize=True)
"""The same examples in every run, however slow the machine."""
_PIECES = (
    "word", "Sentence.", " ", "\n", "\n\n", "*", "**", "_", "__", "~~", "`", "```\n", "# ", "- ",
    "1. ", "> ", "|", "|-|-|\n", "[", "](", ")", "![", "[^1]", "[^1]: ", "<b>", "</b>", "<p>",
    "<br>", "<ul><li>", "</ul>", "<!-- ", "-->", "<script>", "</script>", "<sup>", "2", "</sup>",
    "<", ">", "&amp;", "&", "&#8211;", "\\", "$", "\\(", "\\)", "\t", "\r\n", "é", "\u0301", "☺",
    "\ud800", "\U000f0000", "\x1e", "<speak>", "</speak>", "<break time='1s'/>", "<table>", "<td>",
    "https://a.example/_b_", "<pre>", "<p hidden>", "'", '"', "...", "!", "?No.I ", "5", "$5*",
)  # fmt: skip
MARKED_UP = st.lists(st.sampled_from(_PIECES), max_size=40).map("".join)
WORDS = st.lists(
    st.sampled_from(("robin", "sings", "garden", "morning", "river", "yellow")), min_size=1
).map(" ".join)


@steady
@given(st.text(), FORMATS)
def test_any_text_is_read_or_refused(text: str, text_format: TextFormat) -> None:
    _check(text, text_format)


@steady
@given(MARKED_UP, FORMATS)
def test_any_markup_is_read_or_refused(text: str, text_format: TextFormat) -> None:
    _check(text, text_format)


def _check(text: str, text_format: TextFormat) -> None:
    try:
        phrases = read(text, ReadingOptions(text_format))
    except (UnspeakableText, InvalidMarkup):
        return
    end = 0
    for phrase in phrases:
        assert re.search(r"\w", phrase.text)
        assert 0 <= phrase.span[0] <= phrase.span[1] <= len(text)
        assert phrase.span[1] >= end
        end = phrase.span[1]
        assert phrase.pause_s >= 0


@steady
@given(st.lists(WORDS, min_size=1, max_size=5))
def test_marks_change_nothing_of_what_is_said(phrases: list[str]) -> None:
    said = [phrase.text for phrase in read("\n\n".join(phrases))]
    for mark in (
        "**{}**",
        "*{}*",
        "_{}_",
        "~~{}~~",
        "# {}",
        "> {}",
        "[{}](x)",
        "`{}`",
        "<p>{}</p>",
    ):
        text = "\n\n".join(mark.format(phrase) for phrase in phrases)
        assert [phrase.text for phrase in read(text)] == said


@steady
@given(st.lists(WORDS, min_size=1, max_size=5))
def test_each_word_is_in_the_span_of_its_phrase(phrases: list[str]) -> None:
    text = "\n".join(f"- **{phrase}** &mdash; [more](robin)" for phrase in phrases)
    for phrase in read(text):
        written = text[slice(*phrase.span)]
        words = {*re.findall(r"\w{2,}", phrase.text)} - {"and"}  # what `&` is read as
        assert all(word in written for word in words)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("One two. Three.", ["One two.", "Three."]),
        (
            "*One*\u2014two &amp; \u201cthree\u201d. Four",
            ["One*\u2014two &amp; \u201cthree\u201d.", "Four"],
        ),
        ("The end.Next", ["The end.", "Next"]),
        ("# A title\n\nIt is **so**. Yes", ["A title", "It is **so**.", "Yes"]),
        ("e\u0301a **b**", ["e\u0301a **b"]),
        ("a  \ud800 b", ["a  \ud800 b"]),
        ("So $E = mc^2$ is it. Next", ["So $E = mc^2$ is it.", "Next"]),
        (r"It is \(x^2\) now. Next", [r"It is \(x^2\) now.", "Next"]),
    ],
)
def test_phrases_know_where_they_were_written(text: str, spans: list[str]) -> None:
    assert [text[slice(*phrase.span)] for phrase in read(text)] == spans


def test_only_the_last_phrase_of_a_block_is_followed_by_its_pause() -> None:
    phrases = read("One. Two.\n\n\u263a\n\nThree.\n\n\u263a")
    assert [phrase.pause_s for phrase in phrases] == [0.0, PARAGRAPH_PAUSE_S, 0.0]
    assert read("One. Two.")[-1].pause_s == 0.0


def test_ssml_reaches_the_phrases() -> None:
    text = (
        "<speak><break time='2s'/>One. Two <phoneme ph='a'>x</phoneme>.<break time='1s'/>"
        "<prosody rate='50%'>Three.</prosody></speak>"
    )
    one, two, three = read(text)
    assert (one.lead_s, two.lead_s, three.lead_s) == (2.0, 0.0, 0.0)
    assert (one.pause_s, two.pause_s, three.pause_s) == (0.0, 1.0, 0.0)
    assert (two.pace, three.pace) == (1.0, 0.5)
    assert list(two.pronunciations.values()) == [Pronunciation("a")]


def test_a_break_beside_what_nobody_says_is_kept() -> None:
    text = "<speak>☺<break time='1s'/>One.<break time='2s'/>☺<break time='3s'/></speak>"
    [phrase] = read(text)
    assert (phrase.lead_s, phrase.pause_s) == (1.0, 5.0)


def test_the_first_phrase_of_a_marked_up_text_is_short_too() -> None:
    text = "**Well**, my _friend_, this sentence goes on for quite some time; and then it ends."
    assert read(text, limits=Limits(300, 30))[0].text == "Well, my friend,"


@pytest.mark.parametrize(
    "text",
    [
        "<p>\u041f\u0440\u0438\u0432\u0435\u0442</p>",
        "**\u4f60\u597d**",
        "# \u041f\u0440\u0438\u0432\u0435\u0442 [x](https://a.example)",
    ],
)
def test_the_script_is_that_of_the_words_not_of_the_markup(text: str) -> None:
    with pytest.raises(UnspeakableText, match="script"):
        read(text)


@pytest.mark.parametrize(
    "piece",
    [
        "*", "_", "[", "]", "<", "&", "`", "~", "|", "#", ">", "!", "![", "[a](", "a*b ", "**a _b ",
        "<a ", "<a b='", "<!-- ", "<a \"'>", "- ", "> ", "1. ", "\\", "|a|\n", "| a | b |\n", "a\n",
        "$", "$a", "\\(", "[^1]", "a|b\n-|-\n", "<p>a", "<td>a", "<ol><li>", "&amp;", "http://",
        "- *a* `b`\n", "a  \n", "<![CDATA[", " ", "\n ", "\n-", "a.B", "A.b", "...", "(1) ",
        "<speak>", "<script>", "a ", ". ",
    ],
)  # fmt: skip
@pytest.mark.parametrize("text_format", TextFormat)
def test_time_is_linear(piece: str, text_format: TextFormat) -> None:
    """Ten times the text takes some ten times as long; by squares it would be a hundred."""

    def seconds(length: int) -> float:
        text = (piece * length)[:length]
        gc.disable()  # it would walk over what other tests have left
        start_s = time.thread_time()
        with suppress(UnspeakableText, InvalidMarkup):
            read(text, ReadingOptions(text_format))
        end_s = time.thread_time()
        gc.enable()
        return end_s - start_s

    seconds(100)
    assert seconds(10_000) < 50 * max(min(seconds(1_000) for _ in range(2)), 0.002)
