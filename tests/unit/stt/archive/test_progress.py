"""How far a run is, and how long what is left takes."""

from collections import Counter
from pathlib import Path

import pytest

from nemo_voice_stt.archive.progress import Progress
from nemo_voice_stt.archive.recording import Recording
from nemo_voice_stt.archive.survey import Survey


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def mp3(size: int) -> Recording:
    return Recording(Path("a.mp3"), "a", size)


def test_nothing_is_foretold_before_anything_is_done() -> None:
    state = Progress(Survey(recordings=3, done=1)).state()
    assert (state.recordings, state.done, state.before) == (3, 1, 1)
    assert (state.speed, state.remaining_s) == (0.0, None)


def test_what_a_manifest_states_is_what_is_left() -> None:
    clock = Clock()
    progress = Progress(Survey(recordings=3, left_s=100.0), clock)
    progress.finished(Recording(Path("a.wav"), "a", stated_s=40.0), 40.0)
    clock.now_s = 4.0
    state = progress.state()
    assert (state.speed, state.left_s, state.remaining_s) == (10.0, 60.0, 6.0)


def test_how_long_a_file_is_is_learnt_from_those_before() -> None:
    clock = Clock()
    left = Counter({".mp3": 2_000_000})
    progress = Progress(Survey(recordings=2, left_bytes=left), clock)
    progress.finished(mp3(1_000_000), 10_000.0)
    clock.now_s = 10.0
    state = progress.state()
    assert state.left_s == pytest.approx(10_000.0, rel=0.5)
    assert progress.estimate.of(mp3(1_000_000)) == state.left_s
    progress.failed(mp3(1_000_000))
    assert progress.state().left_s == 0.0
    assert progress.state().failed == 1


def test_a_line_that_names_nothing_is_a_failure_among_the_rest() -> None:
    progress = Progress(Survey(recordings=2, refused=1))
    progress.failed(None)
    assert (progress.state().recordings, progress.state().failed) == (3, 1)
