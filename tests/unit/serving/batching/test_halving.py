"""A batch that the memory does not hold runs in halves, and each item gets its own result."""

from collections.abc import Sequence

import pytest

from nemo_voice_serving.batching.halving import MemoryRoom, run_in_halves
from nemo_voice_serving.errors import BackendFailed, OutOfMemory


class Memory:
    """A stage that doubles numbers, in a memory that holds so much of them at once."""

    def __init__(self, holds: int) -> None:
        self.batches: list[list[int]] = []
        self._holds = holds

    def __call__(self, batch: Sequence[int]) -> Sequence[int]:
        self.batches.append(list(batch))
        if sum(batch) > self._holds:
            raise OutOfMemory("the device's memory does not hold this batch")
        return [2 * number for number in batch]


@pytest.mark.parametrize("holds", [5, 2, 1])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 16])
def test_every_item_gets_its_own_output_in_order(holds: int, count: int) -> None:
    stage, overflows = Memory(holds), list[int]()
    outputs = run_in_halves(stage, [1] * count, overflows.append)
    assert outputs == [2] * count
    assert overflows == [len(batch) for batch in stage.batches if len(batch) > holds]


def test_an_item_that_is_too_large_alone_fails_alone() -> None:
    overflows: list[int] = []
    outputs = run_in_halves(Memory(6), [1, 2, 9, 3, 2], overflows.append)
    assert [isinstance(output, OutOfMemory) for output in outputs] == [0, 0, 1, 0, 0]
    assert [output for output in outputs if isinstance(output, int)] == [2, 4, 6, 4]
    assert 1 in overflows


def test_what_fails_otherwise_is_not_tried_again() -> None:
    calls: list[int] = []

    def broken(batch: Sequence[int]) -> Sequence[int]:
        calls.append(len(batch))
        raise BackendFailed("no")

    with pytest.raises(BackendFailed, match="no"):
        run_in_halves(broken, [1, 2], calls.append)
    assert calls == [2]


def test_a_stage_that_loses_items_is_noticed_in_halves_too() -> None:
    def lossy(batch: Sequence[int]) -> Sequence[int]:
        if len(batch) > 2:
            raise OutOfMemory("full")
        return batch[1:]

    with pytest.raises(BackendFailed, match="returned 1 of 2 items"):
        run_in_halves(lossy, [1, 2, 3, 4], lambda _: None)


def test_later_batches_are_smaller_until_many_have_fitted() -> None:
    room = MemoryRoom()
    assert room.most_padded() == float("inf")
    room.fitted()
    room.overflowed(16.0)
    assert room.most_padded() == 8.0
    room.overflowed(100.0)
    assert room.most_padded() == 4.0
    for _ in range(50):
        room.fitted()
    assert room.most_padded() == 8.0
