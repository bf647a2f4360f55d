"""The building of a model whose weights come from a file afterwards: quick, and of limited size.

`loading.py` restores models inside a `Building`.
"""

import math
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from typing_extensions import override

_RANDOM_FILLS = frozenset({"normal_", "uniform_", "kaiming_uniform_"})
_BY_SIZE = frozenset({"empty", "zeros", "ones", "rand", "randn", "full"})
_BYTES = 4
"""Of a number as it is built; the file may hold it in two."""
_FREE_BYTES = 2**30
_FREE_TENSORS = 20_000
"""Beside what the weights tell: tables of positions, windows, what the building throws away."""


class Building(TorchFunctionMode):  # type: ignore[misc] # torch is untyped here
    """While active in this thread, parameters are not filled, and are as many as the file's.

    Half of the time a large model takes to load goes into random numbers that the checkpoint
    overwrites; the strict load guarantees that it overwrites each one. A configuration that claims
    a larger model than the file holds fails before it fills the memory, and
    `has_exceeded` is true.
    """

    def __init__(self, weights: Path) -> None:
        """Takes the file of the weights."""
        super().__init__()
        self.has_exceeded = False
        # Twice: for a file in half precision.
        self._free_bytes: float = 2 * weights.stat().st_size + _FREE_BYTES
        self._free_tensors = 20 * _tensors_in(weights) + _FREE_TENSORS

    @override
    def __torch_function__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        name, given = getattr(func, "__name__", ""), kwargs or {}
        if name in _RANDOM_FILLS:
            return args[0] if args else given["tensor"]
        if name in _BY_SIZE:
            self._claim(args[0] if name == "full" and args else given.get("size", args))
        elif name == "arange":
            self._claim(args[1] if len(args) > 1 else given.get("end", args[0] if args else 0))
        return func(*args, **given)

    def _claim(self, size: Any) -> None:
        """Counts a tensor that is about to be made."""
        numbers = size[0] if isinstance(size, tuple) and size and _is_many(size[0]) else size
        sizes = numbers if _is_many(numbers) else (numbers,)
        whole = [one for one in sizes if isinstance(one, int | float)]
        self._free_bytes -= _BYTES * math.prod(max(0, one) for one in whole)
        self._free_tensors -= 1
        if self._free_bytes < 0 or self._free_tensors < 0:
            self.has_exceeded = True
            raise MemoryError("the configuration claims more than the weights hold")


def _is_many(size: Any) -> bool:
    return isinstance(size, tuple | list | torch.Size)


def _tensors_in(weights: Path) -> int:
    try:
        with zipfile.ZipFile(weights) as archive:
            return len(archive.infolist())
    except (zipfile.BadZipFile, OSError):  # loading it says what is wrong
        return 0
