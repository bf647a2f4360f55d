"""The one type in which sound travels between decoders, models and encoders."""

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
"""Mono sound in [-1, 1]; its sample rate travels beside it."""
