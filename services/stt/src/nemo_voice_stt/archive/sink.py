"""Where outputs go: a port, and the folder behind it.

A file is there whole or not at all: it is written under another name beside its place, flushed to
the disk and renamed. So a run that was killed finds what is done by what is there.
"""

import errno
import fcntl
import itertools
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from io import FileIO
from pathlib import Path
from typing import BinaryIO, Protocol

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_stt.archive.errors import ArchiveRefused, SinkFailed, reason_of, shown
from nemo_voice_stt.archive.names import PARTIAL

WriteLine = Callable[[bytes], None]
"""Writes one line, its end included, wholly or not at all; raises `SinkFailed`."""

_OF_THE_NAME = {
    errno.ENAMETOOLONG,
    errno.EILSEQ,
    errno.EINVAL,
    errno.EISDIR,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.ENOTEMPTY,
}
"""What is wrong with one output alone."""


class Sink(Protocol):
    """Takes outputs by their names, which are paths below its root. Any thread may call it."""

    @property
    def folds_case(self) -> bool:
        """Whether names that differ by case alone are one."""
        ...

    def has(self, name: str) -> bool:
        """Returns whether an output is there; if so, it is whole."""
        ...

    def read(self, name: str) -> bytes | None:
        """Returns an output; None if it is not there, or none can have this name."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Writes an output, in place of one that is there.

        Raises:
            InvalidRequest: No output can have this name.
            SinkFailed: No output can be written any more, as when the disk is full.
        """
        ...

    @contextmanager
    def growing(self, name: str) -> Iterator[WriteLine]:
        """Yields what adds lines to an empty file, each of which is there at once."""
        ...

    @contextmanager
    def replaced(self, name: str) -> Iterator[WriteLine]:
        """Yields what adds lines to a file that is there once the block has ended without error."""
        ...


class FolderSink:
    """A folder; one process at a time writes into it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        # A process in a restarted container has the number of the one before it.
        self._own = f"{PARTIAL}{secrets.token_hex(4)}-"
        self._numbers = itertools.count()
        self._cleaned: set[Path] = set()
        self._is_alone = False
        self.folds_case = False

    @contextmanager
    def open(self) -> Iterator[None]:
        """Makes the folder and holds it while the block runs.

        Raises:
            ArchiveRefused: It cannot be made or written to, or another run is writing into it.
        """
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            probe = self._root / f"{self._own}Probe"
            probe.touch()
            self.folds_case = probe.with_name(probe.name.swapcase()).exists()
            probe.unlink()
            descriptor = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            reason = f"--out {shown(self._root)} cannot be written to: {reason_of(error)}"
            raise ArchiveRefused(reason) from error
        try:
            self._is_alone = self._locked(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _locked(self, descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            reason = f"--out {shown(self._root)}: another run is writing into it"
            raise ArchiveRefused(reason) from error
        except OSError:
            return False  # some network file systems lock no folders
        return True

    def has(self, name: str) -> bool:
        """See `Sink`."""
        return os.path.isfile(f"{self._root}/{name}")  # noqa: PTH113 a million times

    def read(self, name: str) -> bytes | None:
        """See `Sink`."""
        try:
            return (self._root / name).read_bytes()
        except OSError as error:
            if error.errno in {errno.ENOENT, *_OF_THE_NAME}:
                return None
            raise

    def write(self, name: str, data: bytes) -> None:
        """See `Sink`."""
        with self.replaced(name) as write:
            write(data)

    @contextmanager
    def replaced(self, name: str) -> Iterator[WriteLine]:
        """See `Sink`."""
        path = self._root / name
        unfinished = path.with_name(f"{self._own}{next(self._numbers)}")
        try:
            self._prepare(path.parent)
            with unfinished.open("xb") as file:
                yield partial(_write_all, file)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except OSError as error:
            raise _failure(error, path) from error
        finally:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)

    @contextmanager
    def growing(self, name: str) -> Iterator[WriteLine]:
        """See `Sink`."""
        path = self._root / name
        try:
            file = path.open("wb", buffering=0)
        except OSError as error:
            raise _failure(error, path) from error
        with file:

            def write(line: bytes) -> None:
                end = file.tell()
                try:
                    _write_all(file, line)
                except OSError as error:
                    with suppress(OSError):
                        file.truncate(end)  # no half line
                        file.seek(end)
                    raise _failure(error, path) from error

            yield write

    def _prepare(self, folder: Path) -> None:
        """Makes the folder; removes what a killed run left there, once."""
        if folder in self._cleaned:
            return
        folder.mkdir(parents=True, exist_ok=True)
        self._cleaned.add(folder)
        if self._is_alone:
            for left in folder.glob(f"{PARTIAL}*"):
                if not left.name.startswith(self._own):
                    left.unlink(missing_ok=True)


def _write_all(file: BinaryIO | FileIO, data: bytes) -> None:
    """Writes all of it: a disk that fills up takes a part, and refuses the next."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def _failure(error: OSError, path: Path) -> Exception:
    reason = f"{shown(path)} cannot be written: {reason_of(error)}"
    if error.errno in _OF_THE_NAME:
        return InvalidRequest(f"The output {reason}.")
    return SinkFailed(reason)
