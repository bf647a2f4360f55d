"""The results as one picture: throughput and latency of each race, memory over the requests."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

from benchmarks.results import Parts

COLOURS = {
    "service": "#1b6ca8",
    "LitServe": "#e08e0b",
    "Ray Serve": "#3a9a4f",
    "BentoML": "#9b4f96",
    "first design": "#c8553d",
    "raw model": "#333333",
}
SERVERS = tuple(system for system in COLOURS if system != "raw model")

Rows = Sequence[Mapping[str, Any]]


def draw(parts: Parts, path: Path) -> None:
    """Writes the picture as PNG: of each part that has rows, and of the memory."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 after the choice of a backend

    figures: dict[str, Mapping[str, Any]] = {
        name: part.outcome.figures for name, part in parts.items()
    }
    races = {name: found["rows"] for name, found in figures.items() if "rows" in found}
    curves = figures.get("memory", {}).get("curves", {})
    columns = max(1, len(races) + bool(curves))
    drawing, axes = plt.subplots(
        2, columns, figsize=(4.2 * columns, 7), squeeze=False, constrained_layout=True
    )
    for place, (name, rows) in enumerate(races.items()):
        _throughput(axes[0][place], name, rows)
        _latency(axes[1][place], rows)
    if curves:
        _memory(axes[0][-1], curves)
        axes[1][-1].axis("off")
    drawing.savefig(path, dpi=110)
    plt.close(drawing)


def _throughput(axis: Any, name: str, rows: Rows) -> None:
    loads = _loads(rows)
    present = [system for system in SERVERS if _of(rows, system)]
    width = 0.8 / max(1, len(present))
    for offset, system in enumerate(present):
        shown = _of(rows, system)
        places = [loads.index(row["clients"]) - 0.4 + (offset + 0.5) * width for row in shown]
        heights = [row["audio_per_s"] for row in shown]
        axis.bar(places, heights, 0.95 * width, color=COLOURS[system], label=system)
    for row in _of(rows, "raw model"):
        if row["clients"] is None:
            axis.axhline(row["audio_per_s"], color=COLOURS["raw model"], ls="--", label="raw model")
    axis.set_title(name, fontsize=10)
    axis.set_xticks(range(len(loads)), [str(load) for load in loads])
    axis.set_xlabel("clients")
    axis.set_ylabel("seconds of audio per second")
    axis.legend(fontsize=8)


def _latency(axis: Any, rows: Rows) -> None:
    for system in SERVERS:
        shown = [row for row in _of(rows, system) if row["latency_ms"]]
        clients = [str(row["clients"]) for row in shown]
        for rank, style in enumerate(("-", ":")):
            values = [row["latency_ms"][2 * rank] for row in shown]
            label = f"{system} {('p50', 'p99')[rank]}"
            axis.plot(clients, values, style, marker="o", ms=3, color=COLOURS[system], label=label)
    axis.set_yscale("log")
    axis.set_xlabel("clients")
    axis.set_ylabel("latency, ms")
    axis.legend(fontsize=7, handlelength=3)


def _memory(axis: Any, curves: Mapping[str, Sequence[Sequence[int]]]) -> None:
    for service, curve in curves.items():
        held = [size / 2**20 for _, size in curve]
        axis.plot([count for count, _ in curve], held, marker=".", label=service)
    axis.set_title("memory", fontsize=10)
    axis.set_ylim(bottom=0)
    axis.set_xlabel("requests served")
    axis.set_ylabel("MiB held")
    axis.legend(fontsize=8)


def _of(rows: Rows, system: str) -> Rows:
    return [row for row in rows if row["system"] == system]


def _loads(rows: Rows) -> list[int]:
    return sorted({row["clients"] for row in rows if row["clients"] is not None})
