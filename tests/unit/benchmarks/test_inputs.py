"""What every compared system is given: the same on every run, within its bounds."""

from pathlib import Path

import numpy as np

from benchmarks.inputs import (
    CLIP_RATE_HZ,
    LONGEST_TEXT,
    SENTENCES,
    SHORTEST_TEXT,
    clip_texts,
    read_clips,
    shortened,
    texts,
    write_clip,
)


def test_texts_are_the_same_on_every_run_and_of_the_stated_lengths() -> None:
    assert texts(50) == texts(50)
    assert clip_texts(50)[:20] == clip_texts(20)
    lengths = [len(text) for text in texts(200)]
    assert min(lengths) >= SHORTEST_TEXT
    assert max(lengths) <= LONGEST_TEXT
    assert max(lengths) - min(lengths) > 100


def test_no_text_has_a_digit_that_an_unnormalised_voice_would_leave_out() -> None:
    assert not any(character.isdigit() for text in SENTENCES for character in text)


def test_clips_are_cut_and_filled_to_their_bounds(tmp_path: Path) -> None:
    for name, seconds in (("0000", 0.25), ("0001", 3.0), ("0002", 11.0)):
        noise = np.full(round(seconds * CLIP_RATE_HZ), 0.5, np.float32)
        write_clip(tmp_path / f"{name}.wav", noise)
    assert [clip.duration_s for clip in read_clips(tmp_path)] == [1.0, 3.0, 8.0]


def test_shortened_clips_are_one_second_of_the_same_sound(tmp_path: Path) -> None:
    loud = np.full(2 * CLIP_RATE_HZ, 0.5, np.float32)
    write_clip(tmp_path / "0000.wav", loud)
    short = shortened(read_clips(tmp_path), tmp_path / "short")
    assert [clip.duration_s for clip in short] == [1.0]
    whole = (tmp_path / "0000.wav").read_bytes()
    assert short[0].path.read_bytes()[44:] == whole[44 : 44 + 2 * CLIP_RATE_HZ]


def test_an_upload_is_a_multipart_form_with_the_file_in_it(tmp_path: Path) -> None:
    write_clip(tmp_path / "0000.wav", np.zeros(CLIP_RATE_HZ, np.float32))
    (clip,) = read_clips(tmp_path)
    request = clip.request()
    assert request.audio_s == 1.0
    assert b'name="audio_file"; filename="0000.wav"' in request.content
    assert clip.path.read_bytes() in request.content
