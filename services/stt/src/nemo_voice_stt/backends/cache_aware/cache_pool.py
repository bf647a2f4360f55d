"""What the encoder remembers of the streams that are open: one slot of its caches for each."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

_FIRST_SLOTS = 4


class Caches(NamedTuple):
    """The encoder's caches of a batch, as NeMo has them: layer, row, and the rest."""

    channel: torch.Tensor
    """Of attention: the frames that were seen."""
    time: torch.Tensor
    """Of convolutions."""
    lengths: torch.Tensor
    """How many frames of attention's are of the row's own."""


class CachePool:
    """Slots that grow in number as streams need them; on the device thread only."""

    def __init__(self, encoder: Any, precision: torch.dtype, device: torch.device) -> None:
        """Takes the encoder, whose streaming parameters are set up already."""
        self._made = encoder.get_initial_cache_state
        self._kind = {"dtype": precision, "device": device}
        self._device = device
        self._pool = Caches(*self._made(batch_size=_FIRST_SLOTS, **self._kind))
        self._free = list(range(_FIRST_SLOTS))

    @property
    def in_use(self) -> int:
        """How many slots are taken."""
        return int(self._pool.lengths.shape[0]) - len(self._free)

    def take(self) -> int:
        """Returns a slot that remembers nothing."""
        if not self._free:
            self._grow()
        slot = self._free.pop()
        for kept in (self._pool.channel, self._pool.time):
            kept[:, slot].zero_()
        self._pool.lengths[slot] = 0
        return slot

    def give_back(self, slot: int) -> None:
        """Takes a slot that is not used any more."""
        self._free.append(slot)

    def read(self, slots: Sequence[int]) -> Caches:
        """Returns copies of what the slots remember, as one batch."""
        places = torch.tensor(slots, device=self._device)
        pool = self._pool
        return Caches(
            pool.channel.index_select(1, places),
            pool.time.index_select(1, places),
            pool.lengths.index_select(0, places),
        )

    def write(self, slots: Sequence[int], rows: Sequence[int], caches: Caches) -> None:
        """Makes slots remember some rows of a batch."""
        places = torch.tensor(slots, device=self._device)
        chosen = torch.tensor(rows, device=self._device)
        self._pool.channel.index_copy_(1, places, caches.channel.index_select(1, chosen))
        self._pool.time.index_copy_(1, places, caches.time.index_select(1, chosen))
        self._pool.lengths.index_copy_(0, places, caches.lengths.index_select(0, chosen))

    def _grow(self) -> None:
        count = self._pool.lengths.shape[0]
        more = Caches(*self._made(batch_size=count, **self._kind))
        self._pool = Caches(
            torch.cat([self._pool.channel, more.channel], dim=1),
            torch.cat([self._pool.time, more.time], dim=1),
            torch.cat([self._pool.lengths, more.lengths], dim=0),
        )
        self._free += range(count, 2 * count)
