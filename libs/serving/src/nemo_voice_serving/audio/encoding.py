"""Encodes speech in the six formats of OpenAI's API, in pieces or whole.

Called in worker threads; an encoder belongs to one response. Another format of FFmpeg's needs a
line in `AudioFormat`, in `_MEDIA_TYPES` and in `_CODECS`.
"""

import io
import struct
import weakref
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Any, Protocol

import av
import numpy as np

from nemo_voice_serving.audio.resampling import Resampler
from nemo_voice_serving.audio.samples import Samples

WAV_UNKNOWN_LENGTH = 0xFFFFFFFF
"""The length that a streamed WAV states, as OpenAI's does: players read to the end."""


class AudioFormat(StrEnum):
    """The formats of speech, by the values of OpenAI's `response_format`."""

    MP3 = "mp3"
    OPUS = "opus"
    AAC = "aac"
    FLAC = "flac"
    WAV = "wav"
    PCM = "pcm"

    @property
    def media_type(self) -> str:
        """The value of `Content-Type`."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    AudioFormat.MP3: "audio/mpeg",
    AudioFormat.OPUS: "audio/ogg",
    AudioFormat.AAC: "audio/aac",
    AudioFormat.FLAC: "audio/flac",
    AudioFormat.WAV: "audio/wav",
    AudioFormat.PCM: "audio/pcm",
}


class Encoder(Protocol):
    """Encodes one stream: `start`, then `encode` any number of times, then `finish`.

    The returned bytes, joined, are the file. An encoder may be dropped at any moment.
    """

    def start(self) -> bytes:
        """Returns the file's header."""
        ...

    def encode(self, samples: Samples) -> bytes:
        """Returns the bytes that these samples complete, possibly none."""
        ...

    def finish(self) -> bytes:
        """Returns the end of the file."""
        ...


@dataclass(frozen=True, slots=True)
class _Codec:
    container: str
    encoder: str
    sample_format: str
    rates_hz: tuple[int, ...] = ()
    """Rates that the codec supports, ascending; empty means any."""
    bit_rate: int = 0
    options: dict[str, str] = field(default_factory=dict)

    def rate_for(self, rate_hz: int) -> int:
        """Returns the lowest supported rate that loses nothing, else the highest one."""
        if not self.rates_hz:
            return rate_hz
        return next((rate for rate in self.rates_hz if rate >= rate_hz), self.rates_hz[-1])


_MPEG_RATES_HZ = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_CODECS = {
    AudioFormat.MP3: _Codec(
        "mp3", "libmp3lame", "fltp", _MPEG_RATES_HZ, 64_000, {"id3v2_version": "0"}
    ),
    # Pages of 0.2 s instead of 1 s: the first audio leaves earlier.
    AudioFormat.OPUS: _Codec(
        "ogg",
        "libopus",
        "flt",
        (8_000, 12_000, 16_000, 24_000, 48_000),
        40_000,
        {"page_duration": "200000", "compression_level": "5"},
    ),
    AudioFormat.AAC: _Codec("adts", "aac", "fltp", _MPEG_RATES_HZ, 64_000),
    AudioFormat.FLAC: _Codec("flac", "flac", "s16", options={"metadata_header_padding": "0"}),
}


def encoder_for(
    audio_format: AudioFormat,
    rate_hz: int,
    *,
    to_hz: int | None = None,
    bit_rate: int | None = None,
) -> Encoder:
    """Returns a new encoder for mono speech at `rate_hz`; nothing costly happens before `start`.

    Args:
        audio_format: The format to write.
        rate_hz: The rate of the samples that will be pushed.
        to_hz: The rate to write, by default that of the samples; where the codec does not support
            it, the next higher one.
        bit_rate: Bits a second of a codec that has such a choice, by default what speech needs.
    """
    written_hz = to_hz or rate_hz
    if audio_format is AudioFormat.PCM:
        return _PcmEncoder(b"", Resampler(rate_hz, written_hz))
    if audio_format is AudioFormat.WAV:
        return _PcmEncoder(wav_header(written_hz, None), Resampler(rate_hz, written_hz))
    codec = _CODECS[audio_format]
    if bit_rate and codec.bit_rate:
        codec = replace(codec, bit_rate=bit_rate)
    return _FfmpegEncoder(codec, rate_hz, codec.rate_for(written_hz), _Outbox())


def encode_whole(audio_format: AudioFormat, samples: Samples, rate_hz: int) -> bytes:
    """Returns the whole file, with its true length where the format states one."""
    if audio_format is AudioFormat.PCM:
        return pcm16(samples)
    if audio_format is AudioFormat.WAV:
        data = pcm16(samples)
        return wav_header(rate_hz, len(data)) + data
    file = io.BytesIO()  # seekable, so that the muxer can write the length afterwards
    codec = _CODECS[audio_format]
    encoder = _FfmpegEncoder(codec, rate_hz, codec.rate_for(rate_hz), file)
    encoder.start()
    for start in range(0, len(samples), rate_hz):
        encoder.encode(samples[start : start + rate_hz])
    encoder.finish()
    return file.getvalue()


def pcm16(samples: Samples) -> bytes:
    """Returns 16-bit little endian samples, rounded and clipped; NaN becomes silence."""
    return _quantised(_clean(samples))


def _quantised(samples: Samples) -> bytes:
    return np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2").tobytes()


def _clean(samples: Samples) -> Samples:
    cleaned: Samples = np.clip(np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0), -1, 1)
    return cleaned


def wav_header(rate_hz: int, data_bytes: int | None) -> bytes:
    """Returns the 44-byte header of mono 16-bit samples; None is a length that is not known yet."""
    data = WAV_UNKNOWN_LENGTH if data_bytes is None else data_bytes
    riff = WAV_UNKNOWN_LENGTH if data_bytes is None else data_bytes + 36
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate_hz, 2 * rate_hz, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", riff, b"WAVE") + form + struct.pack("<4sI", b"data", data)


@dataclass(frozen=True, slots=True)
class _PcmEncoder:
    header: bytes
    resampler: Resampler

    def start(self) -> bytes:
        return self.header

    def encode(self, samples: Samples) -> bytes:
        # Cleaned first: the resampler would spread one NaN over all samples near it.
        return _quantised(self.resampler.push(_clean(samples)))

    def finish(self) -> bytes:
        return _quantised(self.resampler.finish())


class _Outbox:
    """A file that cannot seek, like a socket; emptied after each step."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes) -> int:
        self._data += data
        return len(data)

    def getvalue(self) -> bytes:
        data = bytes(self._data)
        self._data.clear()
        return data


class _FfmpegEncoder:
    """Encodes with FFmpeg into `sink`; of an outbox, each call returns what was written by then."""

    def __init__(
        self, codec: _Codec, from_hz: int, rate_hz: int, sink: _Outbox | io.BytesIO
    ) -> None:
        self._codec = codec
        self._rate_hz = rate_hz
        self._resampler = Resampler(from_hz, rate_hz)
        self._sink = sink
        self._count = 0

    def start(self) -> bytes:
        context = self._stream.codec_context
        context.format = self._codec.sample_format
        if self._codec.bit_rate:
            context.bit_rate = self._codec.bit_rate
        self._container.start_encoding()
        return self._taken()

    @cached_property
    def _container(self) -> Any:
        # bitexact: without version strings and random serial numbers, equal audio is equal bytes.
        options = {"fflags": "+bitexact", "flush_packets": "1", **self._codec.options}
        container = av.open(self._sink, "w", format=self._codec.container, options=options)
        # PyAV's objects form reference cycles: until the garbage collector runs, a response whose
        # client left would keep up to 7 MB.
        weakref.finalize(self, container.close).atexit = False
        return container

    @cached_property
    def _stream(self) -> Any:
        codec = self._codec
        return self._container.add_stream(
            codec.encoder, rate=self._rate_hz, layout="mono", options=codec.options
        )

    def encode(self, samples: Samples) -> bytes:
        self._push(self._resampler.push(_clean(samples)))
        return self._taken()

    def finish(self) -> bytes:
        self._push(self._resampler.finish())
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._taken()

    def _push(self, samples: Samples) -> None:
        if not len(samples):
            return
        if self._codec.sample_format == "s16":
            array: Any = np.frombuffer(_quantised(samples), np.int16)
        else:
            array = np.clip(samples, -1.0, 1.0)  # resampling a loud sound overshoots
        frame = av.AudioFrame.from_ndarray(
            array[np.newaxis], format=self._codec.sample_format, layout="mono"
        )
        frame.rate = self._rate_hz
        frame.time_base = Fraction(1, self._rate_hz)
        frame.pts = self._count
        self._count += len(samples)
        self._container.mux(self._stream.encode(frame))

    def _taken(self) -> bytes:
        return self._sink.getvalue() if isinstance(self._sink, _Outbox) else b""
