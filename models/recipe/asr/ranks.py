"""Several processes that train one model, each on batches of its own, a core each.

The gradients' mean over the processes is what each of them steps by, so their weights stay equal.
Called by `train.py`.
"""

import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
import torch.distributed
import torch.multiprocessing


def of_machine() -> int:
    """Returns how many processes to use: one with a GPU, else one a core, at most two."""
    return 1 if torch.cuda.is_available() else min(2, os.cpu_count() or 1)


def run(work: Callable[[int], None], count: int) -> None:
    """Runs `work(rank)` in `count` processes to their end; the first one's failure ends them all.

    Args:
        work: What each process does; it must be picklable.
        count: How many; 1 runs it in this process.
    """
    if count == 1:
        work(0)
        return
    with tempfile.TemporaryDirectory() as folder:
        meeting = (Path(folder) / "meeting").as_uri()
        torch.multiprocessing.spawn(_enter, (work, count, meeting), count)


def _enter(rank: int, work: Callable[[int], None], count: int, meeting: str) -> None:
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=count)
    try:
        work(rank)
    finally:
        torch.distributed.destroy_process_group()


def count() -> int:
    """Returns how many processes train together."""
    return torch.distributed.get_world_size() if torch.distributed.is_initialized() else 1


def share_gradients(parameters: Iterable[torch.nn.Parameter]) -> None:
    """Replaces each gradient by its mean over the processes; a missing one counts as zero."""
    if count() == 1:
        return
    every = list(parameters)
    gradients = [p.new_zeros(p.shape) if p.grad is None else p.grad for p in every]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    torch.distributed.all_reduce(flat)
    flat /= count()
    first = 0
    for parameter in every:
        parameter.grad = flat[first : first + parameter.numel()].view_as(parameter)
        first += parameter.numel()
