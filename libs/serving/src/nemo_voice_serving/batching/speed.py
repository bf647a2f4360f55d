"""How fast a stage is on this machine: what a batch may hold, and who shares one."""

from nemo_voice_serving.batching.grouping import Cost

_WEIGHT = 0.3
"""Of the newest batch, against all before it: a machine's speed changes with its load."""
_MEMORY = 0.98
"""What an older batch counts against the next one: some fifty are remembered."""
_FEWEST_BATCHES = 10
_LEAST_SPREAD = 0.2
"""Of the mean: batches that are all alike do not tell what padding costs."""


class CostFit:
    """What a batch of a stage costs, fitted to the batches so far: a line over padded length."""

    def __init__(self) -> None:
        self._batches = 0
        self._weight = 0.0
        self._mean_padded = 0.0
        self._mean_run_s = 0.0
        self._variance = 0.0
        self._covariance = 0.0

    def measured(self, padded: float, run_s: float) -> None:
        """Receives the padded length of a batch that succeeded, and how long it ran."""
        if padded <= 0 or run_s <= 0:
            return
        self._batches += 1
        # A tenth more of a short batch counts like a tenth more of a long one. One that runs in no
        # time, because nothing is heard in it, counts like the others, and not a million times.
        weight = 1 / max(run_s, self._least_s(padded)) ** 2
        old = self._weight * _MEMORY
        self._weight = old + weight
        share = weight / self._weight
        from_padded, from_run_s = padded - self._mean_padded, run_s - self._mean_run_s
        kept = 1 - share
        self._variance = kept * (self._variance + share * from_padded**2)
        self._covariance = kept * (self._covariance + share * from_padded * from_run_s)
        self._mean_padded += share * from_padded
        self._mean_run_s += share * from_run_s

    def _least_s(self, padded: float) -> float:
        """Returns the least that a batch takes by any line through the mean that falls nowhere."""
        if padded >= self._mean_padded:
            return self._mean_run_s
        return self._mean_run_s * padded / self._mean_padded

    def cost(self) -> Cost | None:
        """Returns what a batch costs; None before batches of several lengths have run."""
        is_spread = self._variance >= (_LEAST_SPREAD * self._mean_padded) ** 2
        if self._batches < _FEWEST_BATCHES or not is_spread:
            return None
        unit_s = max(0.0, self._covariance / self._variance)
        batch_s = self._mean_run_s - unit_s * self._mean_padded
        if batch_s < 0:
            return Cost(0.0, self._mean_run_s / self._mean_padded)
        return Cost(batch_s, unit_s)


class Speed:
    """The seconds that a stage takes for each unit of padded length, measured over its batches."""

    def __init__(self, max_run_s: float = float("inf")) -> None:
        """Takes how long a batch may run."""
        self.max_run_s = max_run_s
        self._usual_max_run_s = max_run_s
        self._seconds_per_unit = 0.0
        self._fit = CostFit()

    def limit(self, max_run_s: float | None) -> None:
        """Sets how long a batch may run from now on; None is what it was made with."""
        self.max_run_s = self._usual_max_run_s if max_run_s is None else max_run_s

    def measured(self, padded: float, run_s: float) -> None:
        """Receives the padded length of a batch that succeeded, and how long it ran."""
        if padded <= 0:
            return
        self._fit.measured(padded, run_s)
        newest = run_s / padded
        if self._seconds_per_unit == 0:
            self._seconds_per_unit = newest
        self._seconds_per_unit += _WEIGHT * (newest - self._seconds_per_unit)

    def cost(self) -> Cost | None:
        """Returns what a batch costs; None before batches of several lengths have run."""
        return self._fit.cost()

    def expected_s(self, padded: float) -> float:
        """Returns how long a batch of that padded length is expected to run; 0 before any did."""
        return padded * self._seconds_per_unit

    def max_padded(self) -> float:
        """Returns the padded length that is expected to run for no longer than a batch may."""
        if self._seconds_per_unit == 0:
            return float("inf")
        return self.max_run_s / self._seconds_per_unit
