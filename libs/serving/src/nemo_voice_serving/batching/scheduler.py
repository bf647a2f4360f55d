"""Which waiting items make the next batch, decided over a snapshot of the queue.

`batcher.py` acts on the decision. The rule: the most urgent item leads, items of similar length
join, and the padded cost (longest member times members, the way text-embeddings-inference budgets
its batches) stays within the limit. Which lengths are similar, the buckets say, or what a batch
costs where that is known.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from nemo_voice_serving.batching.grouping import Cost, cheapest_group

AT_ONCE = -1
"""The urgency of the self-test: nothing that ages becomes as urgent."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One item of the queue: what the decision depends on."""

    length: float
    """Extent in the padded dimension: audio seconds, characters or frames."""
    arrived_s: float
    """When it was queued, on the queue's clock."""
    urgency: int = 0
    """0 is served before 1 and so on, until ageing lifts the later one; `AT_ONCE` before all."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one batch may hold, and how long an incomplete one waits for further items."""

    max_items: int = 16
    """Most items in a batch."""
    max_padded: float = float("inf")
    """Most padded length: longest member times members. A single item may exceed it."""
    max_wait_s: float = 0.0
    """How long the oldest item waits for further items that may come, while the device idles."""
    bucket_edges: tuple[float, ...] = ()
    """Upper ends of the length buckets, ascending; items of one batch share a bucket."""
    groups_by_cost: bool = False
    """Whether items of different buckets may share a batch, once it is known what a batch costs."""
    ageing_s: float = 2.0
    """An item gains one step of urgency for each such time it has waited."""


@dataclass(frozen=True, slots=True)
class Run:
    """Run these items, given by their places in the snapshot, now."""

    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Nothing to run yet; decide again at this time, or when an item arrives."""

    time_s: float


Decision = Run | WaitUntil | None
"""The next step; None means that the queue is empty."""


def next_batch(
    waiting: Sequence[Waiting],
    limits: Limits,
    now_s: float,
    *,
    more_may_come: bool = True,
    cost: Cost | None = None,
) -> Decision:
    """Returns the batch to run now, the time to decide again, or None for an empty queue.

    Args:
        waiting: The queue in order of arrival.
        limits: What a batch may hold.
        now_s: The present on the clock of `arrived_s`.
        more_may_come: Whether further items may arrive soon; an incomplete batch waits only then.
        cost: What a batch costs, as far as that is known; for limits that group by it.
    """
    if not waiting:
        return None
    order = sorted(range(len(waiting)), key=lambda place: _rank(waiting[place], limits, now_s))
    if limits.groups_by_cost and cost is not None:
        chosen, is_full = _cheapest(waiting, order, limits, cost)
    else:
        chosen, is_full = _of_one_bucket(waiting, order, limits)
    ripe_s = waiting[order[0]].arrived_s + limits.max_wait_s
    is_ripe = is_full or now_s >= ripe_s or not more_may_come
    return Run(tuple(chosen)) if is_ripe else WaitUntil(ripe_s)


def _of_one_bucket(
    waiting: Sequence[Waiting], order: Sequence[int], limits: Limits
) -> tuple[list[int], bool]:
    """Returns the leader and those of its bucket that fit, and whether no more would."""
    bucket = _bucket(waiting[order[0]].length, limits)
    chosen: list[int] = []
    longest = 0.0
    for place in order:
        item = waiting[place]
        if _bucket(item.length, limits) != bucket:
            continue
        if chosen and max(longest, item.length) * (len(chosen) + 1) > limits.max_padded:
            return chosen, True
        chosen.append(place)
        longest = max(longest, item.length)
        if len(chosen) >= limits.max_items:
            return chosen, True
    return chosen, False


def _cheapest(
    waiting: Sequence[Waiting], order: Sequence[int], limits: Limits, cost: Cost
) -> tuple[list[int], bool]:
    """Returns the leader and those with whom it costs the least, and whether no more would fit."""
    lengths = [waiting[place].length for place in order]
    group = cheapest_group(
        lengths, 0, cost, max_items=limits.max_items, max_padded=limits.max_padded
    )
    longest = max(lengths[one] for one in group)
    is_full = len(group) >= limits.max_items or longest * (len(group) + 1) > limits.max_padded
    return [order[one] for one in group], is_full


def _rank(item: Waiting, limits: Limits, now_s: float) -> tuple[int, float]:
    aged = int((now_s - item.arrived_s) / limits.ageing_s)
    return (min(item.urgency, max(0, item.urgency - aged)), item.arrived_s)


def _bucket(length: float, limits: Limits) -> int:
    return bisect_left(limits.bucket_edges, length)
