"""Opens a .nemo file that may have been made to do harm.

Paths, links, devices, kinds of files and sizes are checked before the first byte is written,
pickles before anybody may load them. Called by `model_fetch`.
"""

import contextlib
import gzip
import io
import os
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from typing_extensions import override

from nemo_voice_serving.model_store.errors import FailureReason, ModelArchiveRefused
from nemo_voice_serving.model_store.pickle_scan import refuse_code

RECORD_NAME = "model.json"
"""The store's own file, which no archive may bring."""
CONFIG_NAME = "model_config.yaml"
MAX_MEMBERS = 10_000
"""NVIDIA's models have fewer than twenty."""
MAX_UNPACKED_BYTES = 64 * 2**30
"""Fifteen times the largest speech model."""

_CHUNK_BYTES = 2**20
_LARGEST_HEADER_BYTES = 2**20
_LONGEST_NAME = 200
_HEADER_READS_PER_MEMBER = 8
# fmt: off
_SUFFIXES = frozenset({
    ".bpe", ".ckpt", ".csv", ".dict", ".far", ".json", ".model", ".tsv", ".txt", ".vocab", ".yaml",
    ".yml",
})
_CODE_SUFFIXES = frozenset({
    ".npy", ".npz", ".pickle", ".pkl", ".pt", ".pth", ".py", ".pyc", ".sh", ".so", ".whl", ".zip",
})
# fmt: on
# Dictionaries of NeMo's own are named for their date: cmudict-0.7b_nv22.10, heteronyms-052722.
_DICTIONARY = re.compile(r"([0-9a-f]{32}_)?(ipa_)?(cmudict|heteronyms|lexicon)[\w.-]*", re.ASCII)
_PICKLE_STARTS = tuple(bytes((0x80, protocol)) for protocol in range(2, 6))


@dataclass(frozen=True)
class Member:
    """A file in the archive, found harmless by name, kind and size."""

    path: PurePosixPath
    offset_bytes: int
    size_bytes: int


def _unsafe(message: str) -> ModelArchiveRefused:
    return ModelArchiveRefused(message, reason=FailureReason.UNSAFE_ARCHIVE)


def members_of(
    archive: Path, *, limit_bytes: int = MAX_UNPACKED_BYTES, max_members: int = MAX_MEMBERS
) -> tuple[Member, ...]:
    """Returns the archive's files, after all of them were found harmless; nothing is written.

    Raises:
        ModelArchiveRefused: Names the member and the reason.
    """
    with _contents(archive) as stream:
        headers = cast("BinaryIO", _HeaderReader(stream, max_members))
        with tarfile.open(fileobj=headers, mode="r:") as tar:
            members = tuple(_checked(tar, limit_bytes, max_members))
    names = {str(member.path) for member in members}
    folders = {str(folder) for member in members for folder in member.path.parents}
    if names & folders:
        raise _unsafe(f"{archive.name} holds a file that is also a directory.")
    if CONFIG_NAME not in names or not any(name.endswith(".ckpt") for name in names):
        raise ModelArchiveRefused(
            f"{archive.name} is not a NeMo checkpoint: it must hold {CONFIG_NAME} and a .ckpt file."
        )
    return members


def unpack(
    archive: Path, members: tuple[Member, ...], into: Path, advance: Callable[[int], None]
) -> None:
    """Writes the members into an existing, empty directory, flushed to disk, and look inside them.

    Raises:
        ModelArchiveRefused: A checkpoint holds code, or the archive ends early.
    """
    with _contents(archive) as stream:
        for member in members:
            _write(stream, member, into / member.path, advance)
    for member in members:
        inspect_file(into / member.path)


def inspect_file(path: Path) -> None:
    """Returns when a checkpoint's file holds no code.

    Raises:
        ModelArchiveRefused: Names what was found.
    """
    if path.suffix == ".ckpt":
        refuse_code(path)
        return
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith((*_PICKLE_STARTS, b"PK\x03\x04", b"\x7fELF")):
        raise _unsafe(f"{path.name} is not what its name says: it can hold code.")


@contextlib.contextmanager
def _contents(archive: Path) -> Iterator[BinaryIO]:
    """Opens the archive's bytes, unpacked where old NeMo compressed them; damage is a refusal."""
    try:
        with contextlib.ExitStack() as stack:
            file: BinaryIO = stack.enter_context(archive.open("rb"))
            compressed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if compressed:
                file = cast("BinaryIO", stack.enter_context(gzip.GzipFile(fileobj=file)))
            yield file
    except (
        tarfile.TarError,
        gzip.BadGzipFile,
        zlib.error,
        EOFError,
        ValueError,
        OverflowError,
        RecursionError,
    ) as error:
        raise ModelArchiveRefused(
            f"{archive.name} is not a readable .nemo file: {error}."
        ) from error


class _HeaderReader(io.RawIOBase):
    """Gives tarfile the headers and no more: bounded reads, no endless loop."""

    def __init__(self, stream: BinaryIO, max_members: int) -> None:
        super().__init__()
        self._stream = stream
        self._reads_left = max_members * _HEADER_READS_PER_MEMBER

    @override
    def read(self, size: int = -1, /) -> bytes:
        self._reads_left -= 1
        if not 0 <= size <= _LARGEST_HEADER_BYTES or self._reads_left < 0:
            raise _unsafe("The archive's headers are larger than its contents.")
        return self._stream.read(size)

    @override
    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._stream.seek(offset, whence)

    @override
    def tell(self) -> int:
        return self._stream.tell()


def _checked(tar: tarfile.TarFile, limit_bytes: int, max_members: int) -> Iterator[Member]:
    seen: set[PurePosixPath] = set()
    total_bytes = 0
    for count, member in enumerate(tar, 1):
        path = _path_of(member)
        total_bytes += member.size
        if count > max_members:
            raise _unsafe(f"The archive has more than {max_members} members.")
        if total_bytes > limit_bytes:
            raise _unsafe(f"The archive unpacks to more than {limit_bytes} bytes.")
        if path in seen:
            raise _unsafe(f"The archive holds {member.name!r} twice.")
        if member.isdir():
            continue
        seen.add(path)
        _refuse_kind(path)
        yield Member(path, member.offset_data, member.size)


def _path_of(member: tarfile.TarInfo) -> PurePosixPath:
    name = member.name
    path = PurePosixPath(name)
    if name.startswith("/") or ".." in path.parts or "\\" in name:
        raise _unsafe(f"The archive holds {name!r}, a path that leads elsewhere.")
    if len(name.encode(errors="replace")) > _LONGEST_NAME or not name.isprintable():
        raise _unsafe(f"The archive holds {name[:60]!r}, a name no model needs.")
    plain = member.type in {tarfile.REGTYPE, tarfile.AREGTYPE} and not member.issparse()
    if not (plain or member.isdir()) or member.size < 0:
        raise _unsafe(f"The archive holds {name!r}, which is no plain file.")
    return path


def _refuse_kind(path: PurePosixPath) -> None:
    known = path.suffix in _SUFFIXES or _DICTIONARY.fullmatch(path.name)
    if not known or path.suffix in _CODE_SUFFIXES or str(path) == RECORD_NAME:
        raise _unsafe(f"The archive holds {str(path)!r}, which no NeMo model needs.")


def _write(stream: BinaryIO, member: Member, target: Path, advance: Callable[[int], None]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    stream.seek(member.offset_bytes)
    left = member.size_bytes
    with target.open("xb") as file:
        while left:
            chunk = stream.read(min(left, _CHUNK_BYTES))
            if not chunk:
                raise ModelArchiveRefused(
                    f"The archive ends in the middle of {str(member.path)!r}."
                )
            file.write(chunk)
            left -= len(chunk)
            advance(len(chunk))
        file.flush()
        os.fsync(file.fileno())
