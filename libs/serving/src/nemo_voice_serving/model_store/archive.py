"""Unpacks a .nemo file safely, even one that was made to do harm.

Names, links, devices, counts and sizes are checked before the first byte is written. `tarfile` has
a filter for some of this from Python 3.11.4 on; the images' Python is 3.11.2.
"""

import contextlib
import gzip
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from nemo_voice_serving.model_kinds.config import CONFIG_NAME
from nemo_voice_serving.model_store.errors import FailureReason, ModelArchiveRefused

RECORD_NAME = "model.json"
"""The record of a stored model; no archive may hold one."""
MAX_MEMBERS = 10_000
"""NVIDIA's models have fewer than twenty."""
MAX_UNPACKED_BYTES = 64 * 2**30
"""Fifteen times the largest speech model."""

_CHUNK_BYTES = 2**20
_LARGEST_HEADER_BYTES = 2**20
_LONGEST_NAME_BYTES = 200
_IMPORTABLE = frozenset({".py", ".pyc", ".so"})
_UNREADABLE = (
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    ValueError,
    OverflowError,
    RecursionError,
)


@dataclass(frozen=True)
class Member:
    """A file in the archive whose name, kind and size were checked."""

    path: PurePosixPath
    offset_bytes: int
    size_bytes: int


def _unsafe(message: str) -> ModelArchiveRefused:
    return ModelArchiveRefused(message, reason=FailureReason.UNSAFE_ARCHIVE)


def members_of(
    archive: Path, *, limit_bytes: int = MAX_UNPACKED_BYTES, max_members: int = MAX_MEMBERS
) -> tuple[Member, ...]:
    """Returns the archive's files after a check of all of them; nothing is written.

    Raises:
        ModelArchiveRefused: Names the member and the reason.
    """
    with _opened(archive) as stream:
        headers = cast("BinaryIO", _HeaderReader(stream))
        with tarfile.open(fileobj=headers, mode="r:") as tar:
            members = tuple(_checked(tar, limit_bytes, max_members))
    names = {str(member.path) for member in members}
    folders = {str(folder) for member in members for folder in member.path.parents}
    if len(names) < len(members) or names & folders:
        raise _unsafe(f"{archive.name} holds two members of the same name.")
    if CONFIG_NAME not in names or not any(name.endswith(".ckpt") for name in names):
        raise ModelArchiveRefused(
            f"{archive.name} is not a NeMo checkpoint: it must hold {CONFIG_NAME} and a .ckpt file."
        )
    return members


def unpack(
    archive: Path, members: tuple[Member, ...], into: Path, advance: Callable[[int], None]
) -> None:
    """Writes the members into an existing, empty directory, flushed to disk.

    Raises:
        ModelArchiveRefused: The archive ends early.
    """
    with _opened(archive) as stream:
        for member in members:
            _write(stream, member, into / member.path, advance)


@contextlib.contextmanager
def _opened(archive: Path) -> Iterator[BinaryIO]:
    """Opens the archive, decompressed where NeMo before 1.7 compressed it; refuses damage."""
    try:
        with contextlib.ExitStack() as stack:
            file: BinaryIO = stack.enter_context(archive.open("rb"))
            is_compressed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if is_compressed:
                file = cast("BinaryIO", stack.enter_context(gzip.GzipFile(fileobj=file)))
            yield file
    except _UNREADABLE as error:
        raise ModelArchiveRefused(
            f"{archive.name} is not a readable .nemo file: {error}."
        ) from error


class _HeaderReader:
    """Keeps tarfile from reading a header of gigabytes into memory."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int) -> bytes:
        if not 0 <= size <= _LARGEST_HEADER_BYTES:
            raise _unsafe("The archive has a header that is larger than any model needs.")
        return self._stream.read(size)


def _checked(tar: tarfile.TarFile, limit_bytes: int, max_members: int) -> Iterator[Member]:
    total_bytes = 0
    for count, member in enumerate(tar, 1):
        _check(member)
        total_bytes += member.size
        if count > max_members:
            raise _unsafe(f"The archive has more than {max_members} members.")
        if total_bytes > limit_bytes:
            raise _unsafe(f"The archive unpacks to more than {limit_bytes} bytes.")
        if not member.isdir():
            yield Member(PurePosixPath(member.name), member.offset_data, member.size)


def _check(member: tarfile.TarInfo) -> None:
    name, path = member.name, PurePosixPath(member.name)
    is_file = member.type in {tarfile.REGTYPE, tarfile.AREGTYPE} and not member.issparse()
    problems = {
        "a path that leads elsewhere": path.is_absolute() or ".." in path.parts or "\\" in name,
        "a name no model needs": len(os.fsencode(name)) > _LONGEST_NAME_BYTES
        or not name.isprintable(),
        "which is no plain file": not (is_file or member.isdir()) or member.size < 0,
        # NeMo works in the model's directory while it loads, where an import could find them.
        "which could be imported": path.suffix in _IMPORTABLE,
        "a name that is the store's own": str(path) == RECORD_NAME,
    }
    if problem := next((problem for problem, found in problems.items() if found), None):
        raise _unsafe(f"The archive holds {name[:_LONGEST_NAME_BYTES]!r}, {problem}.")


def _write(stream: BinaryIO, member: Member, target: Path, advance: Callable[[int], None]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    stream.seek(member.offset_bytes)
    left_bytes = member.size_bytes
    with target.open("xb") as file:
        while left_bytes:
            chunk = stream.read(min(left_bytes, _CHUNK_BYTES))
            if not chunk:
                raise ModelArchiveRefused(f"The archive ends in the middle of {member.path}.")
            file.write(chunk)
            left_bytes -= len(chunk)
            advance(len(chunk))
        file.flush()
        os.fsync(file.fileno())
