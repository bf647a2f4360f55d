"""MP4 files are refused by what their tables claim, and only those."""

import io

import numpy as np
import pytest

from nemo_voice_serving.audio.mp4_tables import (
    MAX_SAMPLES,
    begins_with_a_box,
    claims_too_much,
)
from support.audio.bombs import (
    RATE_HZ,
    box,
    changed,
    counting,
    fragment,
    mp4,
    quicktime,
    silent_flac,
    tracks,
)
from support.audio.sounds import ffmpeg_bytes, silent_film, tone

FTYP = box(b"ftyp", b"isom", bytes(4))
MANY = MAX_SAMPLES + 1


def sizes(count: int) -> bytes:
    """A table that counts so many samples of one byte."""
    return box(b"stsz", bytes(4), (1).to_bytes(4, "big"), count.to_bytes(4, "big"))


def times(*entries: tuple[int, int]) -> bytes:
    """A table of how many samples last how long."""
    numbers = [len(entries), *(number for entry in entries for number in entry)]
    return box(b"stts", bytes(4), *(number.to_bytes(4, "big") for number in numbers))


def track(*tables: bytes) -> bytes:
    """A track of these tables, where they belong."""
    return box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", *tables))))


def handler(kind: bytes) -> bytes:
    """What a track says it is."""
    return box(b"hdlr", bytes(4), b"mhlr", kind, bytes(12))


def chunks(count: int, kind: bytes = b"stco") -> bytes:
    """A table of where so many chunks are."""
    return box(
        kind, bytes(4), count.to_bytes(4, "big"), bytes(count * (4 if kind == b"stco" else 8))
    )


def runs(*entries: tuple[int, int]) -> bytes:
    """A table of from which chunk on a chunk has how many samples."""
    numbers = [len(entries), *(number for first, size in entries for number in (first, size, 1))]
    return box(b"stsc", bytes(4), *(number.to_bytes(4, "big") for number in numbers))


def plain_track(samples: int, *tables: bytes, kind: bytes = b"soun") -> bytes:
    """A track of plain samples."""
    return track(handler(kind), times((samples, 1)), sizes(samples), *tables)


def refused(*boxes: bytes) -> bool:
    return claims_too_much(io.BytesIO(FTYP + b"".join(boxes)))


@pytest.mark.parametrize(
    "data",
    [
        mp4(),
        quicktime(),
        silent_film(),
        tracks(5, "mp4"),
        mp4() + fragment(1000) * 50,
        mp4() + box(b"free", bytes(40 << 20)),  # room that a recorder kept for more tables
        ffmpeg_bytes(tone(1, RATE_HZ), RATE_HZ, "ipod", "aac", "fltp"),
        mp4()[:5000],
    ],
)
def test_honest_files_are_read(data: bytes) -> None:
    assert begins_with_a_box(data[:8])
    assert not claims_too_much(io.BytesIO(data))


HOURS = 4 * 3600 * 48_000
SECONDS = 4 * 3600


@pytest.mark.parametrize("kind", [b"stco", b"co64"])
def test_hours_of_plain_samples_are_read(kind: bytes) -> None:
    one = plain_track(HOURS, runs((1, 48_000)), chunks(SECONDS, kind))
    assert not refused(box(b"moov", *[one] * 4))


def test_an_hour_of_sixteen_plain_tracks_is_read() -> None:
    one = plain_track(HOURS // 4, runs((1, 24_000), (7_200, 100)), chunks(7_200))
    assert not refused(box(b"moov", *[one] * 16))


@pytest.mark.parametrize(
    "boxes",
    [
        box(b"moov", track(sizes(MANY))),
        box(b"moov", track(times((MANY, 2)), sizes(MANY))),
        box(b"moov", track(times((1, 1), (1, 1)), sizes(MANY))),
        box(b"moov", *[track(sizes(MANY // 4))] * 5),
        box(b"moov", track(box(b"stz2", bytes(8), MANY.to_bytes(4, "big")))),
        box(b"moov", track(sizes(1), sizes(1))),
        box(b"moov", track(times((1, 1)), times((1, 2)), sizes(1))),
        box(b"moov", *[plain_track(HOURS, runs((1, 48_000)), chunks(SECONDS))] * 16),
        box(b"moov", plain_track(MANY, runs((1, 2**31)), chunks(2))),
        box(b"moov", plain_track(MANY, runs((1, 9), (2, 2**31), (9, 9)), chunks(9))),
        box(b"moov", plain_track(MANY, runs((9, 1), (1, 2**32 - 1)), chunks(9))),
        box(b"moov", plain_track(9, runs((1, 9)), runs((1, 2**32 - 1)), chunks(1))),
        box(b"moov", plain_track(9, runs((1, 2**21)), chunks(1), chunks(9_000))),
        box(b"moov", plain_track(MANY, runs((1, MANY)), chunks(1), kind=b"vide")),
        box(b"moov", plain_track(MANY, runs((1, MANY)), chunks(1), handler(b"vide"))),
        box(b"moov", track(times((MANY, 1)), sizes(MANY), runs((1, MANY)), chunks(1))),
        box(b"moov", *[track(sizes(1))] * 100),
        fragment(MANY),
        fragment(MANY // 4) * 5,
        box(b"moov", box(b"cmov", bytes(100))),
        box(b"free", track(sizes(MANY))),
        box(b"moov", box(b"udta", box(b"meta", bytes(4), track(sizes(MANY))))),
        box(b"moov", track(box(b"stsd", bytes(8), box(b"mp4a", bytes(28), sizes(MANY))))),
        box(b"mdat", bytes(9)) + box(b"moov", track(sizes(MANY))),
        box(b"moov", b"\0\0\0\0" + track(sizes(MANY))[4:]),  # a box that goes to the end
        box(b"moov", b"\xff" * 4 + track(sizes(MANY))[4:]),  # and one that claims to go beyond
        box(b"free", b"x" * (40 << 20)),
        box(b"moov", box(b"free") * 600_000),
        box(b"mdat") * 600_000,
    ],
    ids=range(29),
)
def test_files_that_claim_too_much_are_refused(boxes: bytes) -> None:
    assert refused(boxes)


def test_a_box_with_a_long_size_is_no_place_to_hide() -> None:
    table = sizes(MANY)
    long = b"\0\0\0\1stsz" + (len(table) + 8).to_bytes(8, "big") + table[8:]
    assert refused(box(b"moov", track(long)))


def test_the_sound_itself_may_look_like_tables() -> None:
    assert not refused(box(b"mdat", track(sizes(MANY))), mp4()[20:])


def test_a_picture_may_look_like_tables() -> None:
    picture = box(b"covr", np.random.default_rng(0).bytes(100), track(sizes(MANY)))
    assert not refused(box(b"moov", box(b"udta", box(b"meta", bytes(4), box(b"ilst", picture)))))


@pytest.mark.parametrize("data", [silent_flac(10), b"RIFF1234WAVE", b"", b"abc", bytes(8)])
def test_other_files_are_no_mp4(data: bytes) -> None:
    assert not begins_with_a_box(data[:8])


def test_numbers_that_are_cut_off_are_none() -> None:
    whole = counting(changed(mp4(), b"stts", 12, 2), MANY)
    for length in range(0, len(whole), 97):
        claims_too_much(io.BytesIO(whole[:length]))
