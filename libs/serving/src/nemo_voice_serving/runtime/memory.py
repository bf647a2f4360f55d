"""Keeps freed memory in malloc, and long-lived objects out of garbage collections.

`server.serve` calls it; the settings hold for the whole process.
"""

import ctypes
import gc

from nemo_voice_serving.runtime.lifecycle import Phase

_MALLOPT = {-8: 1, -1: 512 << 20, -2: 16 << 20, -3: 256 << 20}
"""By glibc's numbers: arenas, free bytes to keep, bytes to take from the system at a time, and the
size from which a free block goes back to the system at once."""


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
