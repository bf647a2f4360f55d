"""Audio in memory: the types that decoders, models and encoders exchange."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
"""Mono audio, each sample within [-1, 1]."""


class MonoBlock(NamedTuple):
    """Samples at a rate of their own: a file may change its rate midway."""

    rate_hz: int
    samples: Samples
    channels: int = 1
    """What each sample was mixed from."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of a recording for which the file holds no sound, and which takes no room."""

    duration_s: float
