"""Raw samples are decoded as their Content-Type states."""

import io

import numpy as np
import pytest
import soundfile

from nemo_voice_serving.audio.decoding import decode as decoded
from nemo_voice_serving.audio.decoding import decode_whole
from nemo_voice_serving.audio.encoding import AudioFormat, encode_whole
from nemo_voice_serving.audio.raw import RawFormat, raw_format_of
from nemo_voice_serving.errors import UnsupportedAudio
from support.audio.sounds import frequency_of, tone


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        (None, None),
        ("", None),
        ("audio/wav", None),
        ("application/octet-stream", None),
        ("audio/pcm", RawFormat(24_000)),
        ("audio/pcm;rate=16000", RawFormat(16_000)),
        ('Audio/PCM; Rate="8000"; Channels=2', RawFormat(8_000, 2)),
        ("audio/L16;rate=44100", RawFormat(44_100, 1, is_big_endian=True)),
        ("audio/l16; rate=16000; endianness=little-endian", RawFormat(16_000)),
    ],
)
def test_content_type_states_the_raw_format(
    content_type: str | None, expected: RawFormat | None
) -> None:
    assert raw_format_of(content_type) == expected


@pytest.mark.parametrize(
    "content_type",
    [
        "audio/L16",
        "audio/pcm;rate=fast",
        "audio/pcm;rate=-1",
        "audio/pcm;endianness=middle",
        "audio/pcm;rate=" + 5000 * "9",
        "audio/pcm;rate*=1;rate*0=2",
    ],
)
def test_missing_or_malformed_parameters_are_refused(content_type: str) -> None:
    with pytest.raises(UnsupportedAudio) as refused:
        raw_format_of(content_type)
    assert refused.value.param is None


@pytest.mark.parametrize("dtype", ["<i2", ">i2"])
def test_samples_are_read_in_the_stated_byte_order(dtype: str) -> None:
    sound = tone(1.0, 8_000, frequency_hz=440)
    both = np.repeat(sound[:, None], 2, axis=1)
    file = io.BytesIO((both * 32767).astype(dtype).tobytes())
    raw = RawFormat(8_000, 2, is_big_endian=dtype == ">i2")
    samples = np.concatenate(list(decoded(file, 16_000, raw_format=raw)))
    assert len(samples) == 16_000
    assert frequency_of(samples, 16_000) == pytest.approx(440, abs=2)


@pytest.mark.parametrize(
    ("data", "raw"),
    [
        (b"", RawFormat(16_000)),
        (b"\0\1" * 100, RawFormat(16_000)),
        (b"\0\1" * 16_000, RawFormat(0)),
        (b"\0\1" * 16_000, RawFormat(16_000, 0)),
        (b"\0\1" * 16_000, RawFormat(16_000, 10**9)),
        (b"\0\1" * 16_000, RawFormat(10**30)),
    ],
)
def test_empty_input_and_impossible_formats_are_refused(data: bytes, raw: RawFormat) -> None:
    with pytest.raises(UnsupportedAudio):
        list(decoded(io.BytesIO(data), 16_000, raw_format=raw))


def test_an_odd_last_byte_is_ignored() -> None:
    file = io.BytesIO(b"\0\1" * 16_000 + b"\0")
    assert sum(map(len, decoded(file, 16_000, raw_format=RawFormat(16_000)))) == 16_000


@pytest.mark.parametrize("audio_format", [AudioFormat.WAV, AudioFormat.FLAC, AudioFormat.MP3])
def test_a_file_that_is_closed_while_it_is_decoded_ends_early(audio_format: AudioFormat) -> None:
    file = io.BytesIO(encode_whole(audio_format, tone(60.0, 16_000), 16_000))
    blocks = decoded(file, 16_000)
    next(blocks)
    file.close()
    assert sum(map(len, blocks)) < 59 * 16_000


def test_channels_that_cancel_each_other_out_are_not_averaged() -> None:
    sound = tone(1.0, 16_000)
    file = io.BytesIO()
    soundfile.write(file, np.stack([sound, -sound], axis=1), 16_000, format="WAV")
    assert np.abs(decode_whole(file, 16_000)).max() == pytest.approx(0.3, abs=0.01)
