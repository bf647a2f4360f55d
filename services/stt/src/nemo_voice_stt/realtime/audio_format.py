"""The audio that a live client sends, as 16-bit mono samples at the client's own rate."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from nemo_voice_serving.audio import g711
from nemo_voice_serving.audio.samples import Samples

BYTES_PER_SAMPLE = 2
MIN_RATE_HZ, MAX_RATE_HZ = 4_000, 48_000
"""Of live audio: a microphone's. What a session holds is in proportion."""
MAX_CHANNELS = 32
_FULL_SCALE = 32_768


class Encoding(StrEnum):
    """How a client writes samples."""

    PCM16 = "pcm16"
    """16-bit little-endian."""
    MU_LAW = "mu_law"
    A_LAW = "a_law"


@dataclass(frozen=True, slots=True)
class LiveFormat:
    """Encoding, rate and channels of the samples that a client sends."""

    encoding: Encoding = Encoding.PCM16
    rate_hz: int = 24_000
    channels: int = 1

    def seconds_of(self, pcm_bytes: int) -> float:
        """Returns how long so many bytes of decoded samples last."""
        return pcm_bytes / BYTES_PER_SAMPLE / self.rate_hz

    def bytes_of(self, seconds: float) -> int:
        """Returns how many bytes of decoded samples last for so long."""
        return round(seconds * self.rate_hz) * BYTES_PER_SAMPLE


class LiveDecoder:
    """Decodes a stream of pieces that may end in the middle of a sample."""

    def __init__(self, live_format: LiveFormat) -> None:
        self._format = live_format
        self._rest = b""

    def decode(self, data: bytes) -> bytes:
        """Returns 16-bit little-endian mono samples at the client's rate."""
        live_format = self._format
        frame = live_format.channels * (
            BYTES_PER_SAMPLE if live_format.encoding is Encoding.PCM16 else 1
        )
        joined = self._rest + data
        whole = len(joined) - len(joined) % frame
        self._rest = joined[whole:]
        samples = _linear(joined[:whole], live_format.encoding)
        if live_format.channels > 1:
            samples = samples.reshape(-1, live_format.channels).mean(axis=1).round()
        return samples.astype("<i2").tobytes()


def _linear(data: bytes, encoding: Encoding) -> npt.NDArray[Any]:
    match encoding:
        case Encoding.PCM16:
            return np.frombuffer(data, "<i2")
        case Encoding.MU_LAW:
            return g711.decode_mu_law(data)
        case Encoding.A_LAW:
            return g711.decode_a_law(data)


def as_samples(pcm: bytes | bytearray | memoryview) -> Samples:
    """Returns 16-bit samples as floats within [-1, 1]."""
    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    return samples / np.float32(_FULL_SCALE)
