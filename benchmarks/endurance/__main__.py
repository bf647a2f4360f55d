"""Long and large with sizes of one's own, such as a soak of a night: writes into the cache folder.

python -m benchmarks.endurance --hours 1 --hours 24 --requests 1000000
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace

from benchmarks.endurance.running import STANDARD, Sizes, endured
from benchmarks.inputs import cache_folder
from benchmarks.outcome import Setting
from benchmarks.progress import progress
from benchmarks.report import goal_line, table


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs it, writes the page, and returns 1 if a goal was missed."""
    # Leaving through the exception ends the services too.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    logs = cache_folder() / "logs"
    logs.mkdir(exist_ok=True)
    outcome = endured(_sizes(arguments), Setting(is_quick=False, logs=logs, progress=progress))
    goals = table(("goal", "wanted", "measured", "each", "met"), map(goal_line, outcome.goals))
    page = cache_folder() / "endurance.md"
    page.write_text("\n\n".join((*outcome.sections, goals)) + "\n", encoding="utf-8")
    progress(f"written: {page}")
    return 0 if all(goal.is_met for goal in outcome.goals) else 1


def _sizes(arguments: Sequence[str] | None) -> Sizes:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.endurance",
        description="Give the services hours of audio, long texts, many connections and requests.",
    )
    parser.add_argument("--hours", type=float, action="append", metavar="H", help="of audio")
    parser.add_argument("--characters", type=int, default=STANDARD.characters, metavar="N")
    parser.add_argument("--connections", type=int, default=STANDARD.connections, metavar="N")
    parser.add_argument("--requests", type=int, default=STANDARD.requests, metavar="N")
    parser.add_argument("--rounds", type=int, default=STANDARD.rounds, metavar="N")
    chosen = parser.parse_args(arguments)
    return replace(STANDARD, **{name: value for name, value in vars(chosen).items() if value})


if __name__ == "__main__":
    sys.exit(main())
