"""Which waiting items share a batch, where it is known what a batch costs.

Padding costs time, and so does each further batch: the items are divided, by length, so that all of
them together take the least. `scheduler.py` runs the group with the item whose turn it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

_MOST_DIVIDED = 96
"""So many items are divided at least, if they wait, and two full batches: a millisecond's work."""


@dataclass(frozen=True, slots=True)
class Cost:
    """How long a batch runs: its own seconds, and those of its padded length."""

    batch_s: float
    """Seconds of a batch, whatever is in it."""
    unit_s: float
    """Seconds for each unit of padded length: longest member times members."""


def cheapest_group(
    lengths: Sequence[float], leader: int, cost: Cost, *, max_items: int, max_padded: float
) -> list[int]:
    """Returns the places of the items that share the leader's batch, its own among them.

    Args:
        lengths: Each item's, those that come first among equals first.
        leader: The place of the item whose turn it is.
        cost: What a batch costs.
        max_items: Most items in a batch.
        max_padded: Most padded length. A single item may exceed it.
    """
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    # Who is farther away by length is in no batch with the leader. Full batches are divided, so
    # that none is smaller only because the others are not looked at.
    most = max(2, _MOST_DIVIDED // max_items) * max_items
    first = max(0, min(order.index(leader) - most // 2, len(order) - most))
    near = order[first : first + most]
    starts = _starts([lengths[one] for one in near], cost, max_items, max_padded)
    place, end = near.index(leader), len(near)
    while starts[end] > place:
        end = starts[end]
    return near[starts[end] : end]


def _starts(ascending: Sequence[float], cost: Cost, max_items: int, max_padded: float) -> list[int]:
    """Returns for each number of first items where the last batch of their best division begins."""
    seconds, starts = [0.0], [0]
    for end, longest in enumerate(ascending, start=1):
        fitting = max_padded / longest if longest > 0 else max_items
        most = max(1, int(min(max_items, fitting)))
        per_item_s = cost.unit_s * longest
        # With a longer item at its end, no batch begins earlier than without it.
        best_s, start = min(
            (seconds[start] + per_item_s * (end - start), start)
            for start in range(max(starts[-1], end - most), end)
        )
        seconds.append(best_s + cost.batch_s)
        starts.append(start)
    return starts
