"""A recording of any length with known speech at known times, made while it is uploaded.

Every ten seconds one of a few clips begins, in turn; the rest is silence.
"""

import struct
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from benchmarks.inputs import BOUNDARY, CLIP_RATE_HZ, LONGEST_CLIP_S, Clip

SLOT_S = 10
_BYTES_PER_S = 2 * CLIP_RATE_HZ
_FIELDS = (
    ("model", "any"),
    ("response_format", "verbose_json"),
    ("timestamp_granularities[]", "word"),
)


@dataclass(frozen=True)
class Recording:
    """The upload of such a recording to `/v1/audio/transcriptions`."""

    clips: Sequence[Clip]
    seconds: float

    @property
    def slots(self) -> int:
        """How many clips are said."""
        return ceil(self.seconds / SLOT_S)

    @property
    def content_type(self) -> str:
        """The request's header."""
        return f"multipart/form-data; boundary={BOUNDARY}"

    @property
    def content_length(self) -> int:
        """Bytes of the request's body."""
        return len(self._before()) + self.slots * SLOT_S * _BYTES_PER_S + len(_AFTER)

    def body(self) -> Iterator[bytes]:
        """Yields the request's body, ten seconds of audio at a time."""
        yield self._before()
        slots = [_slot(clip) for clip in self.clips]
        for place in range(self.slots):
            yield slots[place % len(slots)]
        yield _AFTER

    def _before(self) -> bytes:
        fields = "".join(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in _FIELDS
        )
        head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="long.wav"\r\n'
            "Content-Type: audio/wav\r\n\r\n"
        )
        return (fields + head).encode() + _wav_head(self.slots * SLOT_S * _BYTES_PER_S)


_AFTER = f"\r\n--{BOUNDARY}--\r\n".encode()


def whole_clips(clips: Sequence[Clip]) -> list[Clip]:
    """Returns the clips that were not cut off: what is said in them is certain."""
    return [clip for clip in clips if clip.duration_s < LONGEST_CLIP_S - 0.5]


def _slot(clip: Clip) -> bytes:
    with wave.open(str(clip.path)) as file:
        data: bytes = file.readframes(file.getnframes())
    return data.ljust(SLOT_S * _BYTES_PER_S, b"\0")


def _wav_head(size: int) -> bytes:
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, CLIP_RATE_HZ, _BYTES_PER_S, 2, 16)
    return (
        struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE")
        + form
        + struct.pack("<4sI", b"data", size)
    )
