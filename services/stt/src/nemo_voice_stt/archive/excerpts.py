"""A part of a long recording as a file of its own, for a line of a manifest with an `offset`."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

import numpy as np
import soundfile

from nemo_voice_serving.audio.decoding import decode
from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.errors import UnsupportedAudio

_IN_MEMORY_BYTES = 64 << 20
"""Longer parts lie on the disk meanwhile."""
_SOUGHT = frozenset({"WAV", "WAVEX", "RF64", "FLAC", "AIFF", "AU", "CAF"})
"""Formats of libsndfile in which any sample is found at once."""
_READ_FRAMES = 1 << 16
_BLOCK_S = 10.0
_FLOATS = frozenset({"FLOAT", "DOUBLE"})
"""Kinds of samples whose whole numbers libsndfile would give: all of them 0 or 1."""


@contextmanager
def excerpt(
    file: BinaryIO, rate_hz: int, start_s: float, length_s: float | None
) -> Iterator[BinaryIO]:
    """Yields a part of a recording as a WAV file.

    WAV and FLAC are read from there on; others, and damaged ones, are decoded from their beginning.

    Args:
        file: The recording.
        rate_hz: The rate of the part, where the recording's own is not kept.
        start_s: Where the part begins.
        length_s: How long it is; None for all that follows.

    Raises:
        UnsupportedAudio: The file is not audio, or ends before the part begins.
    """
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as spool:
        part = cast("BinaryIO", spool)
        if not _copied(file, part, start_s, length_s):
            file.seek(0)
            part.seek(0)
            part.truncate()
            _decoded(file, part, rate_hz, start_s, length_s)
        part.seek(0)
        yield part


def _copied(file: BinaryIO, part: BinaryIO, start_s: float, length_s: float | None) -> bool:
    """Writes the part where libsndfile finds it; returns whether it does."""
    try:
        return _found(file, part, start_s, length_s)
    except (soundfile.SoundFileError, ValueError, RuntimeError):
        return False  # it is another format, or damaged somewhere


def _found(file: BinaryIO, part: BinaryIO, start_s: float, length_s: float | None) -> bool:
    with soundfile.SoundFile(file) as source:
        rate_hz, frames = source.samplerate, source.frames
        if source.format not in _SOUGHT or not 0 < frames < 1 << 40:
            return False
        start = round(start_s * rate_hz)
        if start >= frames:
            raise _ends_before(start_s, frames / rate_hz)
        left = frames - start
        if length_s is not None:
            left = min(left, round(length_s * rate_hz))
        source.seek(start)
        kind = "float32" if source.subtype in _FLOATS else "int16"
        with _wav(part, rate_hz, source.channels) as target:
            while left and len(block := source.read(min(left, _READ_FRAMES), dtype=kind)):
                target.write(block)
                left -= len(block)
    return True


def _decoded(
    file: BinaryIO, part: BinaryIO, rate_hz: int, start_s: float, length_s: float | None
) -> None:
    start = round(start_s * rate_hz)
    end = None if length_s is None else start + round(length_s * rate_hz)
    position = 0
    with _wav(part, rate_hz, 1) as target:
        for block in decode(file, rate_hz, block_s=_BLOCK_S):
            wanted = block[max(0, start - position) : None if end is None else end - position]
            if len(wanted):
                target.write(_pcm(wanted))
            position += len(block)
            if end is not None and position >= end:
                break
    if position <= start:
        raise _ends_before(start_s, position / rate_hz)


def _wav(part: BinaryIO, rate_hz: int, channels: int) -> Any:
    return soundfile.SoundFile(
        part, "w", samplerate=rate_hz, channels=channels, format="WAV", subtype="PCM_16"
    )


def _pcm(samples: Samples) -> Any:
    return np.rint(samples * 32767).astype(np.int16)


def _ends_before(start_s: float, end_s: float) -> UnsupportedAudio:
    return UnsupportedAudio(f"The part begins at {start_s:g} s, the file ends at {end_s:g} s.")
