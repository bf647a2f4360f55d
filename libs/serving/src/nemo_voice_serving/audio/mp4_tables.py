"""Refuses MP4 files whose tables claim far more samples than an upload can hold.

FFmpeg makes an index of 40 bytes for each sample that a table only counts: 13 kB of a file would
take gigabytes while it is opened. The boxes are read here as FFmpeg reads them, and before it.
"""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

_Table = npt.NDArray[Any]


class Readable(Protocol):
    """A file, or a part of one."""

    def read(self, size: int = ..., /) -> bytes:
        """Returns at most so many bytes, none at the end."""
        ...

    def seek(self, offset: int, whence: int = ..., /) -> int:
        """Moves to a position, and returns it."""
        ...


MAX_SAMPLES = 4_000_000
"""Four hours of sound and pictures have 1.6 million, if each is one sample of the file."""
MAX_TRACKS = 64
_CHUNK_SAMPLES = 800
"""Where a track's samples are those of the sound, millions a minute, FFmpeg's index has an entry
for each chunk, and for each 1024 samples in it, or somewhat fewer."""
MAX_TABLE_BYTES = 32 << 20
MAX_BOXES = 500_000
"""Four hours in fragments of a second have 120,000."""

_FIRST_BOXES = frozenset(
    b"ftyp moov mdat wide free skip styp sidx uuid pnot udta junk pict".split()
)
_PADDING = frozenset(b"free skip".split())
_CHILDREN_AT = {
    **dict.fromkeys(b"moov trak mdia minf stbl moof traf mvex edts dinf udta wave".split(), (0,)),
    **dict.fromkeys(b"sinf schi ilst hoov free skip tref gmhd".split(), (0,)),
    b"meta": (0, 4),
    b"stsd": (8,),
}
"""Where the children of a box begin in its content, for boxes that have any."""
_OF_A_FORMAT = (28, 44, 64, 78)
"""The same for a format in `stsd`: sound in QuickTime's versions 0, 1 and 2, and pictures."""
_DEEPEST = 16
_SOUND, _OTHERS = b"soun", frozenset((b"vide", b"subp", b"clcp"))
"""What FFmpeg takes for sound, and for something else, by a track's handler."""
_HEAD, _LONG_HEAD = 8, 16
"""Bytes of a box before its content; the longer one where its size needs 64 bits."""


def begins_with_a_box(head: bytes) -> bool:
    """Returns whether a file that begins with these 8 bytes may be an MP4 or a QuickTime file."""
    return head[4:8] in _FIRST_BOXES


def claims_too_much(file: Readable) -> bool:
    """Returns whether the tables are compressed, doubled, or claim more than a file may have."""
    tracks = [_Track()]
    fragments = 0
    for count, (kind, content) in enumerate(_boxes(file)):
        if kind == b"cmov" or count > MAX_BOXES:
            return True  # compressed tables, or a file of nothing but tables
        if kind == b"trak":
            tracks.append(_Track())
        elif kind == b"trun":
            fragments += _number(content, 4)
        else:
            tracks[-1].note(kind, content)
    return (
        fragments + sum(one.indexed for one in tracks) > MAX_SAMPLES
        or any(one.is_doubled for one in tracks)
        or len(tracks) > MAX_TRACKS
    )


class _Track:
    def __init__(self) -> None:
        self.handlers: set[bytes] = set()
        self.sizes: list[int] = []
        self.is_plain: list[bool] = []
        """Whether a table has one entry, by which each sample lasts one tick of the clock."""
        self.runs: list[_Table] = []
        """Tables of runs of chunks: the first, counted from 1, and the samples in each of them."""
        self.chunks: list[int] = []

    def note(self, kind: bytes, content: memoryview) -> None:
        """Takes what a box says about the track."""
        match kind:
            case b"hdlr":
                self.handlers.add(bytes(content[8:12]))
            case b"stsz" | b"stz2":
                self.sizes.append(_number(content, 8))
            case b"stts":
                self.is_plain.append((_number(content, 4), _number(content, 12)) == (1, 1))
            case b"stsc":
                self.runs.append(_table(content, columns=3))
            case b"stco" | b"co64":
                width = 4 if kind == b"stco" else 8
                self.chunks.append(min(_number(content, 4), max(0, len(content) - 8) // width))
            case _:
                pass

    @property
    def indexed(self) -> float:
        """How many entries FFmpeg's index of the track has."""
        is_sound = _SOUND in self.handlers and not self.handlers & _OTHERS
        if not (is_sound and any(self.is_plain)):
            return sum(self.sizes)
        return sum(_entries(runs, sum(self.chunks)) for runs in self.runs)

    @property
    def is_doubled(self) -> bool:
        return any(len(one) > 1 for one in (self.sizes, self.is_plain, self.runs, self.chunks))


def _entries(runs: _Table, chunks: int) -> float:
    """Returns how many entries plain samples have; for tables out of order rather too many."""
    firsts = runs[:, 0].astype(np.float64)
    lengths = np.diff(firsts, append=chunks + 1)
    lengths = np.where(lengths < 0, chunks, np.minimum(lengths, chunks))
    return float(np.sum(lengths * (runs[:, 1] // _CHUNK_SAMPLES + 1)))


def _boxes(file: Readable) -> Iterator[tuple[bytes, memoryview]]:
    """Yields kind and content of every box; those in the sound and in padding are left out."""
    end, start, read = file.seek(0, 2), 0, 0
    while start + _HEAD <= end:
        file.seek(start)
        head = file.read(_LONG_HEAD + _HEAD)
        size = int.from_bytes(head[:4], "big")
        if size == 1:
            size = int.from_bytes(head[8:16], "big")
        next_box = end if size == 0 else min(end, start + max(_HEAD, size))
        if head[4:8] == b"mdat" or _is_padding(head):
            yield head[4:8], memoryview(b"")
        else:
            read += next_box - start
            if read > MAX_TABLE_BYTES:
                yield b"cmov", memoryview(b"")  # nothing that a file needs is so large
                return
            file.seek(start)
            yield from _within(memoryview(file.read(next_box - start)), 0)
        start = next_box


def _is_padding(head: bytes) -> bool:
    """Returns whether a box that begins so is room that a recorder kept, and holds no box."""
    begin = _LONG_HEAD if head[:4] == b"\0\0\0\1" else _HEAD
    return head[4:8] in _PADDING and not any(head[begin : begin + _HEAD])


def _within(
    content: memoryview, depth: int, *, are_formats: bool = False
) -> Iterator[tuple[bytes, memoryview]]:
    while len(content) >= _HEAD:
        size, kind, begin = _number(content, 0), bytes(content[4:8]), _HEAD
        if size == 1 and len(content) >= _LONG_HEAD:
            size, begin = int.from_bytes(content[8:16], "big"), _LONG_HEAD
        if size == 0:
            size = len(content)
        if size < begin:
            return
        inner = content[begin:size]
        yield kind, inner
        places = _OF_A_FORMAT if are_formats else _CHILDREN_AT.get(kind, ())
        if depth < _DEEPEST:
            for place in places:
                yield from _within(inner[place:], depth + 1, are_formats=kind == b"stsd")
        content = content[size:]


def _table(content: memoryview, *, columns: int) -> _Table:
    """Returns the rows of a table, as many as it states and has."""
    rows = min(_number(content, 4), max(0, len(content) - 8) // (4 * columns))
    numbers = content[8 : 8 + 4 * rows * columns]
    return np.frombuffer(numbers, ">u4").reshape(rows, columns) if rows else np.zeros((0, columns))


def _number(content: memoryview, place: int) -> int:
    return int.from_bytes(content[place : place + 4], "big")
