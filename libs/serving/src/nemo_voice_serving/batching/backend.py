"""The port to a model: how the runtime loads it, and how a batcher runs its stages.

The services' `backends/` implement it. Every call of a backend happens on the one device thread
(`device_thread.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

Input_contra = TypeVar("Input_contra", contravariant=True)
Output_co = TypeVar("Output_co", covariant=True)


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """The loaded model, for `/v1/models`, the metrics and the log."""

    source: str
    """The reference in the settings: `demo`, a Hugging Face id, an address."""
    revision: str
    """The commit or digest it was resolved to."""
    architecture: str
    """The NeMo class."""
    parameters: int
    """How many weights it holds."""
    sample_rate_hz: int
    """The rate of the audio it takes or makes."""
    device: str
    """Where it computes: `cpu` or `cuda:0`, with the device's name."""
    precision: str
    """The number format of the heavy layers: `float32`, `bfloat16`, `float16`."""
    kind: str | None = None
    """What it is, in a word, such as `transducer`."""
    languages: tuple[str, ...] = ()
    """Codes of what it speaks or understands; none where that is not known."""
    speakers: int | None = None
    """How many voices it has; of voices only."""
    translations: tuple[tuple[str, str], ...] = ()
    """The pairs of spoken and written language that it translates between; of recognisers only."""


class Stage(Protocol[Input_contra, Output_co]):
    """One batched step of a model, such as mel to audio.

    Returns one output for each input, in order. An exception fails the whole batch and nothing
    else. Raises `BackendFailed`; `OutOfMemory` when a smaller batch may succeed, which is tried
    then; or `DeviceLost` when no later call can succeed.
    """

    def __call__(self, batch: Sequence[Input_contra], /) -> Sequence[Output_co]:
        """Returns the outputs of one batch."""
        ...


class Backend(Protocol):
    """A loaded model on a device: warmed up once, run in batches until the process ends."""

    description: ModelDescription
    """What is loaded; any thread may read it."""

    def warm_up(self, report: Callable[[str], None]) -> None:
        """Runs every batch shape once, the largest first, reporting each by name."""
        ...
