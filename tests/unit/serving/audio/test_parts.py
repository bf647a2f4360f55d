"""Recordings that follow each other in one file are all heard."""

import io
from itertools import pairwise

import numpy as np
import pytest
import soundfile

from nemo_voice_serving.audio import tracks
from nemo_voice_serving.audio.decoding import decode_whole
from nemo_voice_serving.audio.encoding import AudioFormat, encode_whole, wav_header
from nemo_voice_serving.audio.parts import MAX_PARTS, parts_of
from nemo_voice_serving.errors import UnsupportedAudio
from support.audio.films import Track, film, shifted
from support.audio.sounds import (
    Samples,
    ffmpeg_bytes,
    frequency_of,
    libsndfile_bytes,
    speech_like,
    tone,
)

RATE_HZ = 16_000


def joined(container: str, codec: str, rate_hz: int, channels: int, tone_hz: float) -> bytes:
    """One recording of two seconds."""
    sound = tone(2.0, rate_hz, frequency_hz=tone_hz)
    return libsndfile_bytes(np.repeat(sound[:, None], channels, axis=1), rate_hz, container, codec)


def vorbis(rate_hz: int, channels: int, tone_hz: float) -> bytes:
    return joined("OGG", "VORBIS", rate_hz, channels, tone_hz)


def opus(rate_hz: int, channels: int, tone_hz: float) -> bytes:
    return joined("OGG", "OPUS", rate_hz, channels, tone_hz)


def flac(rate_hz: int, channels: int, tone_hz: float) -> bytes:
    return joined("FLAC", "PCM_16", rate_hz, channels, tone_hz)


def wav(rate_hz: int, channels: int, tone_hz: float) -> bytes:
    return joined("WAV", "PCM_16", rate_hz, channels, tone_hz)


def big_endian_wav(rate_hz: int, channels: int, tone_hz: float) -> bytes:
    sound = tone(2.0, rate_hz, frequency_hz=tone_hz)
    file = io.BytesIO()
    shaped = np.repeat(sound[:, None], channels, axis=1)
    soundfile.write(file, shaped, rate_hz, "PCM_16", "BIG", "WAV")
    return file.getvalue()


def flac_in_ogg(rate_hz: int, _channels: int, tone_hz: float) -> bytes:
    sound = tone(2.0, rate_hz, frequency_hz=tone_hz)
    return film("ogg", Track("flac", rate_hz, sound), picture=None)


def webm(_rate_hz: int, channels: int, tone_hz: float) -> bytes:
    sound = np.repeat(tone(2.0, 48_000, frequency_hz=tone_hz), channels)
    layout = "stereo" if channels == 2 else "mono"
    return ffmpeg_bytes(sound, 48_000, "webm", "libopus", "flt", layout=layout)


def mp4(rate_hz: int, channels: int, tone_hz: float) -> bytes:
    sound = np.repeat(tone(2.0, rate_hz, frequency_hz=tone_hz)[None], channels, axis=0)
    layout = "stereo" if channels == 2 else "mono"
    return ffmpeg_bytes(sound, rate_hz, "mp4", "aac", "fltp", layout=layout)


def fragmented(rate_hz: int, _channels: int, tone_hz: float) -> bytes:
    sound = Track("aac", rate_hz, tone(2.0, rate_hz, frequency_hz=tone_hz), shifted(100.0))
    options = {"movflags": "frag_every_frame+empty_moov+frag_discont+default_base_moof"}
    return film("mp4", sound, picture=None, options=options)


def mp3(rate_hz: int, _channels: int, tone_hz: float) -> bytes:
    return encode_whole(AudioFormat.MP3, tone(2.0, rate_hz, frequency_hz=tone_hz), rate_hz)


def aac(rate_hz: int, _channels: int, tone_hz: float) -> bytes:
    return encode_whole(AudioFormat.AAC, tone(2.0, rate_hz, frequency_hz=tone_hz), rate_hz)


def transport(rate_hz: int, _channels: int, tone_hz: float) -> bytes:
    return ffmpeg_bytes(tone(2.0, rate_hz, frequency_hz=tone_hz), rate_hz, "mpegts", "aac", "fltp")


MADE = {
    one.__name__: one
    for one in (
        vorbis,
        opus,
        flac,
        wav,
        big_endian_wav,
        flac_in_ogg,
        webm,
        mp4,
        fragmented,
        mp3,
        aac,
        transport,
    )
}
ENCODERS_PAD = {"mp3", "aac", "transport", "mp4", "fragmented"}
SHAPES = [(16_000, 1, 440.0), (48_000, 2, 880.0), (24_000, 1, 1_320.0)]


def seconds(samples: Samples, place: int, count: int) -> Samples:
    """The middle of one of so many recordings."""
    length = len(samples) // count
    return samples[place * length + length // 4 : (place + 1) * length - length // 4]


@pytest.mark.parametrize("name", MADE)
def test_three_recordings_in_one_file_are_heard_whole(name: str) -> None:
    data = b"".join(MADE[name](16_000 if name != "webm" else 48_000, 1, hz) for *_, hz in SHAPES)
    samples = decode_whole(io.BytesIO(data), RATE_HZ)
    assert len(samples) / RATE_HZ == pytest.approx(6, abs=0.4 if name in ENCODERS_PAD else 0.15)
    for place, (*_, tone_hz) in enumerate(SHAPES):
        part = seconds(samples, place, 3)
        assert frequency_of(part, RATE_HZ) == pytest.approx(tone_hz, abs=4)
        assert np.abs(part).max() == pytest.approx(0.3, rel=0.15)


@pytest.mark.parametrize(
    "name", ["vorbis", "opus", "flac", "wav", "big_endian_wav", "flac_in_ogg", "webm", "mp4"]
)
def test_each_may_have_its_own_rate_and_channels(name: str) -> None:
    data = b"".join(MADE[name](*shape) for shape in SHAPES)
    samples = decode_whole(io.BytesIO(data), RATE_HZ)
    assert len(samples) / RATE_HZ == pytest.approx(6, abs=0.4 if name in ENCODERS_PAD else 0.15)
    for place, (*_, tone_hz) in enumerate(SHAPES):
        assert frequency_of(seconds(samples, place, 3), RATE_HZ) == pytest.approx(tone_hz, abs=4)


def test_each_may_have_its_own_codec() -> None:
    data = opus(48_000, 1, 440.0) + vorbis(44_100, 2, 880.0) + flac_in_ogg(16_000, 1, 1_320.0)
    samples = decode_whole(io.BytesIO(data), RATE_HZ)
    for place, (*_, tone_hz) in enumerate(SHAPES):
        assert frequency_of(seconds(samples, place, 3), RATE_HZ) == pytest.approx(tone_hz, abs=4)


@pytest.mark.parametrize("format_", [AudioFormat.OPUS, AudioFormat.FLAC, AudioFormat.WAV])
def test_our_own_responses_one_after_the_other_are_heard_whole(format_: AudioFormat) -> None:
    data = encode_whole(format_, tone(2.0, 24_000), 24_000)
    samples = decode_whole(io.BytesIO(data * 3), RATE_HZ)
    assert len(samples) / RATE_HZ == pytest.approx(6, abs=0.05)


def test_the_times_of_a_chain_are_the_sum_of_its_links() -> None:
    first = film("ogg", Track("libopus", 48_000, tone(3.0, 48_000), shifted(7000.0)), picture=None)
    second = opus(48_000, 2, 880.0)
    samples = decode_whole(io.BytesIO(first + second), RATE_HZ, max_audio_s=20)
    assert len(samples) / RATE_HZ == pytest.approx(5, abs=0.02)


def test_very_short_links_are_heard() -> None:
    data = libsndfile_bytes(tone(0.05, 48_000), 48_000, "OGG", "OPUS") * 20
    assert len(decode_whole(io.BytesIO(data), RATE_HZ)) / RATE_HZ == pytest.approx(1, abs=0.05)
    with pytest.raises(UnsupportedAudio, match="ms of sound"):
        decode_whole(io.BytesIO(data[: len(data) // 20]), RATE_HZ)


@pytest.mark.parametrize("name", ["vorbis", "opus", "flac", "wav"])
def test_a_damaged_link_leaves_the_others(name: str) -> None:
    one = MADE[name](16_000, 1, 440.0)
    damaged = one[:60] + np.random.default_rng(0).bytes(len(one) - 60)
    samples = decode_whole(io.BytesIO(one + damaged + one), RATE_HZ, max_audio_s=60)
    assert len(samples) / RATE_HZ > 3.9


@pytest.mark.parametrize("name", ["flac", "wav"])
def test_a_file_that_ends_within_a_link_is_heard_as_far_as_it_goes(name: str) -> None:
    one = MADE[name](16_000, 1, 440.0)
    samples = decode_whole(io.BytesIO(one + one[: len(one) // 2]), RATE_HZ)
    assert 2.5 < len(samples) / RATE_HZ < 3.5


def test_a_wav_without_a_stated_end_has_none_after_it() -> None:
    data = wav_header(RATE_HZ, None) + bytes(64_000)
    assert [(one.start, one.end) for one in parts_of(io.BytesIO(data * 2))] == [(0, 2 * len(data))]


def test_rubbish_after_a_recording_is_no_part() -> None:
    for made in (vorbis, flac, wav, webm):
        data = made(16_000, 1, 440.0)
        assert len(parts_of(io.BytesIO(data + b"ID3 or other rubbish" * 100))) == 1


@pytest.mark.parametrize("offset", [-3, 0, 5, (1 << 20) - 7])
def test_a_link_is_found_wherever_it_begins(offset: int) -> None:
    first = flac(16_000, 1, 440.0)
    filling = bytes((1 << 20) - len(first) + offset)
    parts = parts_of(io.BytesIO((first + filling + first) * 2))
    assert [one.start for one in parts] == sorted({one.start for one in parts})
    assert len(parts) == 4
    for one, following in pairwise(parts):
        assert one.end == following.start


def test_parts_share_the_search_for_a_track_with_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracks, "_MOST_S", 40.0)
    silence = np.zeros(12 * RATE_HZ, np.float32)
    late = np.concatenate([silence, speech_like([(0.0, 3.0)], 3.0, RATE_HZ)])
    one = film("matroska", *[Track("aac", RATE_HZ, sound) for sound in (silence, late)])
    # It takes 24 s of silence to find the second track, and each of three has a third of 40 s.
    for count, is_found in ((1, True), (3, False)):
        heard = decode_whole(io.BytesIO(one * count), RATE_HZ)
        assert bool(np.abs(heard).max() > 0.1) is is_found


def test_more_recordings_than_are_read_are_refused_with_a_reason() -> None:
    data = libsndfile_bytes(tone(0.05, 48_000), 48_000, "OGG", "OPUS") * (MAX_PARTS + 1)
    with pytest.raises(UnsupportedAudio, match=f"more than {MAX_PARTS} recordings"):
        decode_whole(io.BytesIO(data), RATE_HZ)
