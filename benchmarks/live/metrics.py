"""What the service's metrics say of a stretch of time."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

PREFIX = "nemo_voice_live_"


@dataclass(frozen=True, slots=True)
class Metrics:
    """The live metrics at one time."""

    values: Mapping[tuple[str, str], float]
    """By name and label: `le` of a bucket, `used` of an early final."""

    @classmethod
    def of(cls, text: str) -> "Metrics":
        """Returns those in the text that `/metrics` responds with."""
        return cls(
            {
                (sample.name, next(iter(sample.labels.values()), "")): sample.value
                for family in text_string_to_metric_families(text)
                for sample in family.samples
                if sample.name.startswith(PREFIX)
            }
        )

    def since(self, before: "Metrics") -> "Metrics":
        """Returns what was added."""
        return Metrics(
            {key: value - before.values.get(key, 0.0) for key, value in self.values.items()}
        )

    def total(self, name: str, label: str = "") -> float:
        """Returns a counter."""
        return self.values.get((f"{PREFIX}{name}", label), 0.0)

    def at_most_s(self, name: str, percents: Sequence[float]) -> tuple[float, ...]:
        """Returns for each percentile the end of the bucket of a histogram that it is in."""
        buckets = sorted(
            (float(label), value)
            for (found, label), value in self.values.items()
            if found == f"{PREFIX}{name}_bucket"
        )
        count = buckets[-1][1] if buckets else 0.0
        if not count:
            return tuple(math.nan for _ in percents)
        return tuple(
            next(end_s for end_s, below in buckets if below >= percent / 100 * count)
            for percent in percents
        )
