"""Mixes the channels of a recording into one."""

from typing import Any

import numpy as np
import numpy.typing as npt

from nemo_voice_serving.audio.samples import Samples

_CANCELLED = 0.01
"""Of the loudest channel's power: below it the channels are taken to cancel each other out."""


def mono(samples: npt.NDArray[Any]) -> Samples:
    """Returns the mean of the channels, clipped; NaN and infinity become silence.

    Args:
        samples: Frames by channels, as floats.
    """
    if not np.isfinite(samples).all():
        samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
    samples = np.clip(samples, -1.0, 1.0)
    mixed = samples[:, 0] if samples.shape[1] == 1 else _mixed(samples)
    return np.ascontiguousarray(mixed, dtype=np.float32)


def _mixed(samples: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Returns the mean of the channels, or the loudest of them where they cancel each other out."""
    mean: npt.NDArray[Any] = samples.mean(axis=1)
    powers = np.einsum("ij,ij->j", samples, samples)
    if np.dot(mean, mean) >= _CANCELLED * powers.max(initial=0):
        return mean
    loudest: npt.NDArray[Any] = samples[:, powers.argmax()]
    return loudest
