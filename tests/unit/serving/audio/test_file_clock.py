"""Sound stands where the file's own clock has it: late beginnings, gaps, jitter and lies."""

import io
import struct
from collections.abc import Callable

import numpy as np
import pytest

from nemo_voice_serving.audio.decoding import decode, decode_whole
from nemo_voice_serving.errors import PayloadTooLarge
from support.audio.films import Retime, Track, film, shifted, spans_of, with_block_times
from support.audio.sounds import Samples, tone

RATE_HZ = 16_000
FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof+frag_discont"}
DAY_S = 2**33 / 90_000
"""After so long the clock of a broadcast begins again."""


def made(
    container: str,
    codec: str,
    at: Retime,
    *,
    picture: str | None = "mpeg4",
    pictures_at: Retime = lambda time_s: time_s,
    options: dict[str, str] | None = None,
    sound_s: float = 6.0,
) -> bytes:
    rate_hz = 44_100 if container in {"flv", "asf"} else 48_000
    track = Track(codec, rate_hz, tone(sound_s, rate_hz), at)
    return film(
        container, track, picture=picture, pictures_at=pictures_at, options=options, length_s=12
    )


CLOCKS: dict[str, Callable[..., bytes]] = {
    "mkv": lambda at, **more: made("matroska", "aac", at, **more),
    "mkv with mp3": lambda at, **more: made("matroska", "libmp3lame", at, **more),
    "mkv with opus": lambda at, **more: made("matroska", "libopus", at, **more),
    "mkv with plain samples": lambda at, **more: made("matroska", "pcm_s16le", at, **more),
    "webm": lambda at, **more: made("webm", "libopus", at, **{"picture": "libvpx", **more}),
    "mp4": lambda at, **more: made("mp4", "aac", at, **more),
    "mp4 with opus": lambda at, **more: made("mp4", "libopus", at, **more),
    "fragmented mp4": lambda at, **more: made("mp4", "aac", at, options=FRAGMENTED, **more),
    "mov": lambda at, **more: made("mov", "aac", at, **more),
    "transport stream": lambda at, **more: made("mpegts", "aac", at, **more),
    "program stream": lambda at, **more: made(
        "mpeg", "mp2", at, **{"picture": "mpeg2video", **more}
    ),
    "wma": lambda at, **more: made("asf", "wmav2", at, **{"picture": "wmv2", **more}),
    "mkv with flac": lambda at, **more: made("matroska", "flac", at, **more),
    "mkv with ac-3": lambda at, **more: made("matroska", "ac3", at, **more),
    "mp4 with alac": lambda at, **more: made("mp4", "alac", at, **more),
    "flv": lambda at, **more: made("flv", "aac", at, **{"picture": "flv", **more}),
}
"""Files with a picture that starts at 0 and 6 s of sound, which is moved."""


def heard(data: bytes, **options: float) -> Samples:
    return decode_whole(io.BytesIO(data), RATE_HZ, **options)


def tears_of(samples: Samples) -> list[tuple[float, float]]:
    """Returns the stretches of sound when there is more than one, parted by 5 ms of silence."""
    # The last moment is left out: WMA rings where the sound ends.
    spans = spans_of(samples[: -RATE_HZ // 10], RATE_HZ, apart_s=0.005)
    return spans if len(spans) > 1 else []


def expect_spans(data: bytes, *spans: tuple[float, float], within_s: float = 0.1) -> None:
    found = spans_of(heard(data), RATE_HZ)
    assert len(found) == len(spans), found
    for one, expected in zip(found, spans, strict=True):
        assert one == pytest.approx(expected, abs=within_s)


@pytest.mark.parametrize("name", CLOCKS)
def test_sound_that_begins_after_the_picture_does_so_in_the_times(name: str) -> None:
    expect_spans(CLOCKS[name](shifted(3.0)), (3, 9))


@pytest.mark.parametrize("name", CLOCKS)
def test_a_gap_without_packets_keeps_its_length(name: str) -> None:
    data = CLOCKS[name](
        lambda time_s: None if 1 <= time_s < 2 else time_s + (7.4 if time_s >= 2 else 0)
    )
    expect_spans(data, (0, 1), (9.4, 13.4))


@pytest.mark.parametrize("name", CLOCKS)
@pytest.mark.parametrize("count", [3, 5, 23])
def test_sound_without_gaps_has_none(name: str, count: int) -> None:
    samples = heard(CLOCKS[name](shifted(0.0), sound_s=count * 0.25))
    assert len(samples) / RATE_HZ == pytest.approx(count * 0.25, abs=0.1)
    assert not tears_of(samples)


@pytest.mark.parametrize("name", CLOCKS)
def test_a_clock_that_does_not_begin_at_zero_counts_from_its_beginning(name: str) -> None:
    at = shifted(1003.0, without=(3.0, 5.0))
    data = CLOCKS[name](at, pictures_at=shifted(1000.0))
    expect_spans(data, (3, 6), (8, 9))


@pytest.mark.parametrize("codec", ["libmp3lame", "pcm_s16le", "ac3"])
def test_a_track_of_an_avi_begins_when_it_says(codec: str) -> None:
    data = bytearray(made("avi", codec, shifted(0.0)))
    place = data.index(b"auds")
    scale, rate = struct.unpack_from("<II", data, place + 20)
    struct.pack_into("<I", data, place + 28, round(3 * rate / scale))
    expect_spans(bytes(data), (3, 9))


@pytest.mark.parametrize("name", ["mkv", "webm", "mp4", "transport stream"])
def test_sound_alone_begins_at_zero(name: str) -> None:
    expect_spans(CLOCKS[name](shifted(500.0, without=(3.0, 5.0)), picture=None), (0, 3), (5, 6))


@pytest.mark.parametrize("codec", ["libopus", "flac"])
def test_ogg_from_the_middle_of_a_broadcast_begins_at_zero(codec: str) -> None:
    data = made("ogg", codec, shifted(4000.0), picture=None)
    assert len(heard(data, max_audio_s=60)) / RATE_HZ == pytest.approx(6, abs=0.1)


def test_opus_in_ogg_keeps_its_gaps() -> None:
    data = made("ogg", "libopus", shifted(0.0, without=(2.0, 4.0)), picture=None)
    expect_spans(data, (0, 2), (4, 6))


@pytest.mark.parametrize("begins_s", [0.0, 1.4, 95_000.0, DAY_S - 20, DAY_S - 5])
def test_a_broadcast_may_begin_at_any_time_and_pass_its_clocks_end(begins_s: float) -> None:
    data = made(
        "mpegts",
        "aac",
        shifted(begins_s + 3, without=(2.0, 4.0)),
        pictures_at=shifted(begins_s),
    )
    expect_spans(data, (3, 5), (7, 9))


@pytest.mark.parametrize("leap_s", [-3.0, -60.0, 40.0, 36_000.0])
def test_where_a_broadcast_was_cut_it_goes_on_without_a_gap(leap_s: float) -> None:
    def cut(time_s: float) -> float:
        return time_s + 100 + (leap_s if time_s >= 3 else 0)

    # FFmpeg writes no clock that goes back: two halves, one after the other.
    first = made("mpegts", "aac", shifted(100.0, without=(3.0, 9.0)), sound_s=3)
    second = made(
        "mpegts", "aac", lambda t: cut(t + 3), sound_s=3, pictures_at=lambda t: cut(t + 3)
    )
    whole = _cut_pictures(first, 100.0) + second
    samples = heard(whole, max_audio_s=60)
    assert len(samples) / RATE_HZ == pytest.approx(6, abs=0.3)


def _cut_pictures(_data: bytes, begins_s: float) -> bytes:
    """Returns a broadcast of three seconds, pictures as sound."""
    track = Track("aac", 48_000, tone(3.0, 48_000), shifted(begins_s))
    return film("mpegts", track, pictures_at=shifted(begins_s), length_s=3)


def test_a_broadcast_that_is_muted_for_long_keeps_its_times() -> None:
    track = Track("aac", 48_000, tone(4.0, 48_000), lambda t: t + (28 if t >= 2 else 0))
    data = film("mpegts", track, length_s=34)
    expect_spans(data, (0, 2), (30, 32))


def jittering(seed: int, most_s: float) -> Retime:
    random = np.random.default_rng(seed)
    return lambda time_s: time_s + 0.2 + float(random.uniform(-most_s, most_s))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("most_s", [0.008, 0.05, 0.1])
def test_times_that_jitter_do_not_tear_the_sound(seed: int, most_s: float) -> None:
    samples = heard(_rewritten(jittering(seed, most_s)))
    assert len(samples) / RATE_HZ == pytest.approx(6, abs=2 * most_s + 0.03)
    assert not tears_of(samples)


def _rewritten(at: Retime) -> bytes:
    """Returns Opus in Matroska whose blocks have any times."""
    return with_block_times(made("matroska", "libopus", shifted(0.0), picture=None), at)


def test_one_packet_that_lies_about_its_time_changes_nothing() -> None:
    def lying(time_s: float) -> float:
        return 30.0 if abs(time_s - 3) < 0.011 else time_s

    samples = heard(_rewritten(lying), max_audio_s=10)
    assert len(samples) / RATE_HZ == pytest.approx(6, abs=0.05)


def leaping(time_s: float) -> float:
    return time_s + (36_000 if time_s >= 2 else 0)


@pytest.mark.parametrize("name", ["mkv", "webm", "mp4", "fragmented mp4", "flv"])
def test_a_gap_beyond_the_limit_is_refused(name: str) -> None:
    with pytest.raises(
        PayloadTooLarge, match=r"lasts at least 36|leaves 36000\.\d s without sound"
    ):
        heard(CLOCKS[name](leaping), max_audio_s=4 * 3600)


def test_a_gap_that_no_header_tells_of_is_refused_before_it_takes_room() -> None:
    data = _without_duration(made("matroska", "libopus", leaping, picture=None))
    blocks = decode(io.BytesIO(data), RATE_HZ, block_s=1.0, max_audio_s=4 * 3600)
    taken: list[Samples] = []
    with pytest.raises(PayloadTooLarge) as refused:
        taken.extend(blocks)
    assert "leaves 36000" in refused.value.message
    assert "after 2.0 s" in refused.value.message
    assert len(taken) <= 2


def _without_duration(data: bytes) -> bytes:
    """Replaces the element of the duration by one that means nothing."""
    place = data.index(b"\x44\x89\x88")
    return data[:place] + b"\xec\x89" + bytes(9) + data[place + 11 :]


@pytest.mark.parametrize("codec", ["aac", "libmp3lame"])
def test_lost_packets_do_not_add_up(codec: str) -> None:
    random = np.random.default_rng(0)
    data = made(
        "matroska", codec, lambda t: None if t > 0.5 and random.random() < 0.1 else t, sound_s=20
    )
    assert len(heard(data)) / RATE_HZ == pytest.approx(20, abs=0.15)
