"""Images with torch's build for CPUs: what is checked before such a build, and its arguments.

torch's own project keeps these builds in an index beside the usual one. The pins for it are made
where that index is reached, by `tools/requirements.sh cpu`.
"""

import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PINS = ROOT / "requirements" / "nemo-cpu.txt"
VARIABLE = "NEMO_VOICE_DEV_TORCH_CPU_INDEX"
_PATIENCE_S = 20.0


class NoCpuTorchError(Exception):
    """An image without CUDA cannot be built here; the message says what is missing."""


def build_arguments(index: str, pins: Path = PINS) -> list[str]:
    """Returns the arguments of a build with the pins for CPUs.

    Args:
        index: The address of the index with torch's builds for CPUs.
        pins: What is to be installed.

    Raises:
        NoCpuTorchError: There are no such pins, or the index is not reached.
    """
    if not pins.is_file():
        raise NoCpuTorchError(
            f"requirements/{pins.name} is missing: make it where torch's index of CPU builds is "
            f"reached, with {VARIABLE}=ADDRESS tools/requirements.sh cpu"
        )
    if reason := _why_unreachable(index):
        raise NoCpuTorchError(
            f"the index of torch's CPU builds is not reached: {reason}. Name another one with "
            f"--torch-cpu-index or {VARIABLE}, or leave it out for the image with CUDA"
        )
    return ["--build-arg", f"TORCH_CPU_INDEX={index}"]


def _why_unreachable(index: str) -> str | None:
    address = f"{index.rstrip('/')}/torch/"
    try:
        with urllib.request.urlopen(address, timeout=_PATIENCE_S):  # noqa: S310 the user's own address
            return None
    except (urllib.error.URLError, TimeoutError, ValueError) as error:
        return f"{address}: {error}"
