"""The race's rounds as tables."""

from collections.abc import Sequence

from benchmarks.measures import Row
from benchmarks.report import figure, table


def rows_table(rows: Sequence[Row]) -> str:
    """Returns the systems' figures beside each other."""
    has_first = any(row.first_audio_ms for row in rows)
    head = ["system", "clients", "requests/s", "audio s/s", "p50 ms", "p95 ms", "p99 ms"]
    head += ["first audio p50 ms", "p95 ms", "p99 ms"] if has_first else []
    head += ["requests", "errors"]
    lines = []
    for row in rows:
        cells = [row.system, "" if row.clients is None else str(row.clients)]
        cells += [figure(row.items_per_s), figure(row.audio_per_s)]
        cells += _cells(row.latency_ms, 3)
        cells += _cells(row.first_audio_ms, 3) if has_first else []
        lines.append((*cells, str(row.items), str(row.errors)))
    return table(tuple(head), lines)


def _cells(values: Sequence[float] | None, count: int) -> list[str]:
    return [figure(value) for value in values] if values else [""] * count
