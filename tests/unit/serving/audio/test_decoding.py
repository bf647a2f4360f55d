"""Recordings become mono float32 at the wanted rate, in bounded memory."""

import io
import tracemalloc
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from nemo_voice_serving.audio.decoding import blocks_of, decode, decode_whole
from nemo_voice_serving.audio.encoding import AudioFormat, encode_whole, encoder_for, wav_header
from nemo_voice_serving.audio.resampling import resample
from nemo_voice_serving.errors import PayloadTooLarge, UnsupportedAudio
from nemo_voice_stt.transcription.silence_splitter import cut_at_silences
from support.audio.bombs import silent_flac
from support.audio.sounds import frequency_of, libsndfile_bytes, tone

RATE_HZ = 16_000


def _wav(duration_s: float, rate_hz: int = RATE_HZ) -> BinaryIO:
    return io.BytesIO(encode_whole(AudioFormat.WAV, tone(duration_s, rate_hz), rate_hz))


def _ten_minutes_of_silence(path: Path) -> Path:
    """Writes ten minutes of WAV as a sparse file."""
    data_bytes = 600 * RATE_HZ * 2
    with path.open("wb") as file:
        file.write(wav_header(RATE_HZ, data_bytes))
        file.truncate(44 + data_bytes)
    return path


def test_wav_at_the_wanted_rate_is_unchanged() -> None:
    decoded = decode_whole(_wav(2), RATE_HZ)
    assert decoded.dtype == np.float32
    np.testing.assert_allclose(decoded, tone(2, RATE_HZ), atol=1 / 65_536)


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000])
def test_every_rate_is_resampled_to_the_wanted_one(rate_hz: int) -> None:
    decoded = decode_whole(_wav(2, rate_hz), RATE_HZ)
    assert len(decoded) == 2 * RATE_HZ
    assert frequency_of(decoded, RATE_HZ) == pytest.approx(440, abs=1)
    middle = slice(RATE_HZ // 2, RATE_HZ)
    np.testing.assert_allclose(decoded[middle], tone(2, RATE_HZ)[middle], atol=1e-3)


def test_blocks_have_the_wanted_length_and_only_the_last_is_shorter() -> None:
    lengths = [len(block) for block in decode(_wav(1.05, 22_050), RATE_HZ, block_s=0.25)]
    assert lengths == [4_000, 4_000, 4_000, 4_000, 800]


@pytest.mark.parametrize("rate_hz", [RATE_HZ, 44_100])
def test_joined_blocks_equal_the_whole_recording(rate_hz: int) -> None:
    blocks = list(decode(_wav(3, rate_hz), RATE_HZ, block_s=0.1))
    np.testing.assert_array_equal(np.concatenate(blocks), decode_whole(_wav(3, rate_hz), RATE_HZ))


def test_a_path_and_a_file_object_decode_to_the_same_samples(tmp_path: Path) -> None:
    path = tmp_path / "tone"  # no extension: the content decides
    path.write_bytes(_wav(1).read())
    np.testing.assert_array_equal(decode_whole(path, RATE_HZ), decode_whole(_wav(1), RATE_HZ))


def test_file_object_is_read_from_its_start_and_stays_open() -> None:
    file = _wav(1)
    file.seek(1_000)
    assert len(decode_whole(file, RATE_HZ)) == RATE_HZ
    assert len(decode_whole(file, RATE_HZ)) == RATE_HZ
    assert not file.closed


def test_a_missing_path_raises_file_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        decode_whole(tmp_path / "nothing.wav", RATE_HZ)


def test_channels_are_averaged() -> None:
    left, right = tone(1, RATE_HZ), tone(1, RATE_HZ, frequency_hz=1_000)
    stereo = libsndfile_bytes(np.stack([left, right], axis=1), RATE_HZ, "WAV", "FLOAT")
    decoded = decode_whole(io.BytesIO(stereo), RATE_HZ)
    np.testing.assert_allclose(decoded, (left + right) / 2, atol=1e-6)


def test_nan_and_infinity_become_silence_and_loud_samples_are_clipped() -> None:
    samples = tone(1, RATE_HZ)
    samples[:6] = [np.nan, np.inf, -np.inf, 1e30, -3.0, 1.0]
    data = libsndfile_bytes(samples, RATE_HZ, "WAV", "FLOAT")
    decoded = decode_whole(io.BytesIO(data), RATE_HZ)
    assert decoded[:6].tolist() == [0, 0, 0, 1, -1, 1]
    np.testing.assert_array_equal(decoded[6:], samples[6:])


def test_decoded_samples_stay_within_range_although_resampling_overshoots() -> None:
    hardest = np.sign(np.random.default_rng(0).standard_normal(44_100)).astype(np.float32)
    data = libsndfile_bytes(hardest, 44_100, "WAV", "FLOAT")
    assert np.abs(resample(hardest, 44_100, RATE_HZ)).max() > 1
    assert np.abs(decode_whole(io.BytesIO(data), RATE_HZ)).max() == 1


def test_recording_over_the_limit_is_refused_before_the_first_block() -> None:
    with pytest.raises(PayloadTooLarge, match=r"lasts at least 3\.0 s.*may hold 2 s"):
        next(decode(_wav(3), RATE_HZ, max_audio_s=2))


def test_recording_that_states_no_length_is_refused_once_it_passes_the_limit() -> None:
    encoder = encoder_for(AudioFormat.FLAC, RATE_HZ)
    data = encoder.start() + encoder.encode(tone(3, RATE_HZ)) + encoder.finish()
    blocks = decode(io.BytesIO(data), RATE_HZ, max_audio_s=2)
    assert [len(next(blocks)), len(next(blocks))] == [RATE_HZ, RATE_HZ]
    with pytest.raises(PayloadTooLarge) as caught:
        next(blocks)
    assert (caught.value.status, caught.value.param) == (413, None)


@pytest.mark.parametrize(("rate_hz", "channels"), [(192_000, 8), (96_000, 8), (384_000, 2)])
def test_more_samples_than_its_seconds_may_have_are_refused(rate_hz: int, channels: int) -> None:
    data = silent_flac(10, rate_hz, channels)
    with pytest.raises(PayloadTooLarge, match=f"{channels} channels at {rate_hz} Hz"):
        list(decode(io.BytesIO(data), RATE_HZ, max_audio_s=20))


@pytest.mark.parametrize(("rate_hz", "channels"), [(96_000, 2), (48_000, 4), (16_000, 8)])
def test_usual_recordings_may_last_as_long_as_any(rate_hz: int, channels: int) -> None:
    data = silent_flac(20, rate_hz, channels)
    blocks = list(decode(io.BytesIO(data), RATE_HZ, max_audio_s=20))
    assert sum(map(len, blocks)) == 20 * RATE_HZ


def test_recording_of_exactly_the_limit_is_decoded() -> None:
    assert len(decode_whole(_wav(2, 22_050), RATE_HZ, max_audio_s=2)) == 2 * RATE_HZ


def test_less_than_a_tenth_of_a_second_is_refused() -> None:
    assert len(decode_whole(_wav(0.1), RATE_HZ)) == 1_600
    with pytest.raises(UnsupportedAudio, match="holds 50 ms of sound; 100 is the least"):
        decode_whole(_wav(0.05), RATE_HZ)


def test_closing_the_generator_closes_the_opened_file(tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    path.write_bytes(_wav(2).read())
    blocks = decode(path, RATE_HZ)
    next(blocks)
    blocks.close()  # type: ignore[attr-defined]  # a generator; unclosed files are errors in these tests


def test_long_wav_is_decoded_and_split_within_bounded_memory(tmp_path: Path) -> None:
    path = _ten_minutes_of_silence(tmp_path / "long.wav")
    tracemalloc.start()
    try:
        pieces = cut_at_silences(decode(path, RATE_HZ), RATE_HZ)
        lengths = [len(piece.samples) for piece in pieces]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(lengths) == 600 * RATE_HZ
    assert peak < 16_000_000  # the ten minutes themselves are 38 MB


def test_long_mp3_is_decoded_within_bounded_memory() -> None:
    encoder = encoder_for(AudioFormat.MP3, RATE_HZ)
    minute = encoder.start() + encoder.encode(np.zeros(60 * RATE_HZ, np.float32)) + encoder.finish()
    file = io.BytesIO(minute * 2)
    tracemalloc.start()
    try:
        count = sum(len(block) for block in decode(file, RATE_HZ))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count / RATE_HZ == pytest.approx(120, abs=1)
    assert peak < 2_000_000  # the two minutes themselves are 8 MB


@pytest.mark.parametrize("sizes", [[], [0], [5], [3, 3, 3, 3], [25], [1] * 11, [10, 0, 10]])
def test_blocks_keep_every_sample_in_order(sizes: list[int]) -> None:
    samples = np.arange(sum(sizes), dtype=np.float32)
    chunks = np.split(samples, np.cumsum(sizes)[:-1]) if sizes else []
    blocks = list(blocks_of(chunks, 10))
    np.testing.assert_array_equal(np.concatenate([samples[:0], *blocks]), samples)
    assert all(len(block) == 10 for block in blocks[:-1])
    assert all(0 < len(block) <= 10 for block in blocks)
