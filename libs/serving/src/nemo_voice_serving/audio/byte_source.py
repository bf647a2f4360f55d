"""The view of an upload that libsndfile and FFmpeg read: bytes by position, and no exceptions."""

from contextlib import suppress
from typing import BinaryIO


class ByteSource:
    """Gives the libraries the bytes of a file, and no name from which to guess a format.

    A file that is closed meanwhile, because its client left, appears to end: an exception in a C
    callback would be written to the log.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, 2)
        self._position = file.seek(0)

    def read(self, size: int = -1) -> bytes:
        """Returns at most so many bytes, none at the end."""
        with suppress(ValueError):
            return self._read(size)
        return b""

    def _read(self, size: int) -> bytes:
        data = self._file.read(size)
        self._position += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Moves to a position, at most to either end of the file, and returns it."""
        # A corrupt header leads to places before the start: the nearest valid place instead of an
        # exception in a C callback.
        wanted = offset + (0, self._position, self._size)[whence]
        with suppress(ValueError):
            self._position = self._file.seek(min(max(wanted, 0), self._size))
        return self._position

    def tell(self) -> int:
        """Returns the position of the next byte to be read."""
        return self._position
