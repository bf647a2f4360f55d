"""Long recordings are what they claim to be, and what is heard of them is compared rightly."""

import io
import wave
from pathlib import Path

import numpy as np
import pytest

from benchmarks.endurance.hours import Word, compared, is_monotone
from benchmarks.endurance.recording import SLOT_S, Recording, whole_clips
from benchmarks.inputs import CLIP_RATE_HZ, Clip, write_clip

ALONE = [[Word("good", 0.5, 0.7), Word("morning", 0.8, 1.2)], [Word("yes", 0.3, 0.5)]]


@pytest.fixture
def clips(tmp_path: Path) -> list[Clip]:
    made = []
    for place, level in enumerate((0.25, 0.5)):
        path = tmp_path / f"{place}.wav"
        write_clip(path, np.full(2 * CLIP_RATE_HZ, level, np.float32))
        made.append(Clip(path, 2.0))
    return made


def test_a_recording_says_its_clips_in_turn_every_ten_seconds(clips: list[Clip]) -> None:
    recording = Recording(clips, 25)
    body = b"".join(recording.body())
    assert len(body) == recording.content_length
    with wave.open(io.BytesIO(body[body.index(b"RIFF") :])) as file:
        assert file.getnframes() == 3 * SLOT_S * CLIP_RATE_HZ
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32767
    for place, level in enumerate((0.25, 0.5, 0.25)):
        slot = samples[place * SLOT_S * CLIP_RATE_HZ :][: SLOT_S * CLIP_RATE_HZ]
        assert slot[: 2 * CLIP_RATE_HZ] == pytest.approx(level, abs=1e-3)
        assert not slot[2 * CLIP_RATE_HZ :].any()


def test_clips_that_were_cut_off_are_left_out(tmp_path: Path) -> None:
    assert [one.duration_s for one in whole_clips([Clip(tmp_path, 3.0), Clip(tmp_path, 8.0)])] == [
        3.0
    ]


def moved(words: list[Word], by_s: float) -> list[Word]:
    return [Word(word.text, word.start_s + by_s, word.end_s + by_s) for word in words]


def test_words_that_are_where_they_belong_are_not_off() -> None:
    words = [*ALONE[0], *moved(ALONE[1], 10), *moved(ALONE[0], 20)]
    equal, late_s = compared(words, ALONE, 3)
    assert equal == 3
    assert late_s == pytest.approx((0.0, 0.0, 0.0), abs=1e-6)


def test_a_drift_is_seen_at_the_end() -> None:
    words = [*ALONE[0], *moved(ALONE[1], 10.1), *moved(ALONE[0], 20.4)]
    equal, late_s = compared(words, ALONE, 3)
    assert equal == 3
    assert late_s == pytest.approx((0.1, 0.4, 0.4))


def test_other_words_are_not_equal_and_nothing_heard_is_infinitely_far() -> None:
    assert compared([Word("no", 0.5, 0.7), *moved(ALONE[1], 10)], ALONE, 2)[0] == 1
    assert compared([], ALONE, 2) == (0, (float("inf"),) * 3)


def test_words_are_in_order_or_not() -> None:
    assert is_monotone(ALONE[0])
    assert not is_monotone([*reversed(ALONE[0])])
    assert not is_monotone([Word("good", 0.5, 0.4)])
