"""Of several sound tracks the default one is heard, else the first that is not silent."""

import io
import tracemalloc

import numpy as np
import pytest

from nemo_voice_serving.audio import tracks
from nemo_voice_serving.audio.decoding import decode, decode_whole
from nemo_voice_serving.audio.samples import MonoBlock
from nemo_voice_serving.audio.tracks import first_with_sound
from support.audio.films import Track, film, shifted, spans_of
from support.audio.sounds import Samples, frequency_of, noise, speech_like, tone

RATE_HZ = 16_000
SILENT = np.zeros(4 * 48_000, np.float32)
CONTAINERS = {
    "matroska": "mpeg4",
    "mp4": "mpeg4",
    "mov": "mpeg4",
    "mpegts": "mpeg4",
    "avi": "mpeg4",
}


def swelling(frequency_hz: float) -> Samples:
    """A tone that comes and goes, since a steady one counts as noise."""
    times = np.arange(4 * 48_000) / 48_000
    swell = np.sin(np.pi * times) ** 2
    return tone(4.0, 48_000, frequency_hz=frequency_hz) * swell.astype(np.float32)


def heard_hz(*made: Track, container: str = "matroska", picture: str | None = "mpeg4") -> float:
    data = film(container, *made, picture=picture)
    samples = decode_whole(io.BytesIO(data), RATE_HZ)
    return frequency_of(samples, RATE_HZ) if np.abs(samples).max() > 0.05 else 0.0


def track(sound: Samples, *, is_default: bool = False, codec: str = "aac") -> Track:
    return Track(codec, 48_000, sound, is_default=is_default)


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("silent_first", [0, 1, 3])
def test_the_first_track_with_sound_is_heard(container: str, silent_first: int) -> None:
    codec = "libmp3lame" if container == "avi" else "aac"
    silent = [track(SILENT, codec=codec)] * silent_first
    made = [*silent, track(swelling(440), codec=codec), track(swelling(880), codec=codec)]
    assert heard_hz(*made, container=container) == pytest.approx(440, abs=3)


def test_the_default_track_is_heard_wherever_it_is() -> None:
    made = [track(swelling(440)), track(swelling(880), is_default=True)]
    assert heard_hz(*made) == pytest.approx(880, abs=3)


def test_of_several_default_tracks_the_first_with_sound_is_heard() -> None:
    made = [track(swelling(440)), track(SILENT, is_default=True)]
    assert heard_hz(*made, track(swelling(880), is_default=True)) == pytest.approx(880, abs=3)


def test_a_default_track_that_is_silent_gives_way() -> None:
    # FFmpeg's muxers mark the first track by themselves where nobody did.
    made = [track(SILENT, is_default=True), track(swelling(880))]
    assert heard_hz(*made) == pytest.approx(880, abs=3)


def test_silence_throughout_is_silence() -> None:
    assert heard_hz(track(SILENT), track(SILENT)) == 0.0


def test_a_track_whose_sound_begins_late_is_not_silent() -> None:
    late = np.concatenate([SILENT, SILENT, swelling(440)])
    assert heard_hz(track(late), track(swelling(880))) == pytest.approx(440, abs=3)


def test_the_noise_of_an_unplugged_microphone_is_no_sound() -> None:
    hum = noise(4.0, 48_000, level_dbfs=-50)
    assert heard_hz(track(hum), track(swelling(880))) == pytest.approx(880, abs=3)


def test_steady_noise_is_heard_where_there_is_nothing_else() -> None:
    made = [track(SILENT), track(tone(4.0, 48_000, frequency_hz=880)), track(SILENT)]
    assert heard_hz(*made) == pytest.approx(880, abs=3)


def test_a_track_that_is_chosen_keeps_its_place_on_the_clock() -> None:
    made = [
        Track("aac", 48_000, SILENT),
        Track("aac", 48_000, swelling(440)[:48_000], shifted(3.0)),
    ]
    (span,) = spans_of(decode_whole(io.BytesIO(film("matroska", *made)), RATE_HZ), RATE_HZ)
    assert span == pytest.approx((3.08, 3.92), abs=0.1)


def test_sixteen_mono_tracks_of_a_broadcasters_file_are_read() -> None:
    made = [track(SILENT, codec="pcm_s16le")] * 5 + [track(swelling(880), codec="pcm_s16le")]
    made += [track(SILENT, codec="pcm_s16le")] * 10
    assert heard_hz(*made, container="mov") == pytest.approx(880, abs=3)


def test_a_search_among_long_tracks_holds_none_of_them() -> None:
    minutes = speech_like([(295.0, 300.0)], 300.0, RATE_HZ)
    silent = np.zeros(300 * RATE_HZ, np.float32)
    data = film(
        "matroska",
        *[Track("flac", RATE_HZ, one) for one in (silent, silent, minutes)],
        picture=None,
    )
    tracemalloc.start()
    try:
        loudest = max(float(np.abs(block).max()) for block in decode(io.BytesIO(data), RATE_HZ))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert loudest > 0.1
    assert peak < 5_000_000  # one track is 19 MB


SECOND = MonoBlock(RATE_HZ, np.zeros(RATE_HZ, np.float32), 2)
LOUD = MonoBlock(RATE_HZ, speech_like([(0.0, 1.0)], 1.0, RATE_HZ), 2)


def test_the_search_is_given_up_after_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracks, "_MOST_S", 5)
    sounds = {7: [SECOND] * 3, 8: [SECOND] * 3, 9: [LOUD] * 3}
    assert first_with_sound([7, 9], sounds.__getitem__) == 9
    assert first_with_sound([7, 8, 9], sounds.__getitem__) == 7


def test_the_search_is_given_up_after_many_tracks() -> None:
    searched: list[int] = []

    def silence(place: int) -> list[MonoBlock]:
        searched.append(place)
        return [SECOND] * 3

    assert first_with_sound(range(60), silence) == 0
    assert searched == list(range(16))
