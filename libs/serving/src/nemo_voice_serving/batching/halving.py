"""Runs a batch that the device's memory does not hold again, in halves.

Runs on the device thread, in the place of the stage.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from nemo_voice_serving.batching.backend import Stage
from nemo_voice_serving.errors import BackendFailed, OutOfMemory

In = TypeVar("In")
Out = TypeVar("Out")

_BATCHES_UNTIL_LARGER = 50
"""After so many that fitted, the memory may have room again: another process may have left."""


def run_in_halves(
    stage: Stage[In, Out], batch: Sequence[In], on_overflow: Callable[[int], None]
) -> list[Out | OutOfMemory]:
    """Returns each item's output, or the error of one that the memory does not hold even alone.

    Args:
        stage: What runs the batch.
        batch: The items.
        on_overflow: Called with the number of items of each batch that the memory did not hold.
    """
    try:
        outputs = stage(batch)
    except OutOfMemory as error:
        on_overflow(len(batch))
        if len(batch) == 1:
            return [error]
    else:
        if len(outputs) != len(batch):
            raise BackendFailed(f"the stage returned {len(outputs)} of {len(batch)} items")
        return list(outputs)
    # Outside the handler: while it is handled, the error's frames keep tensors in memory.
    middle = -(-len(batch) // 2)
    return [
        *run_in_halves(stage, batch[:middle], on_overflow),
        *run_in_halves(stage, batch[middle:], on_overflow),
    ]


class MemoryRoom:
    """The largest padded batch that the device's memory is expected to hold."""

    def __init__(self) -> None:
        self._most_padded = float("inf")
        self._fitted = 0

    def most_padded(self) -> float:
        """Returns the largest padded length that a batch should have; infinity at first."""
        return self._most_padded

    def overflowed(self, padded: float) -> None:
        """Takes the padded length of a batch that was too large: later ones have at most half."""
        self._most_padded, self._fitted = min(self._most_padded, padded) / 2, 0

    def fitted(self) -> None:
        """Counts a batch that the memory held; after many, larger ones are tried again."""
        self._fitted += 1
        if self._fitted >= _BATCHES_UNTIL_LARGER:
            self._most_padded, self._fitted = 2 * self._most_padded, 0
