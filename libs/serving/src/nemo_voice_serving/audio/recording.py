"""What every reader of audio files returns, raises and refuses."""

from collections.abc import Iterator
from dataclasses import dataclass

import av
import soundfile

from nemo_voice_serving.audio.samples import Gap, MonoBlock

MIN_RATE_HZ, MAX_RATE_HZ = 4_000, 384_000
MAX_CHANNELS = 32
UNKNOWN = "is not recognised as audio"
LIBRARY_ERRORS = (
    av.FFmpegError,
    soundfile.SoundFileError,
    ValueError,
    ArithmeticError,
    LookupError,
    RuntimeError,
)
"""What libsndfile and FFmpeg raise for a malformed file."""

# A longer duration means "unknown": libsndfile reports 2^63 frames for a streamed FLAC.
_STATED_LIMIT_S = 1e9


class Unreadable(Exception):
    """One library cannot read the file; the message completes "the file ..."."""


@dataclass(frozen=True, slots=True)
class Recording:
    """An open file: its stated duration, and its audio, which can be read once."""

    duration_s: float | None
    """As stated by the container; None where it is unknown or only estimated."""
    blocks: Iterator[MonoBlock | Gap]
    """Mono float32 within [-1, 1], all of them finite; ends early where the file is truncated."""


def check_shape(rate_hz: int, channels: int) -> None:
    """Refuses what no recording of speech has.

    Raises:
        Unreadable: Naming what is wrong.
    """
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        raise Unreadable(f"says it has {rate_hz} samples a second")
    if not 1 <= channels <= MAX_CHANNELS:
        raise Unreadable(f"says it has {channels} channels; {MAX_CHANNELS} is the most")


def stated(duration_s: float | None) -> float | None:
    """Returns the duration that a container states; None where it means that it knows none."""
    return duration_s if duration_s is not None and 0 < duration_s < _STATED_LIMIT_S else None
