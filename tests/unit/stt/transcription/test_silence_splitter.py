"""Where long audio is cut, and what is taken for silence."""

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest

from nemo_voice_serving.audio.levels import frame_levels_dbfs, is_silent
from nemo_voice_stt.transcription.silence_splitter import Piece, cut_at_silences
from support.audio.sounds import Samples, noise, speech_like, tone

RATE_HZ = 4_000


def _in_blocks(samples: Samples, seed: int) -> Iterator[Samples]:
    random = np.random.default_rng(seed)
    start = 0
    while start < len(samples):
        size = int(random.integers(0, 3 * RATE_HZ))
        yield samples[start : start + size]
        start += size


def _random_recording(seed: int) -> Samples:
    random = np.random.default_rng(seed)
    duration_s = float(random.uniform(0.01, 100))
    edges = np.sort(random.uniform(0, duration_s, 2 * int(random.integers(0, 40))))
    spans = list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
    return speech_like(spans, duration_s, RATE_HZ)


@pytest.mark.parametrize("seed", range(20))
def test_no_sample_is_lost_or_repeated_and_no_piece_is_too_long(seed: int) -> None:
    recording = _random_recording(seed)
    longest_s = float(np.random.default_rng(seed).uniform(1, 30))
    pieces = list(cut_at_silences(_in_blocks(recording, seed), RATE_HZ, max_piece_s=longest_s))
    np.testing.assert_array_equal(np.concatenate([piece.samples for piece in pieces]), recording)
    assert all(0 < len(piece.samples) <= round(longest_s * RATE_HZ) for piece in pieces)
    lengths = [len(piece.samples) for piece in pieces]
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1])) / RATE_HZ
    assert [piece.start_s for piece in pieces] == pytest.approx(starts.tolist())
    assert all(length >= round(longest_s * RATE_HZ) * 0.45 for length in lengths[:-1])


@pytest.mark.parametrize("seed", range(5))
def test_cuts_do_not_depend_on_the_size_of_the_blocks(seed: int) -> None:
    recording = _random_recording(seed + 100)
    whole = [piece.start_s for piece in cut_at_silences([recording], RATE_HZ)]
    blocks = [piece.start_s for piece in cut_at_silences(_in_blocks(recording, seed), RATE_HZ)]
    assert blocks == whole


def test_cut_lies_in_the_pause() -> None:
    recording = speech_like([(0, 24), (24.5, 50)], 50, RATE_HZ)
    first, second = cut_at_silences([recording], RATE_HZ)
    assert 24.1 < second.start_s < 24.4
    assert (first.is_silent, second.is_silent) == (False, False)


def test_later_pause_wins_over_an_earlier_equal_one() -> None:
    recording = speech_like([(0, 17), (17.4, 27), (27.4, 45)], 45, RATE_HZ)
    _, second = cut_at_silences([recording], RATE_HZ)
    assert 27 < second.start_s < 27.4


def test_pause_between_sentences_wins_over_a_later_breath() -> None:
    recording = speech_like([(0, 25), (25.7, 27), (27.22, 45)], 45, RATE_HZ)
    _, second = cut_at_silences([recording], RATE_HZ)
    assert 25 < second.start_s < 25.7


def test_pause_is_found_above_loud_background_noise() -> None:
    quiet = speech_like([(0, 22), (22.5, 45)], 45, RATE_HZ)
    recording = quiet + noise(45, RATE_HZ, level_dbfs=-35, seed=7)
    _, second = cut_at_silences([recording], RATE_HZ)
    assert 22 < second.start_s < 22.5


def test_without_a_pause_the_quietest_place_is_cut() -> None:
    recording = noise(40, RATE_HZ, level_dbfs=-20)
    dip = slice(round(20 * RATE_HZ), round(20.12 * RATE_HZ))
    recording[dip] *= 0.1
    _, second = cut_at_silences([recording], RATE_HZ)
    assert 20 <= second.start_s <= 20.12


def test_steady_tone_is_cut_late() -> None:
    _, second = cut_at_silences([tone(40, RATE_HZ)], RATE_HZ)
    assert second.start_s > 29


def test_what_fits_one_piece_is_not_cut() -> None:
    (piece,) = cut_at_silences([speech_like([(0, 10)], 30, RATE_HZ)], RATE_HZ)
    assert len(piece.samples) == 30 * RATE_HZ


def test_nothing_gives_no_piece() -> None:
    assert list(cut_at_silences([], RATE_HZ)) == []
    assert list(cut_at_silences([np.empty(0, np.float32)], RATE_HZ)) == []


def test_pieces_shorter_than_a_second_are_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        next(cut_at_silences([], RATE_HZ, max_piece_s=0.5))


def test_silent_stretch_of_a_recording_is_marked() -> None:
    recording = speech_like([(0, 28), (92, 110)], 110, RATE_HZ)
    pieces = list(cut_at_silences([recording], RATE_HZ))
    assert not pieces[0].is_silent
    assert any(piece.is_silent for piece in pieces)
    assert not pieces[-1].is_silent


@pytest.mark.parametrize(
    ("sound", "expected"),
    [
        (np.zeros(3 * RATE_HZ, np.float32), True),
        (np.full(3 * RATE_HZ, 0.4, np.float32), True),
        (np.zeros(1, np.float32), True),
        (noise(3, RATE_HZ, level_dbfs=-62), True),
        (noise(3, RATE_HZ, level_dbfs=-30), True),
        (noise(0.5, RATE_HZ, level_dbfs=-30), False),
        (tone(3, RATE_HZ), True),
        (speech_like([(10, 10.2)], 30, RATE_HZ), False),
        (speech_like([(0, 3)], 3, RATE_HZ), False),
        (speech_like([(0, 3)], 3, RATE_HZ) * np.float32(0.03), False),
        (speech_like([(0, 3)], 3, RATE_HZ) + noise(3, RATE_HZ, level_dbfs=-24, seed=9), False),
    ],
    ids=[
        "digital silence",
        "constant offset",
        "one sample",
        "faint noise",
        "steady noise",
        "short burst",
        "steady tone",
        "one word in half a minute",
        "speech",
        "quiet speech",
        "speech in noise",
    ],
)
def test_silence_is_distinguished_from_speech(sound: Samples, expected: bool) -> None:
    assert is_silent(sound, RATE_HZ) is expected


def test_level_of_a_full_scale_sine_is_minus_three() -> None:
    levels = frame_levels_dbfs(tone(1, RATE_HZ, frequency_hz=1_000) / np.float32(0.3), RATE_HZ)
    assert levels == pytest.approx(-3.01, abs=0.05)


def test_long_audio_is_cut_within_the_memory_of_a_few_pieces() -> None:
    minute = speech_like([(1, 25), (26, 55)], 60, RATE_HZ)
    tracemalloc.start()
    count = sum(len(piece.samples) for piece in cut_at_silences([minute] * 10, RATE_HZ))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 10 * len(minute)
    assert peak < 8 * 30 * RATE_HZ * 4


def _with_zeros(*spans_s: tuple[float, float], duration_s: float) -> Samples:
    recording = noise(duration_s, RATE_HZ, level_dbfs=-20)
    for start_s, end_s in spans_s:
        recording[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)] = 0
    return recording


def _shape(pieces: list[Piece]) -> list[tuple[float, float, bool]]:
    return [
        (round(one.start_s, 3), round(len(one.samples) / RATE_HZ, 3), one.is_silent)
        for one in pieces
    ]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("zeros", "duration_s", "expected"),
    [
        ([(0, 3)], 4, [(0, 2.7, True), (2.7, 1.3, False)]),
        ([(1, 9.4)], 10, [(0, 1.3, False), (1.3, 7.8, True), (9.1, 0.9, False)]),
        ([(1, 9)], 9, [(0, 1.3, False), (1.3, 7.7, True)]),
        ([(1, 2.9)], 4, [(0, 4, False)]),
        ([(0, 5)], 5, [(0, 5, True)]),
        (
            [(1, 4), (4.5, 8)],
            9,
            [
                (0, 1.3, False),
                (1.3, 2.4, True),
                (3.7, 1.1, False),
                (4.8, 2.9, True),
                (7.7, 1.3, False),
            ],
        ),
    ],
)
def test_a_gap_is_a_silent_piece_of_its_own(
    zeros: list[tuple[float, float]],
    duration_s: float,
    expected: list[tuple[float, float, bool]],
    seed: int,
) -> None:
    recording = _with_zeros(*zeros, duration_s=duration_s)
    # The noise is steady; what is told from silence here are zeros.
    blocks = _in_blocks(recording, seed) if seed else iter([recording])
    pieces = list(cut_at_silences(blocks, RATE_HZ, max_piece_s=15))
    np.testing.assert_array_equal(np.concatenate([one.samples for one in pieces]), recording)
    assert [one[:2] for one in _shape(pieces)] == [one[:2] for one in expected]
    silent = [bool(np.all(one.samples == 0)) for one in pieces]
    assert silent == [one[2] for one in expected]
    assert all(one.is_silent for one, zero in zip(pieces, silent, strict=True) if zero)


def test_hours_without_sound_are_cut_within_the_memory_of_a_few_pieces() -> None:
    zeros = np.zeros(10 * RATE_HZ, np.float32)
    tracemalloc.start()
    pieces = cut_at_silences((zeros for _ in range(1440)), RATE_HZ)
    lengths = [len(one.samples) for one in pieces if one.is_silent]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(lengths) == 1440 * len(zeros)
    assert max(lengths) <= 30 * RATE_HZ
    assert peak < 8 * 30 * RATE_HZ * 4
