"""Parts of recordings."""

import io

import numpy as np
import pytest

from nemo_voice_serving.audio.decoding import decode_whole
from nemo_voice_serving.errors import UnsupportedAudio
from nemo_voice_stt.archive.excerpts import excerpt
from support.audio.sounds import frequency_of, libsndfile_bytes, tone

RATE_HZ = 16_000
FILES = {
    "wav": lambda sound: libsndfile_bytes(sound, RATE_HZ, "WAV", "PCM_16"),
    "flac": lambda sound: libsndfile_bytes(sound, RATE_HZ, "FLAC", "PCM_16"),
    "mp3": lambda sound: libsndfile_bytes(sound, RATE_HZ, "MP3", "MPEG_LAYER_III"),
}


def recording(kind: str) -> io.BytesIO:
    """A second of each of three tones."""
    tones = [tone(1.0, RATE_HZ, frequency_hz=hz) for hz in (400.0, 800.0, 1600.0)]
    return io.BytesIO(FILES[kind](np.concatenate(tones)))


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize(
    ("start_s", "length_s", "lasts_s", "hz"),
    [(0.0, 0.9, 0.9, 400), (1.1, 0.8, 0.8, 800), (2.1, None, 0.9, 1600), (2.1, 9.0, 0.9, 1600)],
)
def test_a_part_is_what_is_between_its_times(
    kind: str, start_s: float, length_s: float | None, lasts_s: float, hz: float
) -> None:
    with excerpt(recording(kind), RATE_HZ, start_s, length_s) as part:
        samples = decode_whole(part, RATE_HZ)
    assert len(samples) / RATE_HZ == pytest.approx(lasts_s, abs=0.1)
    assert frequency_of(samples, RATE_HZ) == pytest.approx(hz, rel=0.02)


@pytest.mark.parametrize("kind", FILES)
def test_a_part_after_the_end_is_refused(kind: str) -> None:
    with (
        pytest.raises(UnsupportedAudio, match=r"begins at 9 s, the file ends at 3"),
        excerpt(recording(kind), RATE_HZ, 9.0, 1.0),
    ):
        pass


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_24", "FLOAT", "DOUBLE", "ULAW"])
def test_a_part_is_as_loud_as_the_recording(subtype: str) -> None:
    sound = 0.5 * tone(1.0, RATE_HZ)
    file = io.BytesIO(libsndfile_bytes(sound, RATE_HZ, "WAV", subtype))
    with excerpt(file, RATE_HZ, 0.25, 0.5) as part:
        samples = decode_whole(part, RATE_HZ)
    assert np.abs(samples).max() == pytest.approx(np.abs(sound).max(), rel=0.05)


@pytest.mark.parametrize("rest", [b"", bytes(20_000)])
def test_of_a_damaged_recording_a_part_is_what_it_still_holds(rest: bytes) -> None:
    sound = tone(3.0, RATE_HZ) + np.random.default_rng(0).normal(0, 0.1, 3 * RATE_HZ)
    whole = libsndfile_bytes(sound.astype(np.float32), RATE_HZ, "FLAC", "PCM_16")
    damaged = whole[: len(whole) // 2] + rest
    with excerpt(io.BytesIO(damaged), RATE_HZ, 0.5, 2.0) as part:
        held_s = len(decode_whole(part, RATE_HZ)) / RATE_HZ
    assert 0.5 < held_s < 1.5
    with (
        pytest.raises(UnsupportedAudio, match=r"begins at 2.5 s, the file ends at 1"),
        excerpt(io.BytesIO(damaged), RATE_HZ, 2.5, 0.5),
    ):
        pass


def test_channels_and_rates_are_kept_as_they_are() -> None:
    both = np.stack([tone(1.0, 8_000), tone(1.0, 8_000)], axis=1)
    file = io.BytesIO(libsndfile_bytes(both, 8_000, "WAV", "PCM_16"))
    with excerpt(file, RATE_HZ, 0.25, 0.5) as part:
        header = part.read(28)
    assert int.from_bytes(header[22:24], "little") == 2
    assert int.from_bytes(header[24:28], "little") == 8_000
