"""Measures of speech that need no recogniser; checked before a voice is delivered."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recipe.phonetics.espeak import SAMPLE_RATE_HZ

_LOUDNESS = (0.04, 0.15)  # root mean square of the whole clip
_SECONDS = (3.0, 10.0)
_QUIET = 0.01  # what counts as silence
_LONGEST_SILENCE_S = 0.3


@dataclass(frozen=True)
class Sound:
    """Length, loudness, peak and silences of some speech."""

    seconds: float
    loudness: float
    peak: float
    silence_before_s: float
    silence_after_s: float

    def faults(self) -> list[str]:
        """Returns what is wrong with it; empty for a sound voice."""
        checks = {
            f"lasts {self.seconds:.1f} s": _SECONDS[0] < self.seconds < _SECONDS[1],
            f"loudness {self.loudness:.3f}": _LOUDNESS[0] < self.loudness < _LOUDNESS[1],
            f"peak {self.peak:.2f}": self.peak < 1,
            f"{self.silence_before_s:.2f} s of silence before": self.silence_before_s
            < _LONGEST_SILENCE_S,
            f"{self.silence_after_s:.2f} s of silence after": self.silence_after_s
            < _LONGEST_SILENCE_S,
        }
        return [name for name, passed in checks.items() if not passed]


def sound_of(samples: npt.NDArray[np.float32]) -> Sound:
    """Returns the length, loudness, peak and silences of some speech."""
    loud = np.flatnonzero(np.abs(samples) > _QUIET)
    first, last = (loud[0], loud[-1] + 1) if len(loud) else (len(samples), len(samples))
    return Sound(
        seconds=len(samples) / SAMPLE_RATE_HZ,
        loudness=float(np.sqrt(np.mean(samples**2))),
        peak=float(np.abs(samples).max()),
        silence_before_s=float(first) / SAMPLE_RATE_HZ,
        silence_after_s=float(len(samples) - last) / SAMPLE_RATE_HZ,
    )
