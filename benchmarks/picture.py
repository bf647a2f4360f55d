"""The results as one picture: throughput and latency of each model, memory over the requests."""

from pathlib import Path
from typing import Any

import matplotlib as mpl

from benchmarks.measures import Row
from benchmarks.results import Comparison, Memory, Parts

COLOURS = {"service": "#1b6ca8", "first design": "#c8553d", "raw model": "#333333"}


def draw(parts: Parts, path: Path) -> None:
    """Writes the picture as PNG."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 after the choice of a backend

    comparisons = [part.comparison for part in parts.values() if part.comparison]
    memories = [memory for part in parts.values() for memory in part.memories]
    columns = len(comparisons) + bool(memories)
    drawing, axes = plt.subplots(
        2, columns, figsize=(4.2 * columns, 7), squeeze=False, constrained_layout=True
    )
    for place, comparison in enumerate(comparisons):
        _throughput(axes[0][place], comparison)
        _latency(axes[1][place], comparison)
    if memories:
        _memory(axes[0][-1], memories)
        axes[1][-1].axis("off")
    drawing.savefig(path, dpi=110)
    plt.close(drawing)


def _throughput(axis: Any, comparison: Comparison) -> None:
    loads = _loads(comparison)
    systems = ("service", "first design")
    for offset, system in enumerate(systems):
        rows = _of(comparison, system)
        places = [loads.index(row.clients) + 0.4 * offset - 0.2 for row in rows]
        axis.bar(
            places, [row.audio_per_s for row in rows], 0.38, color=COLOURS[system], label=system
        )
    for row in _of(comparison, "raw model"):
        axis.axhline(row.audio_per_s, color=COLOURS["raw model"], ls="--", label="raw model")
    axis.set_title(comparison.title, fontsize=10)
    axis.set_xticks(range(len(loads)), [str(load) for load in loads])
    axis.set_xlabel("clients")
    axis.set_ylabel("seconds of audio per second")
    axis.legend(fontsize=8)


def _latency(axis: Any, comparison: Comparison) -> None:
    for system in ("service", "first design"):
        rows = [row for row in _of(comparison, system) if row.latency_ms]
        clients = [str(row.clients) for row in rows]
        for rank, (name, style) in enumerate((("p50", "-"), ("p95", "--"), ("p99", ":"))):
            values = [row.latency_ms[rank] for row in rows if row.latency_ms]
            axis.plot(
                clients, values, style, marker="o", ms=3, color=COLOURS[system],
                label=f"{system} {name}",
            )  # fmt: skip
    axis.set_yscale("log")
    axis.set_xlabel("clients")
    axis.set_ylabel("latency, ms")
    axis.legend(fontsize=7, handlelength=3)


def _memory(axis: Any, memories: list[Memory]) -> None:
    for memory in memories:
        requests = [count for count, _ in memory.curve]
        axis.plot(
            requests, [held / 2**20 for _, held in memory.curve], marker=".", label=memory.service
        )
    axis.set_title("Memory", fontsize=10)
    axis.set_ylim(bottom=0)
    axis.set_xlabel("requests served")
    axis.set_ylabel("MiB held")
    axis.legend(fontsize=8)


def _of(comparison: Comparison, system: str) -> list[Row]:
    return [row for row in comparison.rows if row.system == system]


def _loads(comparison: Comparison) -> list[int | None]:
    return list(dict.fromkeys(row.clients for row in comparison.rows if row.clients is not None))
