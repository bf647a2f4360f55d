"""Live transcripts on a terminal, and in a file."""

import io

import pytest
from typing_extensions import override

from nemo_voice_serving.errors import BackendFailed
from nemo_voice_stt.cli.live_display import LiveDisplay
from nemo_voice_stt.realtime.events import Failed, Final, Partial
from nemo_voice_stt.transcription.port import Word
from nemo_voice_stt.transcription.transcription import Passage, Transcript

CLEAR = "\r\x1b[K"
WORDS = (Word("good", 0.5, 0.75), Word("morning", 0.75, 1.25))


class Terminal(io.StringIO):
    """What says that it is a terminal."""

    @override
    def isatty(self) -> bool:
        return True


def final(text: str = "good morning") -> Final:
    """Returns the end of an utterance that began 10 s into the session."""
    transcript = Transcript(text, (Passage(text, WORDS, 0.0, 2.0),), 2.0)
    return Final("item", transcript, None, 10.0)


def test_a_terminal_shows_words_in_place_and_the_final_text_on_a_line_of_its_own() -> None:
    out = Terminal()
    display = LiveDisplay(out, io.StringIO(), with_words=False)
    for event in (Partial("item", "good"), Partial("item", " mourning"), final()):
        display.show(event)
    assert out.getvalue() == f"{CLEAR}good{CLEAR}good mourning{CLEAR}good morning\n"
    assert not display.has_failed


@pytest.mark.parametrize(("text", "shown"), [("x" * 99 + "y", "x" * 8 + "y"), ("あ" * 9, "あ" * 4)])
def test_a_line_of_a_terminal_shows_the_end(
    monkeypatch: pytest.MonkeyPatch, text: str, shown: str
) -> None:
    monkeypatch.setenv("COLUMNS", "10")
    out = Terminal()
    LiveDisplay(out, io.StringIO(), with_words=False).show(Partial("item", text))
    assert out.getvalue() == CLEAR + shown


def test_a_file_has_a_line_for_each_utterance_in_which_something_was_said() -> None:
    out = io.StringIO()
    display = LiveDisplay(out, io.StringIO(), with_words=False)
    for event in (Partial("item", "good"), final(), final(""), final("bye")):
        display.show(event)
    assert out.getvalue() == "good morning\nbye\n"


def test_words_have_their_times_in_the_session() -> None:
    out = io.StringIO()
    LiveDisplay(out, io.StringIO(), with_words=True).show(final())
    assert out.getvalue() == "    10.50     10.75 good\n    10.75     11.25 morning\n"


def test_what_failed_is_said_among_the_errors() -> None:
    out, errors = io.StringIO(), io.StringIO()
    display = LiveDisplay(out, errors, with_words=False)
    display.show(Failed("item", BackendFailed("it broke")))
    assert (out.getvalue(), errors.getvalue()) == ("", "error: it broke\n")
    assert display.has_failed
