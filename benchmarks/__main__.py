"""The benchmark's command line: `make bench`, or `python -m benchmarks --help` for parts of it."""

import argparse
import os
import shlex
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.inputs import ROOT, cache_folder
from benchmarks.picture import draw
from benchmarks.progress import progress
from benchmarks.report import PICTURE, page
from benchmarks.results import Comparison, Part, circumstances, from_json, to_json
from benchmarks.suites import Plan, memories, recognisers, voices

PARTS = ("stt-demo", "stt-110m", "tts", "memory")
FULL = {
    "stt-demo": Plan(rounds=3, items={1: 16, 8: 32, 32: 96}, trial=48),
    "stt-110m": Plan(rounds=3, items={1: 6, 8: 16, 32: 48}, trial=16),
    "tts": Plan(rounds=3, items={1: 12, 8: 24, 32: 48}, trial=24),
}
QUICK = {
    "stt-demo": Plan(rounds=1, items={1: 4, 8: 8, 32: 32}, trial=16, batches=(1, 16)),
    "stt-110m": Plan(rounds=1, items={1: 2, 8: 4, 32: 8}, trial=4, batches=(1, 4)),
    "tts": Plan(rounds=1, items={1: 2, 8: 4, 32: 8}, trial=4, batches=(1, 4)),
}
MEMORY_ITEMS = {"stt": 10_000, "tts": 10_000}
QUICK_MEMORY_ITEMS = {"stt": 100, "tts": 40}
WARM_UP = 500


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
    for name in chosen.only or PARTS:
        progress(name)
        _write(out, name, _measured(name, chosen, logs))
    progress(f"written: {_shown(out / 'results.md')}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure the services against the raw model and the first design.",
    )
    parser.add_argument("--quick", action="store_true", help="few requests: to see that it works")
    parser.add_argument("--only", action="append", choices=PARTS, help="this part; may be repeated")
    parser.add_argument(
        "--memory-requests", type=int, metavar="N", help="requests to each service in `memory`"
    )
    parser.add_argument(
        "--out", type=Path, help="folder of the results (default: benchmarks/ for the whole run)"
    )
    return parser


def _measured(name: str, chosen: argparse.Namespace, logs: Path) -> Part:
    load_before, started = os.getloadavg()[0], datetime.now(UTC)
    plan = (QUICK if chosen.quick else FULL).get(name)
    if plan is None:
        items = dict(QUICK_MEMORY_ITEMS if chosen.quick else MEMORY_ITEMS)
        if chosen.memory_requests:
            items = dict.fromkeys(items, chosen.memory_requests)
        warm_up = 20 if chosen.quick else WARM_UP
        found = tuple(memories(items, warm_up, logs=logs, progress=progress))
        facts = circumstances(_command(), load_before=load_before, started=started)
        return Part(facts, memories=found)
    comparison = _compared(name, plan, logs)
    facts = circumstances(_command(), load_before=load_before, started=started)
    return Part(facts, comparison)


def _compared(name: str, plan: Plan, logs: Path) -> Comparison:
    if name == "tts":
        return voices("TTS", plan, logs=logs, progress=progress)
    is_random = name == "stt-110m"
    title = "STT, 110M class" if is_random else "STT, demo"
    return recognisers(title, plan, is_random=is_random, logs=logs, progress=progress)


def _write(out: Path, name: str, part: Part) -> None:
    kept = out / "results.json"
    before = from_json(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    found = before | {name: part}
    parts = {known: found[known] for known in PARTS if known in found}
    kept.write_text(to_json(parts), encoding="utf-8")
    (out / "results.md").write_text(page(parts), encoding="utf-8")
    draw(parts, out / PICTURE)


def _command() -> str:
    return shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])


def _shown(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


if __name__ == "__main__":
    sys.exit(main())
