"""Files that are small and claim, or hold, very much."""

import io
import struct
from collections.abc import Callable

import av
import numpy as np
import soundfile

from support.audio.films import Track, film
from support.audio.sounds import ffmpeg_bytes, libsndfile_bytes, tone

RATE_HZ = 16_000


def silent_flac(seconds: int, rate_hz: int = RATE_HZ, channels: int = 1) -> bytes:
    """Returns silence, a few bytes for each 4,096 samples."""
    file, block = io.BytesIO(), np.zeros((rate_hz * 10, channels), np.int16)
    with soundfile.SoundFile(file, "w", rate_hz, channels, format="FLAC") as sound:
        for _ in range(seconds // 10):
            sound.write(block)
    return file.getvalue()


def silent_opus(seconds: int) -> bytes:
    """Returns silence in frames of 60 ms that hold next to nothing."""
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as output:
        stream = output.add_stream("libopus", rate=48_000, layout="mono")
        stream.codec_context.format = "s16"
        stream.codec_context.bit_rate = 6_000
        stream.codec_context.options = {"frame_duration": "60", "dtx": "1"}
        for start in range(0, seconds, 10):
            frame = av.AudioFrame.from_ndarray(
                np.zeros((1, 480_000), np.int16), format="s16", layout="mono"
            )
            frame.rate, frame.pts = 48_000, start * 48_000
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


def silent_mp3(seconds: int) -> bytes:
    """Returns silence of 8 kbit/s, the least there is."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp3") as output:
        stream = output.add_stream("libmp3lame", rate=8_000, layout="mono")
        stream.codec_context.format = "fltp"
        stream.codec_context.bit_rate = 8_000
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 8_000 * seconds), np.float32), format="fltp", layout="mono"
        )
        frame.rate = 8_000
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


def mp4(*, seconds: float = 2.0) -> bytes:
    """Returns an honest MP4 with AAC."""
    return ffmpeg_bytes(tone(seconds, RATE_HZ), RATE_HZ, "mp4", "aac", "fltp")


def quicktime(*, seconds: float = 2.0) -> bytes:
    """Returns an honest QuickTime file with plain samples."""
    shorts = (tone(seconds, RATE_HZ) * 32767).astype(np.int16)
    return ffmpeg_bytes(shorts, RATE_HZ, "mov", "pcm_s16le", "s16")


def changed(data: bytes, tag: bytes, place: int, value: int, kind: str = ">I") -> bytes:
    """Returns the file with another number, so many bytes after the tag."""
    start = data.index(tag) + len(tag) + place
    return data[:start] + struct.pack(kind, value) + data[start + struct.calcsize(kind) :]


def counting(data: bytes, samples: int, size: int = 1) -> bytes:
    """Returns the MP4 whose table only counts: so many samples of one size."""
    return changed(changed(data, b"stsz", 4, size), b"stsz", 8, samples)


def box(kind: bytes, *content: bytes) -> bytes:
    """Returns a box of an MP4."""
    whole = b"".join(content)
    return struct.pack(">I", 8 + len(whole)) + kind + whole


def fragment(samples: int) -> bytes:
    """Returns a fragment of an MP4 whose run counts samples without describing any."""
    header = box(b"tfhd", struct.pack(">III", 0x20000, 1, 0))
    run = box(b"trun", struct.pack(">II", 0, samples))
    return box(b"moof", box(b"mfhd", bytes(8)), box(b"traf", header, run))


def tracks(count: int, container: str) -> bytes:
    """Returns a file of so many tracks."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        made = [output.add_stream("aac", rate=RATE_HZ, layout="mono") for _ in range(count)]
        for stream in made:
            frame = av.AudioFrame.from_ndarray(
                np.atleast_2d(tone(0.2, RATE_HZ)), format="fltp", layout="mono"
            )
            frame.rate = RATE_HZ
            output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
    return file.getvalue()


def _wav(place: int, value: int, kind: str) -> bytes:
    return changed(
        libsndfile_bytes(tone(1, RATE_HZ), RATE_HZ, "WAV", "PCM_16"), b"fmt ", place, value, kind
    )


def _flac_claiming(samples: int) -> bytes:
    """A FLAC whose stream information claims so many samples, in 36 bits after the rate."""
    data = bytearray(silent_flac(10))
    data[21] = data[21] & 0xF0 | samples >> 32
    data[22:26] = struct.pack(">I", samples & 0xFFFFFFFF)
    return bytes(data)


LYING: dict[str, Callable[[], bytes]] = {
    **{
        f"MP4 that counts {count} samples of {size} bytes": (
            lambda count=count, size=size: counting(mp4(), count, size)  # type: ignore[misc]
        )
        for count in (20_000_000, 80_000_000, 170_000_000, 2**32 - 1)
        for size in (1, 0)
    },
    "MP4 whose chunks hold more samples than there are": lambda: changed(
        counting(mp4(), 80_000_000), b"stsc", 12, 2**31 - 1
    ),
    "MP4 of fragments that count": lambda: mp4() + fragment(80_000_000) * 20,
    "MP4 whose samples each last long": lambda: changed(mp4(), b"stts", 12, 2**31 - 1),
    "MP4 with more entries than bytes": lambda: changed(mp4(), b"stts", 4, 2**31 - 1),
    "MP4 with more chunks than bytes": lambda: changed(mp4(), b"stco", 4, 2**31 - 1),
    "QuickTime file whose chunk holds too much": lambda: changed(
        changed(quicktime(), b"stsz", 8, 2**31 - 1), b"stsc", 12, 2**31 - 1
    ),
    "MP4 of 200 tracks": lambda: tracks(200, "mp4"),
    "Matroska file of 200 tracks": lambda: tracks(200, "matroska"),
    "MP4 within MP4": lambda: box(b"moov", *[box(b"moov", mp4())] * 50) + mp4(),
    "nested boxes": lambda: _nested(b"meta", 5_000),
    **{
        f"WAV of {rate_hz} Hz": lambda rate_hz=rate_hz: _wav(8, rate_hz, "<I")  # type: ignore[misc]
        for rate_hz in (0, 1, 100, 4_000_000_000, 2**32 - 1)
    },
    **{
        f"WAV of {channels} channels": (
            lambda channels=channels: _wav(6, channels, "<H")  # type: ignore[misc]
        )
        for channels in (0, 33, 255, 65_535)
    },
    "WAV of samples without bits": lambda: _wav(18, 0, "<H"),
    "WAV that claims 4 GB": lambda: changed(
        libsndfile_bytes(tone(1, RATE_HZ), RATE_HZ, "WAV", "PCM_16"), b"data", 0, 2**32 - 1, "<I"
    ),
    "FLAC that claims 49 days": lambda: _flac_claiming(2**36 - 1),
    "FLAC that claims one sample": lambda: _flac_claiming(1),
    "Matroska file of a huge element": lambda: (
        ffmpeg_bytes(tone(1, RATE_HZ), RATE_HZ, "matroska", "aac", "fltp")[:500]
        + b"\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xfe" * 100
    ),
    "Matroska file whose clock leaps ten hours": lambda: leaping("matroska", 36_000),
    "Matroska file whose clock leaps ten hours and a hundred times": lambda: leaping(
        "matroska", 360, times=100
    ),
    "WebM whose clock leaps and that does not tell its length": lambda: leaping(
        "webm", 36_000
    ).replace(b"\x44\x89\x88", b"\xec\x8a\x00", 1),
    "transport stream whose clock leaps": lambda: leaping("mpegts", 36_000),
    "Ogg of 1,900 links": lambda: (
        libsndfile_bytes(tone(0.01, 48_000), 48_000, "OGG", "OPUS") * 1900
    ),
    "Ogg of 20,000 links": lambda: (
        libsndfile_bytes(tone(0.01, 48_000), 48_000, "OGG", "OPUS") * 20_000
    ),
    "film of sixty silent tracks": lambda: film(
        "matroska",
        *[Track("aac", RATE_HZ, np.zeros(60 * RATE_HZ, np.float32))] * 60,
        picture=None,
    ),
    "QuickTime file of sixty tracks whose chunks hold too much": lambda: plain_tracks(
        60, 2**31 - 1
    ),
    "QuickTime file of sixty tracks that count": lambda: plain_tracks(60, 50_000_000),
    "gzip of a WAV": lambda: b"\x1f\x8b\x08" + bytes(100_000),
}
"""Files that are refused, or say no more than they hold."""


def leaping(container: str, by_s: float, times: int = 1) -> bytes:
    """Returns six seconds of sound between which the clock leaps, several times."""

    def at(time_s: float) -> float:
        return time_s + by_s * int(time_s * (times + 1) / 6)

    codec, rate_hz = ("libopus", 48_000) if container == "webm" else ("aac", 48_000)
    return film(container, Track(codec, rate_hz, tone(6, rate_hz), at), picture=None)


def plain_tracks(count: int, samples: int) -> bytes:
    """Returns a QuickTime file of so many tracks, each with a chunk of so many samples."""
    sound = Track("pcm_s16le", RATE_HZ, tone(0.2, RATE_HZ))
    data = film("mov", *[sound] * count, picture=None)
    for tag, place, value in ((b"stsc", 12, samples), (b"stsz", 8, samples)):
        start = 0
        while (start := data.find(tag, start + 1)) > 0:
            end = start + 4 + place
            data = data[:end] + struct.pack(">I", value) + data[end + 4 :]
    return data


def _nested(kind: bytes, depth: int) -> bytes:
    content = b""
    for _ in range(depth):
        content = box(kind, bytes(4), content)
    return box(b"ftyp", b"isom", bytes(4)) + box(b"moov", content)
