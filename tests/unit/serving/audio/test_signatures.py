"""What a file is by its first bytes counts more than a Content-Type of raw samples."""

import io

import numpy as np
import pytest

from nemo_voice_serving.audio.decoding import decode
from nemo_voice_serving.audio.encoding import AudioFormat, encode_whole
from nemo_voice_serving.audio.raw import RawFormat
from nemo_voice_serving.audio.signatures import HEAD_BYTES, names_its_format
from support.audio.sounds import (
    Samples,
    ffmpeg_bytes,
    frequency_of,
    libsndfile_bytes,
    noise,
    tone,
)

RATE_HZ = 16_000
TONE = tone(2.0, RATE_HZ)
INTEGERS = (TONE * 32768).astype(np.int16)
FILES = {
    "wav": libsndfile_bytes(TONE, RATE_HZ, "WAV", "PCM_16"),
    "rf64": libsndfile_bytes(TONE, RATE_HZ, "RF64", "PCM_16"),
    "w64": libsndfile_bytes(TONE, RATE_HZ, "W64", "PCM_16"),
    "aiff": libsndfile_bytes(TONE, RATE_HZ, "AIFF", "PCM_16"),
    "au": libsndfile_bytes(TONE, RATE_HZ, "AU", "PCM_16"),
    "caf": libsndfile_bytes(TONE, RATE_HZ, "CAF", "PCM_16"),
    "flac": libsndfile_bytes(TONE, RATE_HZ, "FLAC", "PCM_16"),
    "vorbis": libsndfile_bytes(TONE, RATE_HZ, "OGG", "VORBIS"),
    "opus": encode_whole(AudioFormat.OPUS, TONE, RATE_HZ),
    "aac": encode_whole(AudioFormat.AAC, TONE, RATE_HZ),
    "mp2": ffmpeg_bytes((tone(2.0, 48_000) * 32768).astype(np.int16), 48_000, "mp2", "mp2", "s16"),
    **{
        f"mp3 of {rate_hz} Hz": encode_whole(AudioFormat.MP3, tone(2.0, rate_hz), rate_hz)
        for rate_hz in (8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000)
    },
    "mp3 with a tag": ffmpeg_bytes(TONE, RATE_HZ, "mp3", "libmp3lame", "fltp"),
    "mp4": ffmpeg_bytes(TONE, RATE_HZ, "mp4", "aac", "fltp"),
    "quicktime": ffmpeg_bytes(INTEGERS, RATE_HZ, "mov", "pcm_s16le", "s16"),
    "webm": ffmpeg_bytes(tone(2.0, 48_000), 48_000, "webm", "libopus", "flt"),
    "matroska": ffmpeg_bytes(INTEGERS, RATE_HZ, "matroska", "pcm_s16le", "s16"),
    "avi": ffmpeg_bytes(INTEGERS, RATE_HZ, "avi", "pcm_s16le", "s16"),
    "flv": ffmpeg_bytes(tone(2.0, 22_050), 22_050, "flv", "aac", "fltp"),
    "wma": ffmpeg_bytes(tone(2.0, 22_050), 22_050, "asf", "wmav2", "fltp"),
    "transport stream": ffmpeg_bytes(TONE, RATE_HZ, "mpegts", "aac", "fltp"),
    "program stream": ffmpeg_bytes(INTEGERS, RATE_HZ, "mpeg", "mp2", "s16"),
}


@pytest.mark.parametrize("data", FILES.values(), ids=FILES.keys())
@pytest.mark.parametrize(
    "raw_format", [RawFormat(24_000), RawFormat(48_000, 2, is_big_endian=True)]
)
def test_a_file_that_is_sent_as_raw_samples_is_read_as_what_it_is(
    data: bytes, raw_format: RawFormat
) -> None:
    blocks = decode(io.BytesIO(data), RATE_HZ, raw_format=raw_format)
    samples = np.concatenate(list(blocks))
    assert len(samples) / RATE_HZ == pytest.approx(2, abs=0.15)
    assert frequency_of(samples, RATE_HZ) == pytest.approx(440, abs=3)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(RATE_HZ, np.float32),
        np.full(RATE_HZ, 1 / 32768, np.float32),
        np.full(RATE_HZ, -1 / 32768, np.float32),
        np.concatenate([np.zeros(40, np.float32), TONE]),
        *(noise(0.1, RATE_HZ, level_dbfs=level, seed=-level) for level in range(0, -90, -3)),
    ],
    ids=lambda samples: f"{samples[0]:.6f}",
)
@pytest.mark.parametrize("dtype", ["<i2", ">i2"])
def test_raw_samples_are_no_file(samples: Samples, dtype: str) -> None:
    integers = np.clip(samples * 32768, -32768, 32767).astype(dtype)
    for start in range(0, len(integers) - HEAD_BYTES, 7):
        assert not names_its_format(integers[start : start + HEAD_BYTES].tobytes())
