"""Encodes speech for telephones, in G.711's codes without a header."""

from enum import Enum

import numpy as np

from nemo_voice_serving.audio.encoding import pcm16
from nemo_voice_serving.audio.g711 import encode_a_law, encode_mu_law
from nemo_voice_serving.audio.resampling import Resampler
from nemo_voice_serving.audio.samples import Samples


class Law(Enum):
    """Which of both codes."""

    MU = "mu"
    A = "a"


class TelephoneEncoder:
    """An `Encoder` of G.711."""

    def __init__(self, law: Law, rate_hz: int, *, to_hz: int) -> None:
        """Takes the code, the rate of the samples, and the rate that is written."""
        self._encode = encode_mu_law if law is Law.MU else encode_a_law
        self._resampler = Resampler(rate_hz, to_hz)

    def start(self) -> bytes:
        """Returns nothing: there is no header."""
        return b""

    def encode(self, samples: Samples) -> bytes:
        """Returns the codes that these samples complete."""
        # Cleaned first: the resampler would spread one NaN over all samples near it.
        return self._codes(self._resampler.push(np.nan_to_num(samples)))

    def finish(self) -> bytes:
        """Returns the last codes."""
        return self._codes(self._resampler.finish())

    def _codes(self, samples: Samples) -> bytes:
        return self._encode(np.frombuffer(pcm16(samples), np.int16))
