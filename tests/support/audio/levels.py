"""How much a sound differs from another."""

import numpy as np

from nemo_voice_serving.audio.samples import Samples


def signal_to_noise_db(sound: Samples, reference: Samples) -> float:
    """Returns the level of the reference over that of the difference, in decibels."""
    noise = float(np.square(sound - reference, dtype=np.float64).mean())
    level = float(np.square(reference, dtype=np.float64).mean())
    return 10 * np.log10(level / noise) if noise else np.inf
