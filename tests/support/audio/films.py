"""Films and recordings whose sound begins late, has gaps, or comes in several tracks."""

import io
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.stream import Disposition

from support.audio.sounds import Samples, tone

_CLUSTER = b"\x1f\x43\xb6\x75"

Retime = Callable[[float], float | None]
"""Gives a packet of sound another time, in seconds; None leaves it out."""


@dataclass(frozen=True)
class Track:
    """One track of sound."""

    codec: str = "aac"
    rate_hz: int = 48_000
    sound: Samples = field(default_factory=lambda: tone(6.0, 48_000))
    at: Retime = lambda time_s: time_s
    is_default: bool = False


def shifted(by_s: float, *, without: tuple[float, float] = (0.0, 0.0)) -> Retime:
    """Returns what moves sound, and leaves out what stood between two times."""

    def at(time_s: float) -> float | None:
        return None if without[0] <= time_s < without[1] else time_s + by_s

    return at


def film(
    container: str,
    *tracks: Track,
    picture: str | None = "mpeg4",
    pictures_at: Retime = lambda time_s: time_s,
    length_s: float = 10.0,
    options: dict[str, str] | None = None,
) -> bytes:
    """Returns a film as FFmpeg writes it, its packets in the order of their times.

    Args:
        container: FFmpeg's name of it.
        tracks: Its sound.
        picture: FFmpeg's name of the pictures' codec; None for sound alone.
        pictures_at: When they are shown.
        length_s: For how long there are pictures.
        options: Of FFmpeg's container.
    """
    file = io.BytesIO()
    with av.open(file, "w", format=container, options=options or {}) as output:
        packets: list[Any] = []
        if picture is not None:
            packets += _retimed(_pictures(output, picture, length_s), pictures_at)
        made = [(track, _stream(output, track)) for track in tracks]
        for track, stream in made:
            packets += _retimed(_encoded(stream, track), track.at)
        for packet in sorted(packets, key=lambda one: float(one.dts * one.time_base)):
            output.mux(packet)
    return file.getvalue()


def with_block_times(matroska: bytes, at: Retime) -> bytes:
    """Returns the file with other times of its blocks, in any order, which FFmpeg does not write.

    A time may be up to 32 s from that of the block's cluster.
    """
    data = bytearray(matroska)
    place = data.index(_CLUSTER)
    while data[place : place + 4] == _CLUSTER:
        size, start = _ebml_size(data, place + 4)
        place, cluster_ms = start, 0
        while place < start + size:
            length, content = _ebml_size(data, place + 1)
            match data[place]:
                case 0xE7:
                    cluster_ms = int.from_bytes(data[content : content + length], "big")
                case 0xA3:
                    (own_ms,) = struct.unpack_from(">h", data, content + 1)
                    wanted_s = at((cluster_ms + own_ms) / 1000) or 0.0
                    struct.pack_into(">h", data, content + 1, round(wanted_s * 1000) - cluster_ms)
                case _:
                    pass
            place = content + length
    return bytes(data)


def _ebml_size(data: bytearray, place: int) -> tuple[int, int]:
    """Returns the size that is written there, and where the content begins."""
    length = 9 - data[place].bit_length()
    value = int.from_bytes(data[place : place + length], "big")
    return value & ((1 << 7 * length) - 1), place + length


def spans_of(samples: Samples, rate_hz: int, *, apart_s: float = 0.15) -> list[tuple[float, float]]:
    """Returns when there is sound, in seconds: stretches between silences of that length."""
    loud = np.flatnonzero(np.abs(samples) > 0.02)
    if not len(loud):
        return []
    breaks = np.flatnonzero(np.diff(loud) > apart_s * rate_hz)
    firsts = loud[np.concatenate(([0], breaks + 1))]
    lasts = loud[np.concatenate((breaks, [-1]))]
    return [(a / rate_hz, b / rate_hz) for a, b in zip(firsts, lasts, strict=True)]


def _stream(output: Any, track: Track) -> Any:
    stream = output.add_stream(track.codec, rate=track.rate_hz, layout="mono")
    stream.codec_context.bit_rate = 64_000
    if track.is_default:
        stream.disposition = Disposition.default
    return stream


def _encoded(stream: Any, track: Track) -> Sequence[Any]:
    # The encoder takes its own format of samples and length of frame; this resamples and regroups.
    packets: list[Any] = []
    frame = av.AudioFrame.from_ndarray(np.atleast_2d(track.sound), format="flt", layout="mono")
    frame.rate, frame.pts, frame.time_base = track.rate_hz, 0, Fraction(1, track.rate_hz)
    stream.codec_context.open(strict=False)
    resampler = av.AudioResampler(
        format=stream.codec_context.format,
        layout="mono",
        rate=track.rate_hz,
        frame_size=stream.codec_context.frame_size or 1024,
    )
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        packets += stream.encode(part)
    packets += stream.encode(None)
    return [packet for packet in packets if packet.size]


def _pictures(output: Any, codec: str, length_s: float) -> Sequence[Any]:
    stream = output.add_stream(codec, rate=25)
    stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
    packets: list[Any] = []
    for place in range(round(length_s * 25)):
        picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        picture.pts, picture.time_base = place, Fraction(1, 25)
        packets += stream.encode(picture)
    return [*packets, *stream.encode(None)]


def _retimed(packets: Sequence[Any], at: Retime) -> list[Any]:
    kept = []
    for packet in packets:
        time_s = float(packet.pts * packet.time_base)
        wanted_s = at(time_s)
        if wanted_s is not None:
            ticks = round((wanted_s - time_s) / packet.time_base)
            packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
            kept.append(packet)
    return kept
