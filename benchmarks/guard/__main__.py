"""A race of two minutes that fails when a service loses a quarter of its speed.

    python -m benchmarks.guard            compares with benchmarks/guard.json
    python -m benchmarks.guard --keep     also appends to benchmarks/history.jsonl and draws it
    python -m benchmarks.guard --write    makes what was measured the new guard.json

Only ratios count: each service over its own model in a loop, measured in turns on this machine, so
that a slower machine changes little. A ratio that has fallen is measured once more before this
fails, since other work on the machine makes a ratio worse and never better.
"""

import argparse
import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from benchmarks.guard.history import Entry, draw, keep
from benchmarks.guard.race import ROUNDS, lanes
from benchmarks.guard.verdict import Ratios, better_of, fallen, missing
from benchmarks.inputs import ROOT, cache_folder
from benchmarks.progress import progress
from benchmarks.results import processor_name

FOLDER = ROOT / "benchmarks"
KEPT = FOLDER / "guard.json"
HISTORY, PICTURE = FOLDER / "history.jsonl", FOLDER / "history.png"


def main(arguments: Sequence[str] | None = None) -> int:
    """Races, prints the verdict, and returns 1 when a ratio has fallen."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.guard",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--keep", action="store_true", help="append the ratios to the history")
    parser.add_argument("--write", action="store_true", help="keep the ratios as those to hold")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds (default: %(default)s)")
    chosen = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.is_file() else {}
    measured = _measured({} if chosen.write else kept, chosen.rounds)
    if chosen.write:
        KEPT.write_text(as_json(measured), encoding="utf-8")
        kept = measured
    if chosen.keep:
        draw(keep(HISTORY, _entry(measured)), PICTURE)
    return verdict(measured, kept)


def verdict(measured: Ratios, kept: Ratios) -> int:
    """Prints what the ratios mean, and returns the exit status."""
    for name in missing(measured, kept):
        progress(f"{name}: only measured or only kept: run with --write")
    bad = fallen(measured, kept)
    for one in bad:
        progress(f"FALLEN  {one.line()}")
    if not bad:
        progress("no ratio has fallen by a quarter")
    return 1 if bad else 0


def as_json(ratios: Ratios) -> str:
    """Returns the file of the ratios to hold."""
    rounded = {name: round(value, 3) for name, value in ratios.items()}
    return json.dumps(rounded, indent=2) + "\n"


def _measured(kept: Ratios, rounds: int) -> Ratios:
    logs = cache_folder() / "logs"
    logs.mkdir(exist_ok=True)
    found: dict[str, float] = {}
    with lanes(logs, progress) as both:
        for lane in both:
            ratios = lane.ratios(rounds, progress)
            if fallen(ratios, kept):
                progress("  once more, since a ratio has fallen")
                ratios = better_of(ratios, lane.ratios(rounds, progress))
            found |= ratios
    return found


def _entry(ratios: Ratios) -> Entry:
    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    commit = git("rev-parse", "HEAD")
    rounded = {name: round(value, 3) for name, value in ratios.items()}
    return Entry(commit, datetime.now(UTC).strftime("%Y-%m-%d"), processor_name(), rounded)


if __name__ == "__main__":
    sys.exit(main())
