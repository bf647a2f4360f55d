"""What the service's own metrics say of a load: batches, waits, and the rest of each request."""

from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

_KEPT = ("nemo_voice_request_seconds", "nemo_voice_queue_wait_seconds", "nemo_voice_batch_seconds",
         "nemo_voice_batch_items")  # fmt: skip

Figures = Mapping[tuple[str, str], float]
"""Samples of sums and counts by their name and stage or route."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One batched stage during a load."""

    name: str
    batches: int
    items_per_batch: float
    batch_ms: float
    """How long one batch ran on average."""
    wait_ms: float
    """How long one item waited for its batch on average."""
    run_ms_per_request: float
    """What its batches ran, shared among the requests."""


def figures_of(text: str) -> dict[tuple[str, str], float]:
    """Returns the sums and counts of the metrics that are compared."""
    return {
        (sample.name, sample.labels.get("stage", sample.labels.get("route", ""))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.removesuffix("_sum").removesuffix("_count") in _KEPT
    }


def stages(before: Figures, after: Figures, requests: int) -> list[Stage]:
    """Returns what each stage did between two looks, in which so many requests were served."""
    names = sorted({label for name, label in after if name == "nemo_voice_batch_seconds_count"})
    found = []
    for name in names:

        def grown(metric: str, label: str = name) -> float:
            return after.get((metric, label), 0.0) - before.get((metric, label), 0.0)

        batches = grown("nemo_voice_batch_seconds_count")
        items = grown("nemo_voice_queue_wait_seconds_count")
        if not batches or not items:
            continue
        run_ms = 1000 * grown("nemo_voice_batch_seconds_sum")
        found.append(
            Stage(
                name=name,
                batches=round(batches),
                items_per_batch=grown("nemo_voice_batch_items_sum") / batches,
                batch_ms=run_ms / batches,
                wait_ms=1000 * grown("nemo_voice_queue_wait_seconds_sum") / items,
                run_ms_per_request=run_ms / requests,
            )
        )
    return found


def request_ms(before: Figures, after: Figures, route: str) -> float:
    """Returns the average time from a request's arrival to the end of its response."""
    sums, counts = (
        after.get((f"nemo_voice_request_seconds_{kind}", route), 0.0)
        - before.get((f"nemo_voice_request_seconds_{kind}", route), 0.0)
        for kind in ("sum", "count")
    )
    return 1000 * sums / counts if counts else 0.0
