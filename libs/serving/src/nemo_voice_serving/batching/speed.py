"""How fast a stage is on this machine, so that no batch holds the device for too long."""

_WEIGHT = 0.3
"""Of the newest batch, against all before it: a machine's speed changes with its load."""


class Speed:
    """The seconds that a stage takes for each unit of padded length, measured over its batches."""

    def __init__(self, max_run_s: float = float("inf")) -> None:
        """Takes how long a batch may run."""
        self.max_run_s = max_run_s
        self._usual_max_run_s = max_run_s
        self._seconds_per_unit = 0.0

    def limit(self, max_run_s: float | None) -> None:
        """Sets how long a batch may run from now on; None is what it was made with."""
        self.max_run_s = self._usual_max_run_s if max_run_s is None else max_run_s

    def measured(self, padded: float, run_s: float) -> None:
        """Receives the padded length of a batch that succeeded, and how long it ran."""
        if padded <= 0:
            return
        newest = run_s / padded
        if self._seconds_per_unit == 0:
            self._seconds_per_unit = newest
        self._seconds_per_unit += _WEIGHT * (newest - self._seconds_per_unit)

    def expected_s(self, padded: float) -> float:
        """Returns how long a batch of that padded length is expected to run; 0 before any did."""
        return padded * self._seconds_per_unit

    def max_padded(self) -> float:
        """Returns the padded length that is expected to run for no longer than a batch may."""
        if self._seconds_per_unit == 0:
            return float("inf")
        return self.max_run_s / self._seconds_per_unit
