"""`transcribe --live` with the demo model, as a process."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from support.audio.sounds import libsndfile_bytes
from support.models.demo_models import Samples

pytestmark = pytest.mark.timeout(300)
RATE_HZ = 16_000
COMMAND = (
    *(sys.executable, "-m", "nemo_voice_stt", "transcribe", "--live", "-"),
    *("--device", "cpu", "--log-level", "error"),
)
SAID = "good morning how are you today"
PATIENCE_S = 120.0
PIECE_BYTES = 3_200
"""A tenth of a second."""


def test_a_file_that_is_piped_gives_a_line_for_each_utterance(speech: list[Samples]) -> None:
    pause = np.zeros(RATE_HZ, np.float32)
    sound = np.concatenate([speech[0], pause, speech[0], pause])
    piped = libsndfile_bytes(sound, RATE_HZ, "WAV", "PCM_16")
    ran = subprocess.run(COMMAND, input=piped, capture_output=True, timeout=PATIENCE_S, check=True)
    assert ran.stdout.decode() == f"{SAID}\n{SAID}\n"


@contextmanager
def on_a_terminal() -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Yields the running command, whose output is a terminal, and the terminal's other side."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=theirs)
    os.close(theirs)
    try:
        yield process, ours
    finally:
        process.kill()
        process.communicate()
        os.close(ours)


def shown_on(terminal: int, wait_s: float) -> str:
    """Returns what is shown within a time, as soon as there is something."""
    ready, _, _ = select.select([terminal], [], [], wait_s)
    return os.read(terminal, 4096).decode() if ready else ""


def test_ctrl_c_ends_the_utterance_and_its_text_is_shown(speech: list[Samples]) -> None:
    pcm = (speech[0] * 32_767).astype("<i2").tobytes()
    with on_a_terminal() as (process, terminal):
        assert process.stdin is not None
        shown, place, until_s = "", 0, time.monotonic() + PATIENCE_S
        while "good" not in shown:  # while nothing says that it is over
            assert time.monotonic() < until_s, shown
            process.stdin.write(pcm[place : place + PIECE_BYTES])
            process.stdin.flush()
            place = (place + PIECE_BYTES) % len(pcm)
            shown += shown_on(terminal, 0.1)
        process.send_signal(signal.SIGINT)
        while "\r\n" not in shown:
            shown += shown_on(terminal, PATIENCE_S)
        assert shown.rpartition("\x1b[K")[2].startswith("good morning")
        assert process.wait(PATIENCE_S) == 0
