"""Recordings made in code: tones, speech-like bursts, and any container FFmpeg writes."""

import io
import struct
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import soundfile

Samples = npt.NDArray[np.float32]


def tone(duration_s: float, rate_hz: int, *, frequency_hz: float = 440.0) -> Samples:
    """Returns a sine of amplitude 0.3."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    return (0.3 * np.sin(2 * np.pi * frequency_hz * time_s)).astype(np.float32)


def swell(seconds: float, rate_hz: int = 16_000) -> Samples:
    """Returns a tone that swells and fades, so that it is no steady noise."""
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    sound: npt.NDArray[np.float64] = np.sin(2 * np.pi * 220 * times) * np.sin(np.pi * times) ** 2
    return (0.3 * sound).astype(np.float32)


def noise(duration_s: float, rate_hz: int, *, level_dbfs: float, seed: int = 0) -> Samples:
    """Returns white noise of this root mean square."""
    random = np.random.default_rng(seed).standard_normal(round(duration_s * rate_hz))
    return (random * 10 ** (level_dbfs / 20)).astype(np.float32)


def speech_like(spans_s: list[tuple[float, float]], duration_s: float, rate_hz: int) -> Samples:
    """Returns noise at -20 dBFS, 5 syllables a second, in the spans; -70 dBFS between them."""
    sound = noise(duration_s, rate_hz, level_dbfs=-70)
    time_s = np.arange(len(sound)) / rate_hz
    syllables = 0.55 + 0.45 * np.sin(2 * np.pi * 5 * time_s)
    voice = noise(duration_s, rate_hz, level_dbfs=-20, seed=1) * syllables
    for start_s, end_s in spans_s:
        span = slice(round(start_s * rate_hz), round(end_s * rate_hz))
        sound[span] += voice[span].astype(np.float32)
    return sound


def frequency_of(samples: Samples, rate_hz: int) -> float:
    """Returns the strongest frequency in the middle of the sound."""
    middle = samples[len(samples) // 4 : 3 * len(samples) // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    return float(np.argmax(spectrum) * rate_hz / len(middle))


def libsndfile_bytes(samples: npt.NDArray[Any], rate_hz: int, container: str, codec: str) -> bytes:
    """Returns a file as libsndfile writes it; (frames, channels) for more than one channel."""
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, format=container, subtype=codec)
    return file.getvalue()


def ffmpeg_bytes(
    samples: npt.NDArray[Any],
    rate_hz: int,
    container: str,
    codec: str,
    sample_format: str,
    *,
    layout: str = "mono",
) -> bytes:
    """Returns a file as FFmpeg writes it; the array must have FFmpeg's shape for the format."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate_hz, layout=layout)
        stream.codec_context.format = sample_format
        stream.codec_context.bit_rate = 64_000
        frame = av.AudioFrame.from_ndarray(
            np.atleast_2d(samples), format=sample_format, layout=layout
        )
        frame.rate = rate_hz
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


@dataclass(frozen=True, slots=True)
class OggPage:
    """The header of one page of an Ogg file."""

    serial: int
    """The stream it belongs to."""
    sequence: int
    position: int
    """Samples that end on this page or before, at 48 kHz for Opus."""
    is_first: bool
    is_last: bool


def ogg_pages(data: bytes) -> list[OggPage]:
    """Returns the headers of all pages of an Ogg file that holds nothing else."""
    pages, start = [], 0
    while start < len(data):
        header = struct.unpack_from("<4sBBqIIIB", data, start)
        magic, _version, flags, position, serial, sequence, _checksum, segments = header
        assert magic == b"OggS", f"no page at byte {start}"
        pages.append(OggPage(serial, sequence, position, bool(flags & 2), bool(flags & 4)))
        lengths = data[start + 27 : start + 27 + segments]
        start += 27 + segments + sum(lengths)
    return pages


def silent_film() -> bytes:
    """Returns an MP4 with pictures and no sound."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        stream = output.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        for _ in range(5):
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
    return file.getvalue()
