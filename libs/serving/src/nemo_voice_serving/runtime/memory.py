"""Keeps freed memory in malloc under load, and long-lived objects out of garbage collections.

`server.serve` makes the settings, which hold for the whole process; a `Service` returns memory to
the system when it is idle.
"""

import asyncio
import ctypes
import gc
import logging
import os
from collections.abc import Callable
from pathlib import Path

from nemo_voice_serving.runtime.lifecycle import Phase

logger = logging.getLogger(__name__)

_MALLOPT = {-8: 1, -1: 512 << 20, -2: 16 << 20, -3: 256 << 20}
"""By glibc's numbers: arenas, free bytes to keep, bytes to take from the system at a time, and the
size from which a free block goes back to the system at once."""

IDLE_CHECK_S = 1.0
_GROWN = 1.03
"""What a model or a decoder allocates once and keeps is less than this; a long file is more."""


def keep_freed_memory() -> None:
    """Makes malloc keep freed memory for later use; call it before the first thread starts.

    Otherwise large tensors go back to the system at once, and every layer of a model on a CPU
    begins by faulting its pages in again: a tenth of a vocoder's time. One arena, because those of
    further threads hand back whatever the settings say.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # absent outside glibc
    if mallopt is not None:
        for parameter, value in _MALLOPT.items():
            mallopt(parameter, value)


async def return_memory_when_idle(
    is_idle: Callable[[], bool], *, every_s: float = IDLE_CHECK_S
) -> None:
    """Returns free memory to the system each time the service is idle and holds more than before.

    What the settings above keep is worth its room only while requests come. Runs until cancelled.

    Args:
        is_idle: Whether nothing is in work, and nothing was a moment ago.
        every_s: How often to look.
    """
    held = resident_bytes()
    while True:
        await asyncio.sleep(every_s)
        if not is_idle() or resident_bytes() <= held * _GROWN:
            continue
        before = resident_bytes()
        await asyncio.to_thread(_trim)  # 60 ms for 250 MB, without the interpreter's lock
        held = resident_bytes()
        logger.info("free memory returned", extra={"mb": round((before - held) / 1e6)})


def resident_bytes() -> int:
    """Returns how much memory the process holds; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _trim() -> None:
    gc.collect()  # what requests left in circles; the frozen objects are not visited
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # absent outside glibc
    if trim is not None:
        trim(0)


def freeze_loaded_objects(phase: Phase) -> None:
    """Excludes all objects of a service that became ready from later garbage collections.

    A loaded model is a million objects that live as long as the process: traversing them stops
    every thread for half a second, in the middle of some request.
    """
    if phase is Phase.READY:
        gc.collect()
        gc.freeze()


def unfreeze_objects() -> None:
    """Returns the excluded objects to the garbage collector, for the end of the process.

    Otherwise Triton's bindings find their objects alive and write pages about leaks after the
    service's last log line.
    """
    gc.unfreeze()
