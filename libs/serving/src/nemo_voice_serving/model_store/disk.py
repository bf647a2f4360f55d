"""Free space, file locks that end with their process, and clear errors for a failing disk."""

import contextlib
import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from nemo_voice_serving.model_store.errors import (
    FailureReason,
    InvalidModelReference,
    ModelDiskFull,
    ModelNotFound,
    ModelStoreUnwritable,
)

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_UNWRITABLE = {
    errno.EROFS: FailureReason.CACHE_READ_ONLY,
    errno.EACCES: FailureReason.CACHE_FORBIDDEN,
    errno.EPERM: FailureReason.CACHE_FORBIDDEN,
    errno.ENOTDIR: FailureReason.CACHE_UNUSABLE,
    errno.EEXIST: FailureReason.CACHE_UNUSABLE,
}
_NO_LOCKS = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS})
_MAKE_ROOM = "Free some, or put the models elsewhere."

FreeBytes = Callable[[Path], int]


def free_bytes(directory: Path) -> int:
    """Returns the free bytes of the directory's filesystem."""
    return shutil.disk_usage(directory).free


def require_space(directory: Path, needed_bytes: int, free: FreeBytes, purpose: str) -> None:
    """Checks that the disk has room for so many bytes.

    Raises:
        ModelDiskFull: It has not; the error carries both numbers.
    """
    available = free(directory)
    if available < needed_bytes:
        raise ModelDiskFull(
            f"The disk of {directory} is too small to {purpose}: {needed_bytes} bytes are needed, "
            f"{available} are free.",
            advice=_MAKE_ROOM,
            needed_bytes=needed_bytes,
            free_bytes=available,
        )


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turns a failed read of the user's own file into an error that names the file."""
    try:
        yield
    except OSError as error:
        is_missing = isinstance(error, FileNotFoundError)
        raise ModelNotFound(
            f"{path} cannot be read: {error.strerror}.",
            reason=FailureReason.FILE_NOT_FOUND if is_missing else FailureReason.FILE_UNREADABLE,
        ) from error


def refuse_links_out_of(root: Path, *paths: Path) -> None:
    """Checks that paths below the root stay there when symbolic links are followed.

    Raises:
        InvalidModelReference: One does not; the message says where it leads.
    """
    real_root = os.path.realpath(root)
    for path in paths:
        real = Path(os.path.realpath(path))
        if path.is_relative_to(root) and not real.is_relative_to(real_root):
            raise InvalidModelReference(
                f"{path} is a link that leads out of {root}, to {real}. "
                "Put the file itself there, or link to one that is there."
            )


@contextlib.contextmanager
def writing_to(directory: Path, free: FreeBytes) -> Iterator[None]:
    """Turns a failed write below the directory into an error that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            available = free(directory)
            raise ModelDiskFull(
                f"The disk of {directory} became full while writing: {available} bytes are free.",
                advice=_MAKE_ROOM,
                needed_bytes=None,
                free_bytes=available,
            ) from error
        if error.errno in _UNWRITABLE:
            raise ModelStoreUnwritable(
                f"The model is not in {directory} yet, and that cannot be written ({error}).",
                advice="Fetch the model first where it can, or name another directory.",
                reason=_UNWRITABLE[error.errno],
            ) from error
        raise


@contextlib.contextmanager
def locked(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Holds an exclusive lock, which the kernel releases when the process ends.

    Args:
        path: The lock file. It stays: removing it would let two processes lock two files.
        waiting: Called again and again while another process holds the lock; it should sleep.

    Raises:
        ModelStoreUnwritable: The filesystem has no locks.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o664)
    try:
        while not _try_lock(descriptor, path):
            waiting()
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked_if_free(path: Path) -> Iterator[bool]:
    """Takes the lock if it is free, and yields whether it was."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o664)
    try:
        yield _try_lock(descriptor, path)
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int, path: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in _NO_LOCKS:
            raise ModelStoreUnwritable(
                f"The filesystem of {path.parent} has no file locks, so two processes could spoil "
                "each other's download.",
                advice="Put the models on one that has.",
                reason=FailureReason.CACHE_UNUSABLE,
            ) from error
        raise
    return True


def sync_directory(directory: Path) -> None:
    """Flushes the directory's entries to disk, so that they survive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
