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
_NO_MORE = b"\0\0"
"""The size of what follows the head, which some writers state."""
_FULL_SCALE = np.float32(1 << 15)
_LONGEST_TEXT = 1000
_OTHER_CHUNKS = frozenset({b"LIST", b"fact", b"JUNK", b"PAD ", b"id3 "})
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
    place, is_wanted, sound = 12, False, None
    # To the end, and each but once: decoders differ about a second format or a second sound.
    while place + 8 <= len(data):
        name, length = (
            data[place : place + 4],
            int.from_bytes(data[place + 4 : place + 8], "little"),
        )
        place += 8
        if place + length > len(data):
            return None
        if name == b"fmt " and not is_wanted:
            is_wanted = data[place : place + length] in _heads(rate_hz)
            if not is_wanted:
                return None
        elif name == b"data" and is_wanted and sound is None:
            sound = np.frombuffer(data, "<i2", length // 2, place)
        elif name not in _OTHER_CHUNKS or (
            name == b"LIST" and not _is_orderly_list(data[place : place + length])
        ):
            return None
        place += length + length % 2
    return sound if place == len(data) else None


def _is_orderly_list(content: bytes) -> bool:
    """Returns whether a list says who made the file, in parts that fill it; libsndfile reads it."""
    place = 4
    while place + 8 <= len(content):
        length = int.from_bytes(content[place + 4 : place + 8], "little")
        if content[place : place + 1] != b"I" or length > _LONGEST_TEXT:
            return False
        place += 8 + length + length % 2
    return content[:4] == b"INFO" and place == len(content)


def _heads(rate_hz: int) -> tuple[bytes, bytes]:
    frame_bytes = _BITS // 8
    head = _PCM_HEAD.pack(_PCM, _MONO, rate_hz, rate_hz * frame_bytes, frame_bytes, _BITS)
    return head, head + _NO_MORE
