"""How loud sound is, and whether it is silence."""

import numpy as np
import numpy.typing as npt

from nemo_voice_serving.audio.samples import Samples

SILENCE_DBFS = -60.0
"""Below this is silence: the noise of a quiet room recorded by a good microphone."""
FRAME_S = 0.03
"""A few periods of the deepest voice, shorter than any pause between words."""

_LOUD_FRAMES = 4  # 0.12 s: the shortest word
_STEADY_S = 1.0
_STEADY_RANGE_DB = 4.0  # steady noise stays within 1 to 3, speech at 0 dB of noise exceeds 6
_LOWEST_DBFS = -100.0

Levels = npt.NDArray[np.float64]


def is_silent(samples: Samples, rate_hz: int) -> bool:
    """Returns whether there is no speech in it: no 0.12 s above -60 dBFS, or only steady noise."""
    levels = np.sort(frame_levels_dbfs(samples, rate_hz))
    if _loudest(levels) < SILENCE_DBFS:
        return True
    is_steady = _loudest(levels) - levels[len(levels) // 5] < _STEADY_RANGE_DB
    return bool(is_steady and len(samples) >= _STEADY_S * rate_hz)


def is_quiet(samples: Samples, rate_hz: int) -> bool:
    """Returns whether there is nothing to hear, not even noise: no 0.12 s above -60 dBFS."""
    return _loudest(np.sort(frame_levels_dbfs(samples, rate_hz))) < SILENCE_DBFS


def frame_levels_dbfs(samples: Samples, rate_hz: int) -> Levels:
    """Returns the level of each whole 30 ms; a constant offset is no sound."""
    size = min(round(FRAME_S * rate_hz), len(samples))
    count = len(samples) // size
    frames = samples[: count * size].reshape(count, size)
    offset = frames.mean(axis=1, dtype=np.float64)
    # numpy's var says the same in thirty times the time, and copies everything twice.
    power = np.einsum("ij,ij->i", frames, frames, dtype=np.float64) / size - offset**2
    levels: Levels = 10 * np.log10(np.maximum(power, 10 ** (_LOWEST_DBFS / 10)))
    return levels


def _loudest(ascending: Levels) -> float:
    return float(ascending[-min(_LOUD_FRAMES, len(ascending))])
