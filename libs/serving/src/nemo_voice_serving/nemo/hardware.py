"""Where a model computes, in which number format, and what its errors mean for the process.

The services' backends call it; `NoDevice` becomes the reason why a service does not start.
"""

import contextlib
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import torch
from cuda.bindings import nvml

from nemo_voice_serving.errors import BackendFailed, DeviceLost, VoiceError

logger = logging.getLogger(__name__)

MINIMUM_DRIVERS = {12: (525, 60), 13: (580, 65)}
"""The oldest NVIDIA driver for each CUDA major version, from CUDA's compatibility table."""

_DRIVER_FILE = Path("/proc/driver/nvidia/version")

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

_POISONED = re.compile(
    r"CUDA error|illegal memory access|device-side assert|unspecified launch failure"
    r"|ECC error|CUBLAS_STATUS_EXECUTION_FAILED|CUDNN_STATUS_EXECUTION_FAILED|driver shutting down",
    re.IGNORECASE,
)
"""After one of these every later call fails the same way: the context is beyond repair."""

_OUT_OF_MEMORY = re.compile(r"out of memory|STATUS_ALLOC_FAILED", re.IGNORECASE)


class NoDevice(Exception):
    """The settings want a CUDA device and none is usable; the message is the driver's reason."""


def choose_device(wanted: str) -> torch.device:
    """Returns the device to compute on; a fall back to the CPU is logged.

    Args:
        wanted: `cpu`, `cuda`, or `auto`: a CUDA device where one is usable, else the CPU, logged.

    Raises:
        NoDevice: `cuda` is wanted and not usable.
    """
    if wanted == "cpu":
        return torch.device("cpu")
    reason = why_no_cuda()
    if reason is None:
        return torch.device("cuda", 0)
    if wanted == "cuda":
        raise NoDevice(reason)
    logger.warning("no CUDA device is usable, computing on the CPU", extra={"reason": reason})
    return torch.device("cpu")


def why_no_cuda() -> str | None:
    """Returns the reason why CUDA cannot compute here, or None when it can."""
    if torch.version.cuda is None:
        return f"this torch ({torch.__version__}) was built without CUDA"
    try:
        torch.cuda.init()
        torch.ones(1, device="cuda").add_(1).item()
    except (RuntimeError, AssertionError) as error:
        return explain(str(error).strip(), driver_version(), torch.version.cuda)
    return None


def explain(reason: str, driver: tuple[int, ...] | None, cuda: str) -> str:
    """Returns torch's reason with what the driver's version has to do with it."""
    needed = MINIMUM_DRIVERS.get(int(cuda.split(".", maxsplit=1)[0]))
    wants = f"CUDA {cuda} needs an NVIDIA driver of at least {_dotted(needed)}" if needed else ""
    if driver is None:
        return f"{reason} (no NVIDIA driver found; {wants or f'CUDA {cuda}'})"
    if needed and driver[: len(needed)] < needed:
        return f"the NVIDIA driver {_dotted(driver)} is too old: {wants} ({reason})"
    return f"{reason} (NVIDIA driver {_dotted(driver)}; was a device given to this process?)"


def driver_version() -> tuple[int, ...] | None:
    """Returns the NVIDIA driver's version, such as (580, 82, 9), or None without a driver."""
    with contextlib.suppress(OSError):
        found = re.search(r"Kernel Module\D*(\d+(?:\.\d+)+)", _DRIVER_FILE.read_text("utf-8"))
        if found:
            return tuple(int(part) for part in found[1].split("."))
    with contextlib.suppress(Exception):
        nvml.init_v2()
        return tuple(int(part) for part in str(nvml.system_get_driver_version()).split("."))
    return None


def precision_of(
    wanted: str, device: torch.device, preferred: torch.dtype = torch.bfloat16
) -> torch.dtype:
    """Returns the number format for the heavy layers.

    Args:
        wanted: `float32`, `bfloat16`, `float16`, or `auto`: float32 on a CPU or an old GPU, else
            the preferred one.
        device: Where the model computes.
        preferred: What `auto` means on a GPU that computes it natively.
    """
    if wanted != "auto":
        return _DTYPES[wanted]
    if device.type != "cuda":
        return torch.float32
    lacks_bfloat16 = not torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.float32 if preferred is torch.bfloat16 and lacks_bfloat16 else preferred


def describe(device: torch.device) -> str:
    """Returns the device with its name, such as `cuda:0 (NVIDIA L4)` or `cpu (AVX2, 4 threads)`."""
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    capability = torch.backends.cpu.get_cpu_capability()
    return f"{device} ({capability}, {torch.get_num_threads()} threads)"


def synchronise(device: torch.device) -> None:
    """Waits until the device has finished its queued work; a CPU has none."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def translate(error: Exception) -> BackendFailed:
    """Returns the error as the port's callers know it: this batch failed, or the device is lost."""
    if isinstance(error, BackendFailed):
        return error
    if isinstance(error, torch.OutOfMemoryError) or _OUT_OF_MEMORY.search(str(error)):
        return BackendFailed("the device's memory does not hold this batch: lower the batch limits")
    if isinstance(error, torch.AcceleratorError) or _POISONED.search(str(error)):
        return DeviceLost("the device no longer computes; the service restarts")
    if torch.cuda.is_initialized() and not _computes():
        return DeviceLost("the device no longer computes; the service restarts")
    return BackendFailed("the model failed on this batch")


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Lets nothing but the port's errors out of a block or a decorated function."""
    try:
        yield
    except VoiceError:
        raise
    except Exception as error:
        raise translate(error) from error


def _computes() -> bool:
    # An asynchronous error appears at the next call, so make one that does nothing else.
    try:
        torch.cuda.synchronize()
    except RuntimeError:
        return False
    return True


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)
