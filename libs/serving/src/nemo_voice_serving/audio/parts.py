"""Where one recording ends within a file and the next one begins.

Recorders and `cat` join whole files to one. Those of MP3 and AAC are read on by FFmpeg; of the
formats here it, or libsndfile, reads the first alone, or the others as if they were like the first.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO, Literal

from nemo_voice_serving.audio.byte_source import Part
from nemo_voice_serving.audio.mp4_tables import MAX_BOXES

MAX_PARTS = 2_000
"""Each is opened by itself, which takes a moment: more are refused."""

_CHUNK_BYTES = 1 << 20
_LONGEST_HEAD = 96
_FLAC = re.compile(rb"fLaC[\x00\x80]\x00\x00\x22")
_MATROSKA = re.compile(
    rb"\x1a\x45\xdf\xa3(?:[\x80-\xff]|[\x40-\x7f].|\x01.{7})"
    rb"[^\x1a]{0,56}?\x42\x82[\x84\x88](?:webm|matroska)",
    re.DOTALL,
)
"""A size, then elements of which none is 0x1a: a file of nothing but marks is passed in no time."""
_OGG = re.compile(rb"OggS\x00[\x02\x06].{21}", re.DOTALL)
"""The first page of a stream, up to the number of its segments."""
_OGG_PAGE_HEAD = 27
_BOX_HEAD = 8
_WAV_ORDERS: dict[bytes, Literal["little", "big"]] = {b"RIFF": "little", b"RIFX": "big"}
"""By how a WAV begins, the order of the bytes in its numbers."""


class TooManyParts(Exception):
    """A file consists of more recordings than are read."""


def parts_of(file: BinaryIO) -> list[Part]:
    """Returns the recordings of which a file consists, in order; most files are one.

    They are found in chained Ogg and in MP4, Matroska, WebM, FLAC and WAV files that follow each
    other.

    Raises:
        TooManyParts: There are more than `MAX_PARTS`.
        ValueError: The file is closed.
    """
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(12)
    starts = [0]
    for start in _later_starts(file, head):
        if len(starts) == MAX_PARTS:
            raise TooManyParts
        starts.append(start)
    ends = [*starts[1:], size]
    return [
        Part(file, start, end, share=(end - start) / max(1, size))
        for start, end in zip(starts, ends, strict=True)
    ]


def _later_starts(file: BinaryIO, head: bytes) -> Iterator[int]:
    if head.startswith(b"OggS"):
        return _ogg_starts(file)
    if head.startswith(b"fLaC"):
        return (start for start, _ in _found(file, _FLAC) if start)
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return (start for start, _ in _found(file, _MATROSKA) if start)
    if head[4:8] == b"ftyp":
        return _mp4_starts(file)
    return _wav_starts(file)


def _ogg_starts(file: BinaryIO) -> Iterator[int]:
    """Yields where a group of first pages begins: of films, each stream has one."""
    end_of_group = 0
    for start, page in _found(file, _OGG):
        if start > end_of_group:
            yield start
        if start >= end_of_group:
            file.seek(start + _OGG_PAGE_HEAD)
            lengths = file.read(page[-1])
            end_of_group = start + _OGG_PAGE_HEAD + len(lengths) + sum(lengths)


def _wav_starts(file: BinaryIO) -> Iterator[int]:
    """Yields where a WAV follows at the stated end of one; where no end is stated, none is seen."""
    start = 0
    while True:
        file.seek(start)
        head = file.read(12)
        order = _WAV_ORDERS.get(head[:4])
        if order is None or head[8:] != b"WAVE":
            return
        if start:
            yield start
        size = int.from_bytes(head[4:8], order)
        start += 8 + size + size % 2


def _mp4_starts(file: BinaryIO) -> Iterator[int]:
    """Yields where a file type is stated once more after the tables of a recording."""
    start, has_tables = 0, False
    for _ in range(MAX_BOXES):
        file.seek(start)
        head = file.read(16)
        size = int.from_bytes(head[:4], "big")
        if size == 1:
            size = int.from_bytes(head[8:16], "big")
        if head[4:8] == b"ftyp" and has_tables:
            has_tables = False
            yield start
        has_tables = has_tables or head[4:8] == b"moov"
        if size < _BOX_HEAD:  # none, or one that goes to the end
            return
        start += size


def _found(file: BinaryIO, pattern: re.Pattern[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yields the place and the bytes of each match in the file."""
    start, end = 0, 0
    while True:
        file.seek(start)
        chunk = file.read(_CHUNK_BYTES + _LONGEST_HEAD)
        for match in pattern.finditer(chunk):
            if start + match.start() >= end:
                end = start + match.end()
                yield start + match.start(), match[0]
        if len(chunk) < _CHUNK_BYTES + _LONGEST_HEAD:
            return
        start += _CHUNK_BYTES
