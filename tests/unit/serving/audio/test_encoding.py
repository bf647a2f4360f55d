"""Every format decodes to the samples that were encoded, whole or streamed."""

import gc
import io
import struct

import av
import numpy as np
import psutil
import pytest

from nemo_voice_serving.audio.decoding import decode_whole
from nemo_voice_serving.audio.encoding import (
    AudioFormat,
    Encoder,
    encode_whole,
    encoder_for,
    pcm16,
    wav_header,
)
from support.audio.sounds import Samples, frequency_of, ogg_pages, tone

DURATION_S = 1.5
PADDING_S = {AudioFormat.MP3: 0.09, AudioFormat.AAC: 0.13}
"""Silence that a codec of fixed frames adds: its delay, and the rest of the last frame."""

every_format = pytest.mark.parametrize("audio_format", list(AudioFormat))
compressed = pytest.mark.parametrize("audio_format", ["mp3", "opus", "aac", "flac"])


def _streamed(encoder: Encoder, samples: Samples, block: int) -> list[bytes]:
    blocks = [samples[start : start + block] for start in range(0, len(samples), block)]
    return [encoder.start(), *(encoder.encode(each) for each in blocks), encoder.finish()]


def _readable(audio_format: AudioFormat, data: bytes, rate_hz: int) -> io.BytesIO:
    is_bare = audio_format is AudioFormat.PCM
    return io.BytesIO(wav_header(rate_hz, len(data)) + data if is_bare else data)


@every_format
@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 44_100])
@pytest.mark.parametrize("is_streamed", [False, True])
def test_encoded_samples_decode_to_the_same_sound(
    audio_format: AudioFormat, rate_hz: int, is_streamed: bool
) -> None:
    samples = tone(DURATION_S, rate_hz)
    if is_streamed:
        data = b"".join(_streamed(encoder_for(audio_format, rate_hz), samples, 1_000))
    else:
        data = encode_whole(audio_format, samples, rate_hz)
    decoded = decode_whole(_readable(audio_format, data, rate_hz), rate_hz)
    padding_s = PADDING_S.get(audio_format, 0.0)
    assert DURATION_S - 0.05 <= len(decoded) / rate_hz <= DURATION_S + max(padding_s, 0.05)
    assert frequency_of(decoded, rate_hz) == pytest.approx(440, abs=3)
    assert np.abs(decoded[rate_hz // 4 : rate_hz]).max() == pytest.approx(0.3, rel=0.1)


@compressed
def test_ffmpeg_decodes_a_stream(audio_format: AudioFormat) -> None:
    audio_format = AudioFormat(audio_format)
    data = b"".join(_streamed(encoder_for(audio_format, 22_050), tone(DURATION_S, 22_050), 5_000))
    with av.open(io.BytesIO(data)) as container:
        assert len(container.streams) == 1
        frames = list(container.decode(audio=0))
    duration_s = sum(frame.samples / frame.sample_rate for frame in frames)
    assert duration_s == pytest.approx(DURATION_S, abs=PADDING_S.get(audio_format, 0.05))
    assert {frame.layout.name for frame in frames} == {"mono"}


@every_format
@pytest.mark.parametrize("rate_hz", [22_050, 24_000])
def test_bytes_do_not_depend_on_the_size_of_the_blocks(
    audio_format: AudioFormat, rate_hz: int
) -> None:
    samples = tone(DURATION_S, rate_hz)
    small = b"".join(_streamed(encoder_for(audio_format, rate_hz), samples, 777))
    large = b"".join(_streamed(encoder_for(audio_format, rate_hz), samples, 1 << 20))
    assert small == large


@every_format
def test_streamed_and_whole_files_decode_to_the_same_samples(audio_format: AudioFormat) -> None:
    samples = tone(DURATION_S, 24_000)
    streamed = b"".join(_streamed(encoder_for(audio_format, 24_000), samples, 4_096))
    whole = encode_whole(audio_format, samples, 24_000)
    first = decode_whole(_readable(audio_format, streamed, 24_000), 24_000)
    second = decode_whole(_readable(audio_format, whole, 24_000), 24_000)
    if audio_format is AudioFormat.MP3:  # only a whole MP3 says how much of it is padding
        first = first[1_105 : 1_105 + len(second)]
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("audio_format", ["mp3", "opus", "flac", "wav"])
def test_a_whole_file_has_its_true_length(audio_format: str) -> None:
    data = encode_whole(AudioFormat(audio_format), tone(DURATION_S, 24_000), 24_000)
    assert len(decode_whole(io.BytesIO(data), 24_000)) == DURATION_S * 24_000
    with av.open(io.BytesIO(data)) as container:
        stated_s = (container.duration or 0) / av.time_base
    assert stated_s == pytest.approx(DURATION_S, abs=0.1)


def test_whole_wav_header_is_exact() -> None:
    data = encode_whole(AudioFormat.WAV, tone(1, 22_050), 22_050)
    assert struct.unpack("<4sI4s", data[:12]) == (b"RIFF", len(data) - 8, b"WAVE")
    assert struct.unpack("<HHIIHH", data[20:36]) == (1, 1, 22_050, 44_100, 2, 16)
    assert struct.unpack("<4sI", data[36:44]) == (b"data", len(data) - 44)


def test_a_streamed_wav_states_an_unknown_length() -> None:
    header, first, rest = _streamed(encoder_for(AudioFormat.WAV, 22_050), tone(1, 22_050), 22_050)
    assert struct.unpack("<I", header[4:8]) == struct.unpack("<I", header[40:44]) == (0xFFFFFFFF,)
    assert (len(header), len(first), rest) == (44, 44_100, b"")
    assert len(decode_whole(io.BytesIO(header + first), 22_050)) == 22_050


def test_samples_are_rounded_and_clipped_to_integers() -> None:
    samples = np.array([0, 1.6 / 32768, -1.6 / 32768, 1, -1, 7, -7, np.nan, np.inf, -np.inf])
    integers = np.frombuffer(pcm16(samples.astype(np.float32)), "<i2")
    assert integers.tolist() == [0, 2, -2, 32767, -32768, 32767, -32768, 0, 32767, -32768]


def test_integers_survive_a_round_trip() -> None:
    integers = np.random.default_rng(0).integers(-32768, 32768, 8_000)
    data = encode_whole(AudioFormat.WAV, (integers / 32768).astype(np.float32), 16_000)
    decoded = decode_whole(io.BytesIO(data), 16_000)
    np.testing.assert_array_equal(decoded * 32768, integers)


@compressed
def test_nan_and_infinity_do_not_spoil_the_encoding(audio_format: str) -> None:
    samples = tone(1, 22_050)
    samples[:100] = np.nan
    samples[100:200:2] = np.inf
    data = encode_whole(AudioFormat(audio_format), samples, 22_050)
    assert frequency_of(decode_whole(io.BytesIO(data), 22_050), 22_050) == pytest.approx(440, abs=3)


@every_format
def test_a_stream_is_emitted_while_samples_are_pushed(audio_format: AudioFormat) -> None:
    parts = _streamed(encoder_for(audio_format, 22_050), tone(3, 22_050), 22_050 // 10)
    first_s = next(index for index, part in enumerate(parts[1:], start=1) if part) * 0.1
    assert first_s <= 0.5
    gaps = np.diff([index for index, part in enumerate(parts[1:-1]) if part])
    assert gaps.max() <= 3


@every_format
def test_a_stream_without_samples_is_no_error(audio_format: AudioFormat) -> None:
    encoder = encoder_for(audio_format, 22_050)
    assert isinstance(
        encoder.start() + encoder.encode(np.empty(0, np.float32)) + encoder.finish(), bytes
    )
    assert isinstance(encode_whole(audio_format, np.empty(0, np.float32), 22_050), bytes)


@pytest.mark.parametrize(
    ("audio_format", "rate_hz", "written_hz"),
    [
        ("mp3", 22_050, 22_050),
        ("mp3", 23_000, 24_000),
        ("mp3", 96_000, 48_000),
        ("aac", 7_000, 8_000),
        ("flac", 23_456, 23_456),
        ("opus", 22_050, 48_000),  # FFmpeg's decoder always gives 48 kHz
    ],
)
def test_the_written_rate_is_one_that_the_codec_supports(
    audio_format: str, rate_hz: int, written_hz: int
) -> None:
    data = encode_whole(AudioFormat(audio_format), tone(1, rate_hz), rate_hz)
    with av.open(io.BytesIO(data)) as container:
        assert container.streams.audio[0].sample_rate == written_hz


@pytest.mark.parametrize("audio_format", ["wav", "pcm", "flac"])
@pytest.mark.parametrize(
    ("rate_hz", "to_hz"), [(22_050, 24_000), (22_050, 8_000), (16_000, 48_000)]
)
def test_a_stream_is_resampled_without_loss(audio_format: str, rate_hz: int, to_hz: int) -> None:
    encoder = encoder_for(AudioFormat(audio_format), rate_hz, to_hz=to_hz)
    data = b"".join(_streamed(encoder, tone(DURATION_S, rate_hz), 1_000))
    readable = _readable(AudioFormat(audio_format), data, to_hz)
    with av.open(readable) as container:
        assert container.streams.audio[0].sample_rate == to_hz
    decoded = decode_whole(readable, to_hz)
    assert len(decoded) / to_hz == pytest.approx(DURATION_S, abs=0.001)
    assert frequency_of(decoded, to_hz) == pytest.approx(440, abs=3)


def test_resampling_is_seamless_between_pushes() -> None:
    samples = tone(DURATION_S, 22_050)
    encoder = encoder_for(AudioFormat.PCM, 22_050, to_hz=24_000)
    written = np.frombuffer(b"".join(_streamed(encoder, samples, 777)), "<i2") / 32768
    expected = tone(DURATION_S, 24_000)
    assert len(written) == len(expected)
    middle = slice(2_400, -2_400)  # a tone that begins at once is no band-limited sound
    assert np.abs(written - expected)[middle].max() < 0.001


def test_a_nan_silences_no_other_sample() -> None:
    samples = tone(DURATION_S, 22_050)
    samples[11_025] = np.nan
    encoder = encoder_for(AudioFormat.PCM, 22_050, to_hz=24_000)
    written = np.frombuffer(b"".join(_streamed(encoder, samples, 5_000)), "<i2") / 32768
    assert frequency_of(written.astype(np.float32), 24_000) == pytest.approx(440, abs=3)
    assert np.abs(written).max() == pytest.approx(0.3, rel=0.1)


@pytest.mark.parametrize("rate_hz", [22_050, 24_000])
def test_opus_is_one_ogg_stream_from_its_first_page_to_its_last(rate_hz: int) -> None:
    encoder = encoder_for(AudioFormat.OPUS, rate_hz)
    pages = ogg_pages(b"".join(_streamed(encoder, tone(5, rate_hz), 1_000)))
    assert len({page.serial for page in pages}) == 1
    assert [page.sequence for page in pages] == list(range(len(pages)))
    assert [page.is_first for page in pages] == [True] + [False] * (len(pages) - 1)
    assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]
    positions = [page.position for page in pages]
    assert positions == sorted(positions)


@every_format
def test_media_type_is_of_audio(audio_format: AudioFormat) -> None:
    assert audio_format.media_type.startswith("audio/")


def test_media_types_are_those_that_players_expect() -> None:
    types = [AudioFormat(name).media_type for name in ("mp3", "opus", "wav")]
    assert types == ["audio/mpeg", "audio/ogg", "audio/wav"]


def test_a_dropped_encoder_frees_its_memory_at_once() -> None:
    process = psutil.Process()
    samples = tone(0.2, 22_050)

    def drop(count: int) -> int:
        for _ in range(count):
            encoder = encoder_for(AudioFormat.FLAC, 22_050)
            encoder.start()
            encoder.encode(samples)
        return int(process.memory_info().rss)

    gc.disable()
    try:
        before = drop(3)
        growth = drop(10) - before
    finally:
        gc.enable()
    assert growth < 20_000_000  # waiting for the garbage collector would hold 70 MB
