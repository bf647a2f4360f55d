"""Which ratios have fallen, pure: what was measured now beside what the repository keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.measures import Round

FALL = 0.25
"""The share of a ratio that it may lose."""

Ratios = Mapping[str, float]
"""Throughput of the service over the raw loop's, by what was raced."""


@dataclass(frozen=True, slots=True)
class Fallen:
    """A ratio below what it may be."""

    name: str
    measured: float
    kept: float

    def line(self) -> str:
        """Returns the sentence about it."""
        lost = 100 * (1 - self.measured / self.kept)
        return (
            f"{self.name}: {self.measured:.2f}x of the raw loop, {lost:.0f} % less than the "
            f"{self.kept:.2f}x in benchmarks/guard.json"
        )


def ratio(served: Sequence[Round], raw: Sequence[Round]) -> float:
    """Returns the median of the ratios of rounds that were run one after the other.

    A request that failed makes the service no quicker: only good responses count.
    """
    pairs = zip(served, raw, strict=True)
    return median((our.items / our.seconds) / (their.items / their.seconds) for our, their in pairs)


def fallen(measured: Ratios, kept: Ratios) -> list[Fallen]:
    """Returns the ratios that lost more than they may; one that is not kept yet cannot fall."""
    return [
        Fallen(name, value, kept[name])
        for name, value in measured.items()
        if name in kept and value < (1 - FALL) * kept[name]
    ]


def better_of(first: Ratios, second: Ratios) -> dict[str, float]:
    """Returns the better ratio of two runs: other work on the machine only makes one worse."""
    return {name: max(value, second.get(name, value)) for name, value in first.items()}


def missing(measured: Ratios, kept: Ratios) -> list[str]:
    """Returns the names in only one of the two: the file is to be written again."""
    return sorted(set(measured) ^ set(kept))
