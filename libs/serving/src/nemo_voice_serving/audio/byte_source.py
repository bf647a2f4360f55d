"""What libsndfile and FFmpeg are given of an upload: bytes by position, and never an exception.

`containers.py` wraps every file in it.
"""

from contextlib import suppress
from typing import BinaryIO


class ByteSource:
    """What the libraries see of a file: bytes by position, no name to guess a format from.

    One that is closed under them, since its client left, is at its end: no exception in a C
    callback, which would be written to the log.
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
        """Goes to a place within the file and returns it."""
        # A corrupt header asks for places before the start: answering with the nearest place keeps
        # the exception out of a C callback.
        wanted = offset + (0, self._position, self._size)[whence]
        with suppress(ValueError):
            self._position = self._file.seek(min(max(wanted, 0), self._size))
        return self._position

    def tell(self) -> int:
        """Returns where the next byte is read."""
        return self._position
