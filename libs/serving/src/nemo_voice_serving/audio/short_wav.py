"""Reads what most clients send without a thread: a short WAV that needs no decoder.

`decoding.py` reads everything else, and names what is wrong with it.
"""

import struct
from typing import BinaryIO

import numpy as np

from nemo_voice_serving.audio.samples import Samples

MAX_BYTES = 1 << 19
"""Sixteen seconds at 16 kHz: reading them takes less time than waking a thread."""

_PCM_HEAD = struct.Struct("<HHIIHH")
_PCM, _MONO, _BITS = 1, 1, 16
_FULL_SCALE = np.float32(1 << 15)
_OTHER_CHUNKS = frozenset({b"LIST", b"fact", b"JUNK", b"PAD ", b"bext", b"id3 "})
"""They say nothing of the sound: who made it, and where the file keeps room."""


def read_short_wav(
    file: BinaryIO, rate_hz: int, *, min_audio_s: float, max_audio_s: float
) -> Samples | None:
    """Returns the samples of a short mono WAV of 16 bits at this rate; None of any other file.

    They are those that `decode` gives. The file holds one whole recording and nothing else.

    Args:
        file: Seekable; it stays open.
        rate_hz: The rate that the samples must have.
        min_audio_s: The shortest recording that is read.
        max_audio_s: The longest.
    """
    size = file.seek(0, 2)
    if size > MAX_BYTES:
        return None
    file.seek(0)
    sound = _sound_of(file.read(size), rate_hz)
    if sound is None or not min_audio_s * rate_hz <= len(sound) <= max_audio_s * rate_hz:
        return None
    return sound.astype(np.float32) / _FULL_SCALE


def _sound_of(data: bytes, rate_hz: int) -> "np.typing.NDArray[np.int16] | None":
    stated = int.from_bytes(data[4:8], "little")
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE" or stated + 8 != len(data):
        return None  # another may follow, or the end is missing
    place, is_wanted = 12, False
    while place + 8 <= len(data):
        name, length = (
            data[place : place + 4],
            int.from_bytes(data[place + 4 : place + 8], "little"),
        )
        place += 8
        if place + length > len(data):
            return None
        if name == b"data":
            return np.frombuffer(data, "<i2", length // 2, place) if is_wanted else None
        if name == b"fmt ":
            is_wanted = data[place : place + _PCM_HEAD.size] == _head(rate_hz)
        elif name not in _OTHER_CHUNKS:
            return None
        place += length + length % 2
    return None


def _head(rate_hz: int) -> bytes:
    frame_bytes = _BITS // 8
    return _PCM_HEAD.pack(_PCM, _MONO, rate_hz, rate_hz * frame_bytes, frame_bytes, _BITS)
