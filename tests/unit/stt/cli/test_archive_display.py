"""How far a run is, in words: on a terminal and in the log."""

import asyncio
import io
import logging

import pytest
from typing_extensions import override

from nemo_voice_stt.archive.progress import State
from nemo_voice_stt.cli.archive_display import displayed, lasting, line_of

HALFWAY = State(
    recordings=12_000,
    done=5_400,
    before=400,
    failed=3,
    audio_s=90_000,
    left_s=99_000,
    elapsed_s=900,
)


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    @override
    def isatty(self) -> bool:
        return True


def test_the_line_says_what_is_done_how_fast_and_what_is_left() -> None:
    assert line_of(HALFWAY) == (
        "5,400 of 12,000 files, 3 failed, 25 h 0 min of audio, 100x real time,"
        " about 16 min 30 s left"
    )


def test_before_anything_is_done_it_promises_nothing() -> None:
    state = State(recordings=2, done=0, before=0, failed=0, audio_s=0, left_s=9, elapsed_s=1)
    assert line_of(state) == "0 of 2 files, 0 s of audio"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (59.6, "1 min 0 s"),
        (200, "3 min 20 s"),
        (3900, "1 h 5 min"),
        (4e6, "1,111 h 6 min"),
    ],
)
def test_lengths_of_time_are_written_as_people_do(seconds: float, text: str) -> None:
    assert lasting(seconds) == text


async def test_a_terminal_has_one_line_that_is_written_again_and_removed() -> None:
    terminal = Terminal()
    async with displayed(lambda: HALFWAY, terminal):
        await asyncio.sleep(0)
    shown = terminal.getvalue()
    assert shown.startswith("\r\x1b[2K5,400 of 12,000 files")
    assert shown.endswith("\r\x1b[2K")
    assert "\n" not in shown


@pytest.mark.looptime
async def test_elsewhere_there_is_a_line_of_the_log_now_and_then(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stream = io.StringIO()
    with caplog.at_level(logging.INFO):
        async with displayed(lambda: HALFWAY, stream):
            await asyncio.sleep(65)
    lines = [record for record in caplog.records if record.message == "archive progress"]
    assert len(lines) == 2
    assert vars(lines[0])["audio_hours"] == 25.0
    assert vars(lines[0])["seconds_left"] == 990
    assert stream.getvalue() == ""
