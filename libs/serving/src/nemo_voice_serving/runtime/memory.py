"""What a serving process does with memory that is free, and with objects that never will be.

`server.serve` calls it; the settings hold for the whole process.
"""

import ctypes
import gc

from nemo_voice_serving.runtime.lifecycle import Phase

_MALLOPT = {-8: 1, -1: 512 << 20, -2: 16 << 20, -3: 256 << 20}
"""By glibc's numbers: arenas, bytes that are kept free, bytes taken at a time, and the size from
which a block goes back to the system as soon as it is free."""


def keep_freed_memory() -> None:
    """Lets the C library keep what is freed for the next user; call it before the first thread.

    Otherwise large tensors go back to the system at once, and every layer of a model on a CPU
    begins by faulting its pages in again: a tenth of a vocoder's time. One arena, because those of
    further threads hand back whatever the settings say.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # absent outside glibc
    if mallopt is not None:
        for parameter, value in _MALLOPT.items():
            mallopt(parameter, value)


def spare_the_collector(phase: Phase) -> None:
    """Takes what is there when the service is ready out of all later garbage collections.

    A loaded model is a million objects that live as long as the process: looking through them
    stops every thread for half a second, in the middle of some request.
    """
    if phase is Phase.READY:
        gc.collect()
        gc.freeze()


def return_to_the_collector() -> None:
    """Lets the end of the process collect what was spared.

    Otherwise Triton's bindings, finding their objects alive, write pages about leaks after the
    service's last word.
    """
    gc.unfreeze()
