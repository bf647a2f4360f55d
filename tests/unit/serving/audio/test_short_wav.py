"""Short WAVs are read as the decoder reads them, and everything else is left to the decoder."""

import io
import struct

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from nemo_voice_serving.audio.decoding import decode_whole
from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.audio.short_wav import MAX_BYTES, read_short_wav

RATE_HZ = 16_000
SOUND = np.random.default_rng(3).integers(-(1 << 15), 1 << 15, 4000).astype("<i2")
SOUND[:2] = -(1 << 15), (1 << 15) - 1


def chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def form(rate_hz: int = RATE_HZ, channels: int = 1, bits: int = 16, tag: int = 1) -> bytes:
    frame = channels * bits // 8
    return chunk(
        b"fmt ", struct.pack("<HHIIHH", tag, channels, rate_hz, rate_hz * frame, frame, bits)
    )


def wav(*chunks: bytes) -> bytes:
    content = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(content)) + content


DATA = chunk(b"data", SOUND.tobytes())
PLAIN = wav(form(), DATA)


def read(data: bytes, max_audio_s: float = 60.0) -> Samples | None:
    return read_short_wav(io.BytesIO(data), RATE_HZ, min_audio_s=0.1, max_audio_s=max_audio_s)


@pytest.mark.parametrize(
    "data",
    [
        PLAIN,
        wav(form(), chunk(b"LIST", b"INFO" + chunk(b"ISFT", b"odd")), DATA),
        wav(form(), DATA, chunk(b"LIST", b"INFO")),
        wav(chunk(b"JUNK", b"\0" * 28), form(), DATA, chunk(b"id3 ", b"tag")),
        wav(form(), chunk(b"data", SOUND.tobytes() + b"\1")),
    ],
)
def test_a_plain_wav_is_read_as_the_decoder_reads_it(data: bytes) -> None:
    np.testing.assert_array_equal(read(data), decode_whole(io.BytesIO(data), RATE_HZ))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF",
        wav(form(8_000), DATA),
        wav(form(channels=2), DATA),
        wav(form(bits=24), DATA),
        wav(form(tag=3), DATA),
        wav(DATA),
        wav(DATA, form()),
        wav(form()),
        wav(form(), chunk(b"cue?", b"1234"), DATA),
        wav(form(), DATA, chunk(b"cue?", b"1234")),
        wav(form(), DATA, DATA),
        wav(form(), DATA, form(8_000)),
        wav(form(), form(), DATA),
        wav(form(), DATA, b"rest"),
        wav(form(), chunk(b"LIST", b"INFOodd"), DATA),
        wav(form(), chunk(b"LIST", b"INFO" + b"ISFT\xff\xff\0\0text"), DATA),
        wav(form(), chunk(b"LIST", b"adtl" + chunk(b"labl", b"text")), DATA),
        PLAIN + PLAIN,
        PLAIN[:-2],
        PLAIN[:40] + b"\xff\xff\xff\xff" + PLAIN[44:],
        wav(form(), chunk(b"data", SOUND[:1500].tobytes())),
        wav(form(), chunk(b"data", b"\1" * MAX_BYTES)),
    ],
    ids=[
        "empty", "cut head", "another rate", "stereo", "24 bits", "floats", "no format",
        "format after the sound", "no sound", "unknown chunk", "unknown chunk at the end",
        "two sounds", "format after the sound too", "two formats", "rest", "list of no parts",
        "list that states too much", "list of labels", "two files", "cut end",
        "unknown length", "too short", "too large",
    ],
)  # fmt: skip
def test_any_other_file_is_left_to_the_decoder(data: bytes) -> None:
    assert read(data) is None


def test_a_recording_that_is_too_long_is_left_to_the_decoder() -> None:
    assert read(PLAIN, max_audio_s=0.25) is not None
    assert read(PLAIN, max_audio_s=0.24) is None


@given(place=st.integers(0, 59), value=st.integers(0, 255))
@settings(deadline=None, database=None, derandomize=True)
def test_a_changed_head_is_read_as_the_decoder_reads_it_or_not_at_all(
    place: int, value: int
) -> None:
    data = PLAIN[:place] + bytes([value]) + PLAIN[place + 1 :]
    found = read(data)
    if found is not None:
        np.testing.assert_array_equal(found, decode_whole(io.BytesIO(data), RATE_HZ))


def test_what_writers_write_is_read() -> None:
    file = io.BytesIO()
    soundfile.write(file, SOUND, RATE_HZ, format="WAV", subtype="PCM_16")
    assert read(file.getvalue()) is not None
