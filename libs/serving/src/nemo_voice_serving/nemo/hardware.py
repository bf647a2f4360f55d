"""Where a model computes, in which number format, and what its errors mean for the process.

The services' backends call it; `NoDevice` becomes the reason why a service does not start.
"""

import contextlib
import logging
import re
import traceback
from collections.abc import Iterator
from pathlib import Path

import torch
from cuda.bindings import nvml

from nemo_voice_serving.errors import BackendFailed, DeviceLost, OutOfMemory, VoiceError
from nemo_voice_serving.nemo.torch_setup import (
    UnusablePrecision,
    refuse_on_cpu,
    refuse_on_gpu,
)

logger = logging.getLogger(__name__)

MINIMUM_DRIVERS = {12: (525, 60), 13: (580, 65)}
"""The oldest NVIDIA driver for each CUDA major version, from CUDA's compatibility table."""

_DRIVER_FILE = Path("/proc/driver/nvidia/version")

_DTYPES = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "int8": torch.int8,
}
_MULTIPLIES_INT8 = ("avx512_vnni", "avx_vnni", "amx_int8")
_MULTIPLIES_BFLOAT16 = ("avx512_bf16", "amx_bf16")
"""Names of processors' instructions, as torch reports them."""

_POISONED = re.compile(
    r"CUDA error|illegal memory access|device-side assert|unspecified launch failure"
    r"|ECC error|CUBLAS_STATUS_EXECUTION_FAILED|CUDNN_STATUS_EXECUTION_FAILED|driver shutting down",
    re.IGNORECASE,
)
"""After one of these every later call fails the same way: the context is beyond repair."""

_OUT_OF_MEMORY = re.compile(
    r"out of memory|_ALLOC(ATION)?_FAILED|can't allocate memory|not enough memory", re.IGNORECASE
)
"""Words of CUDA and its libraries, and of torch's allocator on a CPU."""
_TENSOR_CORES = (7, 0)
"""The oldest GPUs that compute float16 faster than float32: Volta."""


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
    wanted: str, device: torch.device, preferred: str | torch.dtype = "bfloat16"
) -> torch.dtype:
    """Returns the number format for the heavy layers; one that is slow on a CPU is warned of.

    Args:
        wanted: `float32`, `bfloat16`, `float16`, `int8`, or `auto`: float32 on a CPU or an old GPU,
            else the preferred one.
        device: Where the model computes.
        preferred: What `auto` means on a GPU that computes it natively.

    Raises:
        UnusablePrecision: float16 on a CPU; int8 on a GPU, or on a CPU without instructions for it.
    """
    chosen = _DTYPES.get(preferred, torch.float32) if isinstance(preferred, str) else preferred
    if device.type == "cuda":
        refuse_on_gpu(wanted)
    else:
        refuse_on_cpu(wanted)
        _check_processor(wanted)
    if wanted != "auto":
        return _DTYPES[wanted]
    is_native = device.type == "cuda" and _computes_natively(chosen, device)
    return chosen if is_native else torch.float32


def _check_processor(wanted: str) -> None:
    if wanted == "int8" and not _has_instructions(_MULTIPLIES_INT8):
        raise UnusablePrecision(
            "this processor has no instructions for int8 (AVX-512 VNNI, AVX-VNNI or AMX), without "
            "which it is slower than float32. Set NEMO_VOICE_PRECISION=auto."
        )
    if wanted == "bfloat16" and not _has_instructions(_MULTIPLIES_BFLOAT16):
        logger.warning(
            "this processor computes bfloat16 more slowly than float32",
            extra={"advice": "set NEMO_VOICE_PRECISION=auto"},
        )


def _has_instructions(names: tuple[str, ...]) -> bool:
    found = torch.cpu.get_capabilities()
    return any(found.get(name, False) for name in names)


def _computes_natively(precision: torch.dtype, device: torch.device) -> bool:
    if precision is torch.bfloat16:
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cuda.get_device_capability(device) >= _TENSOR_CORES)


def allow_tf32(*, allowed: bool) -> None:
    """Lets float32 layers on a GPU compute in TF32, or forbids it: torch's own default is mixed."""
    precision = "tf32" if allowed else "ieee"
    for layers in (
        torch.backends.cuda.matmul,
        torch.backends.cudnn.conv,
        torch.backends.cudnn.rnn,
    ):
        layers.fp32_precision = precision


def limit_memory(fraction: float) -> None:
    """Lets this process take no more than that part of the GPU's memory; a CPU has no limit."""
    if fraction < 1 and why_no_cuda() is None:
        torch.cuda.set_per_process_memory_fraction(fraction, 0)


@contextlib.contextmanager
def explained_overflow(fraction: float) -> Iterator[None]:
    """Lets `OutOfMemory` out of the block where a model does not fit the device's memory."""
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error) or isinstance(error, OutOfMemory):
            raise
        part = "" if fraction == 1 else f"{fraction:g} of "
        raised = "" if fraction == 1 else "Raise NEMO_VOICE_MEMORY_FRACTION, or name"
        raise OutOfMemory(
            f"{part}the device's memory does not hold the model. "
            f"{raised or 'Name'} a smaller model, or a device with more memory."
        ) from error


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


def is_out_of_memory(error: BaseException) -> bool:
    """Returns whether the device's memory, or the machine's, did not hold what was computed."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError | OutOfMemory):
        return True
    return isinstance(error, RuntimeError) and _OUT_OF_MEMORY.search(str(error)) is not None


def translate(error: Exception) -> BackendFailed:
    """Returns the error as the port's callers know it: this batch failed, or the device is lost."""
    if isinstance(error, BackendFailed):
        return error
    if is_out_of_memory(error):
        return OutOfMemory(
            "the device's memory does not hold this batch: lower NEMO_VOICE_BATCHING__MAX_ITEMS, "
            "for a recogniser also NEMO_VOICE_MAX_BATCH_AUDIO_S"
        )
    if isinstance(error, torch.AcceleratorError) or _POISONED.search(str(error)):
        return DeviceLost("the device no longer computes; the service restarts")
    if torch.cuda.is_initialized() and not _computes():
        return DeviceLost("the device no longer computes; the service restarts")
    return BackendFailed("the model failed on this batch")


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Lets nothing but the port's errors out of a block or a decorated function.

    After `OutOfMemory`, what the block had computed is no longer in memory.
    """
    try:
        yield
    except VoiceError:
        raise
    except Exception as error:
        translated = translate(error)
        if isinstance(translated, OutOfMemory):
            _release(error)
        raise translated from error


def _release(error: BaseException) -> None:
    # Their local variables keep the batch's tensors for as long as anybody keeps the error.
    causes: list[BaseException] = [error]
    while (earlier := causes[-1].__cause__ or causes[-1].__context__) and earlier not in causes:
        causes.append(earlier)
    for cause in causes:
        traceback.clear_frames(cause.__traceback__)
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def _computes() -> bool:
    # An asynchronous error appears at the next call, so make one that does nothing else.
    try:
        torch.cuda.synchronize()
    except RuntimeError:
        return False
    return True


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)
