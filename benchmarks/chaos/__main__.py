"""Writes the report of the chaos tests from what they left: `make test-chaos` runs both.

A trial that was run again replaces only itself.
"""

import sys
from pathlib import Path

from benchmarks.chaos.page import page
from benchmarks.chaos.results import FOLDER, from_json, kept, to_json

REPORTS = Path(__file__).resolve().parents[1]


def main(trials: Path = FOLDER, reports: Path = REPORTS) -> int:
    """Writes `chaos.json` and `chaos.md`, and returns the exit status."""
    file = reports / "chaos.json"
    earlier = from_json(file.read_text(encoding="utf-8")) if file.exists() else ()
    newer = kept(trials)
    if not newer:
        sys.stderr.write("no trial has been run: make test-chaos\n")
        return 1
    merged = {trial.name: trial for trial in (*earlier, *newer)}
    ordered = [merged[name] for name in sorted(merged)]
    file.write_text(to_json(ordered), encoding="utf-8")
    (reports / "chaos.md").write_text(page(ordered), encoding="utf-8")
    print(f"written: {reports / 'chaos.md'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
