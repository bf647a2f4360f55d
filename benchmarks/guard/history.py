"""The guard's ratios over the commits: a line of JSON each, and a picture."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import matplotlib as mpl


@dataclass(frozen=True, slots=True)
class Entry:
    """What one commit's race came to."""

    commit: str
    date: str
    machine: str
    ratios: dict[str, float]


def read(path: Path) -> list[Entry]:
    """Returns the entries of a file in their order, none when it is not there."""
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Entry(**json.loads(line)) for line in lines if line.strip()]


def keep(path: Path, entry: Entry) -> list[Entry]:
    """Returns the entries with this one, which replaces an earlier one of its commit."""
    entries = [*(old for old in read(path) if old.commit != entry.commit), entry]
    text = "".join(f"{json.dumps(asdict(one))}\n" for one in entries)
    path.write_text(text, encoding="utf-8")
    return entries


def draw(entries: Sequence[Entry], path: Path) -> None:
    """Writes the picture as PNG: a line for each ratio, from commit to commit."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 after the choice of a backend

    drawing, axis = plt.subplots(figsize=(8, 4), constrained_layout=True)
    names = list(dict.fromkeys(name for entry in entries for name in entry.ratios))
    for name in names:
        places = [place for place, entry in enumerate(entries) if name in entry.ratios]
        heights = [entries[place].ratios[name] for place in places]
        axis.plot(places, heights, marker="o", ms=3, label=name)
    axis.axhline(1.0, color="#333333", ls="--", lw=0.8, label="raw loop")
    axis.set_ylim(bottom=0)
    axis.set_xticks(range(len(entries)), [entry.commit[:8] for entry in entries], rotation=90)
    axis.set_ylabel("throughput over the raw loop's")
    axis.legend(fontsize=8)
    drawing.savefig(path, dpi=100)
    plt.close(drawing)
