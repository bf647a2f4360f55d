"""Audio in memory: the one type that decoders, models and encoders exchange."""

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
"""Mono audio, each sample within [-1, 1]."""
MonoBlock = tuple[int, Samples]
"""A rate in Hz, and samples at that rate: a file may change its rate midway."""
