"""What the rounds of a run come to: throughput, latencies, ratios, and goals met or not.

`load.py` and `raw.py` make rounds, `suites.py` compares them, `report.py` writes the outcome down.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Response:
    """How one request ended: its times, and the error if there was one."""

    latency_s: float
    audio_s: float
    """Seconds of audio that were heard or made."""
    first_s: float | None
    """Seconds until the first audio; absent when the response is no audio."""
    error: str | None
    is_refused: bool = False
    """Whether the server said that it has too much to do."""
    content: bytes = b""
    """The body of a good response with text."""


@dataclass(frozen=True, slots=True)
class Round:
    """One run of one system over a list of inputs."""

    seconds: float
    """From the first input to the last response."""
    items: int
    audio_s: float
    errors: int = 0
    latencies_s: tuple[float, ...] = ()
    """Of the good responses, in the inputs' order."""
    firsts_s: tuple[float, ...] = ()
    """Time to first audio, likewise."""
    refused: int = 0
    """How many of the errors are refusals for too much load."""
    generator: float = 0.0
    """The share of a core that the load generator used."""

    @classmethod
    def of_responses(
        cls, seconds: float, responses: Sequence[Response], *, generator: float = 0.0
    ) -> "Round":
        """Returns the round that these responses make."""
        good = [response for response in responses if response.error is None]
        return cls(
            seconds=seconds,
            items=len(good),
            audio_s=sum(response.audio_s for response in good),
            errors=len(responses) - len(good),
            latencies_s=tuple(response.latency_s for response in good),
            firsts_s=tuple(response.first_s for response in good if response.first_s is not None),
            refused=sum(response.is_refused for response in responses),
            generator=generator,
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One system under one load, all rounds together; percentiles are over all requests."""

    system: str
    clients: int | None
    """Absent for a system without HTTP."""
    rounds: int
    items: int
    errors: int
    items_per_s: float
    audio_per_s: float
    latency_ms: tuple[float, float, float] | None
    """The 50th, 95th and 99th percentile."""
    first_audio_ms: tuple[float, float, float] | None
    """The same of the time to first audio."""
    spread_per_s: tuple[float, float] = (0.0, 0.0)
    """Items per second of the slowest and of the fastest round."""
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Goal:
    """A wanted figure beside the measured one."""

    name: str
    measured: float | None
    """Absent when requests failed and so nothing was measured."""
    limit: float
    is_floor: bool
    """Whether the figure should be at least the limit, and not at most."""
    unit: str = ""
    spread: tuple[float, ...] = ()
    """The figure of each round, where rounds have one."""
    why: str = ""
    """What stands in the way, or what the limit is made of; shown below the table."""

    @property
    def is_noise(self) -> bool:
        """Whether the figure is a negative time: a difference smaller than the machine's noise."""
        return self.unit == "ms" and self.measured is not None and self.measured < 0

    @property
    def is_met(self) -> bool:
        """Whether the goal is reached; what was not measured is not."""
        if self.measured is None or self.is_noise:
            return False
        return self.measured >= self.limit if self.is_floor else self.measured <= self.limit


def row(system: str, clients: int | None, rounds: Sequence[Round]) -> Row:
    """Returns the system's line: the median round's throughput, percentiles over all requests."""
    latencies = [1000 * value for one in rounds for value in one.latencies_s]
    firsts = [1000 * value for one in rounds for value in one.firsts_s]
    paces = [one.items / one.seconds for one in rounds]
    return Row(
        system=system,
        clients=clients,
        rounds=len(rounds),
        items=sum(one.items for one in rounds),
        errors=sum(one.errors for one in rounds),
        items_per_s=median(paces),
        audio_per_s=median(one.audio_s / one.seconds for one in rounds),
        latency_ms=percentiles(latencies) if latencies else None,
        first_audio_ms=percentiles(firsts) if firsts else None,
        spread_per_s=(min(paces), max(paces)),
        refused=sum(one.refused for one in rounds),
    )


def percentile(values: Sequence[float], rank: float) -> float:
    """Returns the smallest value that at least `rank` per cent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(rank / 100 * len(ordered)) - 1)]


def speed_ratio(
    name: str, ours: Sequence[Round], theirs: Sequence[Round], *, at_least: float
) -> Goal:
    """Returns the goal that our rounds handle the same inputs so many times as fast as theirs.

    Rounds are compared pairwise, because those of one pair were measured one after the other. Time
    for the same inputs is compared, not audio: two systems may make audio of different lengths.
    """
    pairs = list(zip(ours, theirs, strict=True))
    if not all(their.items for _, their in pairs):
        return Goal(name, None, at_least, is_floor=True, unit="x")
    ratios = tuple(
        (our.items / our.seconds) / (their.items / their.seconds) for our, their in pairs
    )
    return Goal(name, median(ratios), at_least, is_floor=True, unit="x", spread=ratios)


def overhead(
    name: str, served_s: Sequence[float], model_s: Sequence[float], *, at_most_ms: float
) -> Goal:
    """Returns the goal that a request costs little beyond the model's time on the same input."""
    pairs = _pairs(served_s, model_s)
    extra_ms = [1000 * (served - model) for served, model in pairs]
    measured = median(extra_ms) if extra_ms else None
    return Goal(name, measured, at_most_ms, is_floor=False, unit="ms")


def promptness(
    name: str, first_s: Sequence[float], model_s: Sequence[float], *, at_most: float
) -> Goal:
    """Returns the goal that first audio comes soon after the model can have made it."""
    ratios = [first / model for first, model in _pairs(first_s, model_s)]
    measured = median(ratios) if ratios else None
    return Goal(name, measured, at_most, is_floor=False, unit="x")


def growth(name: str, before_bytes: float, after_bytes: float, *, at_most_percent: float) -> Goal:
    """Returns the goal that memory stays as it is."""
    percent = 100 * (after_bytes / before_bytes - 1)
    return Goal(name, percent, at_most_percent, is_floor=False, unit="%")


def percentiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Returns the 50th, 95th and 99th percentile."""
    return percentile(values, 50), percentile(values, 95), percentile(values, 99)


def _pairs(served_s: Sequence[float], model_s: Sequence[float]) -> list[tuple[float, float]]:
    # After a failed request responses cannot be matched with inputs, so nothing is measured.
    return list(zip(served_s, model_s, strict=True)) if len(served_s) == len(model_s) else []
