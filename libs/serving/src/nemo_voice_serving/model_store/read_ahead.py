"""Reads a checkpoint's weights into the system's page cache while NeMo is being imported.

Importing takes the processor and reading takes the disk: each waits for neither. The weights are
mapped from their file, and would otherwise be read page by page by the first batches. Imports no
torch; the services call it once the files are verified.
"""

import logging
import os
import threading
from pathlib import Path

logger = logging.getLogger(__name__)

_CHUNK_BYTES = 128 << 10
"""For one request the system reads no more than its read-ahead, which is this or more."""


def read_ahead(*directories: Path) -> threading.Thread:
    """Begins to read the weights of unpacked checkpoints, and returns the thread that does so."""
    thread = threading.Thread(target=_read, args=(directories,), name="read ahead", daemon=True)
    thread.start()
    return thread


def _read(directories: tuple[Path, ...]) -> None:
    for directory in directories:
        for weights in sorted(directory.glob("*.ckpt")):
            try:
                _ask_for(weights)
            except OSError as error:  # loading them says what is wrong
                logger.debug("not read ahead", extra={"error": error.strerror})


def _ask_for(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        for start in range(0, os.fstat(descriptor).st_size, _CHUNK_BYTES):
            os.posix_fadvise(descriptor, start, _CHUNK_BYTES, os.POSIX_FADV_WILLNEED)
    finally:
        os.close(descriptor)
