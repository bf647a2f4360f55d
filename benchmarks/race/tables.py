"""The race's rounds as tables."""

from collections.abc import Sequence

from benchmarks.measures import Row
from benchmarks.race.goals import OpenRow
from benchmarks.report import figure, table


def rows_table(rows: Sequence[Row]) -> str:
    """Returns the systems' figures beside each other, in a closed loop of clients."""
    has_first = any(row.first_audio_ms for row in rows)
    head = ["system", "clients", "requests/s", "least to most", "audio s/s"]
    head += ["p50 ms", "p95 ms", "p99 ms"]
    head += ["first audio p50 ms", "p95 ms", "p99 ms"] if has_first else []
    head += ["requests", "refused", "errors"]
    lines = []
    for row in rows:
        cells = [row.system, "" if row.clients is None else str(row.clients)]
        cells += [figure(row.items_per_s), " to ".join(map(figure, row.spread_per_s))]
        cells += [figure(row.audio_per_s)]
        cells += _cells(row.latency_ms)
        cells += _cells(row.first_audio_ms) if has_first else []
        lines.append((*cells, str(row.items), str(row.refused), str(row.errors)))
    return table(tuple(head), lines)


def open_table(rows: Sequence[OpenRow], deadline: str) -> str:
    """Returns the systems' figures beside each other under requests that arrive by themselves.

    Args:
        rows: The figures.
        deadline: What a response is worth nothing after, in words.
    """
    has_first = any(row.first_audio_ms for row in rows)
    head = [
        "load",
        "arrivals/s",
        "system",
        f"good {deadline}",
        "per s",
        "p50 ms",
        "p95 ms",
        "p99 ms",
    ]
    head += ["first audio p50 ms", "p95 ms", "p99 ms"] if has_first else []
    head += ["requests", "refused", "errors"]
    lines = []
    for row in rows:
        cells = [f"{row.share:.0%}", figure(row.rate_hz), row.system]
        cells += [f"{row.in_time:.0%}", figure(row.in_time_hz), *_cells(row.latency_ms)]
        cells += _cells(row.first_audio_ms) if has_first else []
        lines.append((*cells, str(row.arrived), str(row.refused), str(row.errors)))
    return table(tuple(head), lines)


def _cells(values: Sequence[float] | None) -> list[str]:
    return [figure(value) for value in values] if values else [""] * 3
