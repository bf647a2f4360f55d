"""Refuses MP4 files whose tables claim far more samples than an upload can hold.

FFmpeg makes an index of 40 bytes for each sample that a table only counts: 13 kB of a file would
take gigabytes while it is opened. The boxes are read here as FFmpeg reads them, and before it.
"""

from collections.abc import Iterator
from typing import BinaryIO

MAX_SAMPLES = 4_000_000
"""Four hours of sound and pictures have 1.6 million, if each is one sample of the file."""
MAX_TRACKS = 64
MAX_PLAIN_TRACKS = 8
"""Tracks whose samples are those of the sound, millions a minute: FFmpeg indexes them by chunk."""
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
_HEAD, _LONG_HEAD = 8, 16
"""Bytes of a box before its content; the longer one where its size needs 64 bits."""


def begins_with_a_box(head: bytes) -> bool:
    """Returns whether a file that begins with these 8 bytes may be an MP4 or a QuickTime file."""
    return head[4:8] in _FIRST_BOXES


def claims_too_much(file: BinaryIO) -> bool:
    """Returns whether the tables are compressed, doubled, or claim more than a file may have."""
    tracks = [_Track()]
    fragments = 0
    for count, (kind, content) in enumerate(_boxes(file)):
        if kind == b"cmov" or count > MAX_BOXES:
            return True  # compressed tables, or a file of nothing but tables
        match kind:
            case b"trak":
                tracks.append(_Track())
            case b"trun":
                fragments += _number(content, 4)
            case b"stsz" | b"stz2":
                tracks[-1].sizes.append(_number(content, 8))
            case b"stts":
                tracks[-1].is_plain.append((_number(content, 4), _number(content, 12)) == (1, 1))
            case _:
                pass
    return (
        fragments + sum(one.indexed for one in tracks) > MAX_SAMPLES
        or sum(any(one.is_plain) for one in tracks) > MAX_PLAIN_TRACKS
        or any(one.is_doubled for one in tracks)
        or len(tracks) > MAX_TRACKS
    )


class _Track:
    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.is_plain: list[bool] = []
        """Whether a table has one entry, by which each sample lasts one tick of the clock."""

    @property
    def indexed(self) -> int:
        return 0 if any(self.is_plain) else sum(self.sizes)

    @property
    def is_doubled(self) -> bool:
        return len(self.sizes) > 1 or len(self.is_plain) > 1


def _boxes(file: BinaryIO) -> Iterator[tuple[bytes, memoryview]]:
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


def _number(content: memoryview, place: int) -> int:
    return int.from_bytes(content[place : place + 4], "big")
