"""The view of an upload that libsndfile and FFmpeg read: bytes by position, and no exceptions."""

from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes of one recording within an upload, which may hold several in a row."""

    file: BinaryIO
    start: int
    end: int
    share: float = 1.0
    """How much of the whole upload they are: what may be done for an upload, its parts share."""

    def open(self) -> "ByteSource":
        """Returns a view of these bytes, at their start; views of one file are used in turn."""
        return ByteSource(self)


class ByteSource:
    """Gives the libraries the bytes of a part, and no name from which to guess a format.

    A file that is closed meanwhile, because its client left, appears to end: an exception in a C
    callback would be written to the log.
    """

    def __init__(self, part: Part) -> None:
        self._file = part.file
        self._start = part.start
        self._size = part.end - part.start
        self._position = 0
        self.seek(0)

    def read(self, size: int = -1) -> bytes:
        """Returns at most so many bytes, none at the end."""
        left = self._size - self._position
        with suppress(ValueError):
            data = self._file.read(left if size < 0 else min(size, left))
            self._position += len(data)
            return data
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        """Moves to a position, at most to either end of the part, and returns it."""
        # A corrupt header leads to places before the start: the nearest valid place instead of an
        # exception in a C callback.
        wanted = offset + (0, self._position, self._size)[whence]
        with suppress(ValueError):
            nearest = min(max(wanted, 0), self._size)
            self._position = self._file.seek(self._start + nearest) - self._start
        return self._position

    def tell(self) -> int:
        """Returns the position of the next byte to be read."""
        return self._position
