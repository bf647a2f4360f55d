"""Observers that remember what happened, for the batcher, the admission and the self-test."""

from dataclasses import dataclass, field


@dataclass
class RecordingObserver:
    """Remembers batches, waits, drops, work and self-tests in the order they came."""

    batches: list[tuple[int, bool]] = field(default_factory=list)
    overflows: list[str] = field(default_factory=list)
    waits_s: list[float] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    work: list[float] = field(default_factory=list)
    self_tests: list[bool] = field(default_factory=list)

    def batch_finished(
        self, stage: str, *, items: int, padded: float, useful: float, run_s: float, failed: bool
    ) -> None:
        """Remembers the size and the fate of a batch."""
        self.batches.append((items, failed))

    def batch_overflowed(self, stage: str) -> None:
        """Remembers which stage's batch was too large."""
        self.overflows.append(stage)

    def item_waited(self, stage: str, wait_s: float) -> None:
        """Remembers a wait."""
        self.waits_s.append(wait_s)

    def item_dropped(self, stage: str, reason: str) -> None:
        """Remembers why an item was dropped."""
        self.dropped.append(reason)

    def work_changed(self, work: float, drain_s: float) -> None:
        """Remembers the admitted work."""
        self.work.append(work)

    def self_test_finished(self, *, passed: bool, seconds: float) -> None:
        """Remembers whether a self-test passed."""
        self.self_tests.append(passed)
