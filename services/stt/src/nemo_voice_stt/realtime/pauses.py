"""Whether a speaker pauses just now, by loudness: where an item that is too long may be divided."""

import numpy as np

from nemo_voice_stt.realtime.audio_format import LiveFormat, as_samples

_RECENT_S = 0.2
"""A shorter gap is within a word."""
_QUIET = 0.02
"""Of the mean power so far: 17 dB below it."""


class Pauses:
    """Follows the loudness of one item."""

    def __init__(self, live_format: LiveFormat) -> None:
        self._recent_bytes = live_format.bytes_of(_RECENT_S)
        self._recent = b""
        self._energy = 0.0
        self._samples = 0

    def add(self, pcm: bytes) -> None:
        """Takes what was said next."""
        samples = as_samples(pcm)
        self._energy += float(np.dot(samples, samples))
        self._samples += len(samples)
        self._recent = (self._recent + pcm)[-self._recent_bytes :]

    @property
    def is_pause(self) -> bool:
        """Whether the last fifth of a second is much quieter than the whole."""
        recent = as_samples(self._recent)
        if not len(recent):
            return False
        power = float(np.dot(recent, recent)) / len(recent)
        return power <= _QUIET * self._energy / self._samples
