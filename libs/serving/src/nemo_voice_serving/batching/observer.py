"""The port through which a batcher reports figures about its batches; the metrics implement it."""

from typing import Protocol


class BatchObserver(Protocol):
    """Receives figures about batches: the metrics."""

    def batch_finished(
        self, stage: str, *, items: int, padded: float, useful: float, run_s: float, failed: bool
    ) -> None:
        """Receives one batch: its items, its padded and useful length, its seconds."""
        ...

    def batch_overflowed(self, stage: str) -> None:
        """Receives that the device's memory did not hold a batch."""
        ...

    def item_waited(self, stage: str, wait_s: float) -> None:
        """Receives how long an item waited for its batch."""
        ...

    def item_dropped(self, stage: str, reason: str) -> None:
        """Receives why an item left unserved."""
        ...
