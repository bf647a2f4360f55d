"""Runs the benchmark and writes `results.md`, `results.json` and `results.png`.

    python -m benchmarks                       the whole of it, into benchmarks/
    python -m benchmarks --quick               only to see that it works, into the cache folder
    python -m benchmarks --only stt-demo       one part

A part that ran before is kept: the page always shows everything that was measured. The parts are in
`benchmarks/parts/`, which says how to add one.
"""

import argparse
import os
import shlex
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.inputs import ROOT, cache_folder
from benchmarks.outcome import Setting
from benchmarks.parts import PARTS, measured
from benchmarks.picture import draw
from benchmarks.progress import progress
from benchmarks.report import PICTURE, page
from benchmarks.results import Part, circumstances, from_json, to_json


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the wanted parts, writes the page after each, and returns the exit status."""
    chosen = _parser().parse_args(arguments)
    # Leaving through the exception ends the servers and workers too.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    is_whole = not chosen.quick and not chosen.only
    default = Path(__file__).parent if is_whole else cache_folder() / "results"
    out: Path = chosen.out or default
    out.mkdir(parents=True, exist_ok=True)
    logs = cache_folder() / "logs"
    logs.mkdir(exist_ok=True)
    setting = Setting(chosen.quick, logs, progress)
    for name in chosen.only or PARTS:
        progress(name)
        write(out, name, _part(name, setting))
    progress(f"written: {_shown(out / 'results.md')}")
    return 0


def write(out: Path, name: str, part: Part) -> None:
    """Writes the results of all parts into the folder, those of this part replaced."""
    kept = out / "results.json"
    before = from_json(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    found = before | {name: part}
    parts = {known: found[known] for known in PARTS if known in found}
    kept.write_text(to_json(parts), encoding="utf-8")
    missing = [known for known in PARTS if known not in parts]
    (out / "results.md").write_text(page(parts, missing), encoding="utf-8")
    draw(parts, out / PICTURE)


def _parser() -> argparse.ArgumentParser:
    minutes = ", ".join(f"{name} {spent:g}" for name, spent in PARTS.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure the services, the raw models and other servers beside each other.",
        epilog=f"Minutes of each part: {minutes}.",
    )
    parser.add_argument("--quick", action="store_true", help="few requests: to see that it works")
    parser.add_argument(
        "--only", action="append", choices=tuple(PARTS), help="this part; may be repeated"
    )
    parser.add_argument(
        "--out", type=Path, help="folder of the results (default: benchmarks/ for the whole run)"
    )
    return parser


def _part(name: str, setting: Setting) -> Part:
    load_before, started = os.getloadavg()[0], datetime.now(UTC)
    outcome = measured(name, setting)
    command = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])
    return Part(circumstances(command, load_before=load_before, started=started), outcome)


def _shown(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


if __name__ == "__main__":
    sys.exit(main())
