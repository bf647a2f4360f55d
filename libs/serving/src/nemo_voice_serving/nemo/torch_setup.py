"""What the settings say of torch itself: its threads, its memory on a GPU, TF32.

Imports no torch: the services call `before_import` first, since torch reads its environment once.
"""

import contextlib
import os
import re
import sys
from collections.abc import Callable
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from math import ceil
from pathlib import Path
from typing import TypeVar

from nemo_voice_serving.settings import ServiceSettings

_ALLOCATOR = "PYTORCH_ALLOC_CONF"
_OLD_ALLOCATOR = "PYTORCH_CUDA_ALLOC_CONF"
_RENAMED_IN = (2, 9)
_SEGMENTS = "expandable_segments:True"
_THREADS = "OMP_NUM_THREADS"
_WAITING = "OMP_WAIT_POLICY"
_CGROUPS = Path("/sys/fs/cgroup")

Backend = TypeVar("Backend")


class UnusablePrecision(Exception):
    """The number format would be of no use on this device; the message says what to set."""


def before_import(settings: ServiceSettings) -> None:
    """Sets what torch reads from the environment when it is imported.

    Raises:
        UnusablePrecision: The settings want a format that their device cannot compute in.
    """
    if settings.device == "cpu":
        refuse_on_cpu(settings.precision)
    if settings.device == "cuda":
        refuse_on_gpu(settings.precision)
    if settings.threads:
        os.environ[_THREADS] = str(settings.threads)
    elif not os.environ.get(_THREADS) and (most := threads_within_limit()):
        os.environ[_THREADS] = str(most)
    # A thread that waits for another by spinning takes the core that the other one needs wherever
    # something else runs on it, too: beside a busy neighbour, two threads take ten times as long.
    os.environ.setdefault(_WAITING, "PASSIVE")
    # Batches of many sizes leave gaps in the GPU's memory, which these segments close. What the
    # user set stays, in both spellings: torch takes the older one as well.
    if not {_ALLOCATOR, _OLD_ALLOCATOR} & set(os.environ):
        os.environ[allocator_variable()] = _SEGMENTS


def threads_within_limit(cgroups: Path = _CGROUPS) -> int | None:
    """Returns how many threads fit a container's limit of processor time; None without a limit.

    torch takes one thread for each core that it sees. In a pod that may use two of sixty-four, all
    of them spend that time within a fraction of each period and then stand still.
    """
    limit = _limited_cores(cgroups)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return None if limit is None or ceil(limit) >= (cores or 1) else max(1, ceil(limit))


def _limited_cores(cgroups: Path) -> Fraction | None:
    with contextlib.suppress(OSError, ValueError, ZeroDivisionError):
        quota, period = (cgroups / "cpu.max").read_text(encoding="ascii").split()
        return None if quota == "max" else Fraction(int(quota), int(period))
    with contextlib.suppress(OSError, ValueError, ZeroDivisionError):
        folder = cgroups / "cpu"  # version 1
        quota, period = (
            (folder / f"cpu.cfs_{name}_us").read_text(encoding="ascii")
            for name in ("quota", "period")
        )
        return None if int(quota) < 0 else Fraction(int(quota), int(period))
    return None


def refuse_on_cpu(precision: str) -> None:
    """Refuses `float16` on a CPU, where it takes up to seventy times as long as float32.

    Raises:
        UnusablePrecision: It is float16.
    """
    if precision == "float16":
        raise UnusablePrecision(
            "float16 needs a GPU: on a CPU it takes up to seventy times as long as float32. Set "
            "NEMO_VOICE_PRECISION=auto, which is float32 on a CPU and the best format on a GPU."
        )


def refuse_on_gpu(precision: str) -> None:
    """Refuses `int8` on a GPU, for which there is no quick int8 here.

    Raises:
        UnusablePrecision: It is int8.
    """
    if precision == "int8":
        raise UnusablePrecision(
            "int8 is for CPUs: on a GPU bfloat16 is quicker and more exact. Set "
            "NEMO_VOICE_PRECISION=auto, or NEMO_VOICE_DEVICE=cpu."
        )


def allocator_variable() -> str:
    """Returns the variable that configures the installed torch's allocator."""
    try:
        numbers = re.findall(r"\d+", version("torch"))
    except PackageNotFoundError:
        numbers = []
    is_renamed = tuple(map(int, numbers[:2])) >= _RENAMED_IN or not numbers
    return _ALLOCATOR if is_renamed else _OLD_ALLOCATOR


def with_device_settings(
    settings: ServiceSettings, load: Callable[[], Backend]
) -> Callable[[], Backend]:
    """Returns what sets TF32 and the share of the GPU's memory, and then loads the model.

    What it returns raises `OutOfMemory` where the model does not fit that memory.
    """

    def load_with_them() -> Backend:
        # Imported here: torch takes seconds to import.
        from nemo_voice_serving.nemo import hardware  # noqa: PLC0415

        hardware.allow_tf32(allowed=settings.tf32)
        if settings.device != "cpu":
            hardware.limit_memory(settings.memory_fraction)
        with hardware.explained_overflow(settings.memory_fraction):
            return load()

    return load_with_them


def device_memory() -> dict[str, int]:
    """Returns the bytes of the GPU's memory in use, by kind; none without a GPU.

    Cheap, and safe while the GPU computes or no longer does: torch's own counters are read.
    """
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return {}
    return {
        "allocated": torch.cuda.memory_allocated(),
        "reserved": torch.cuda.memory_reserved(),
        "peak": torch.cuda.max_memory_allocated(),
    }
