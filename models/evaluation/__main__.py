"""Command line of the evaluation, `python -m evaluation`: measures all, rewrites the model card.

Needs espeak-ng's library and NeMo; nothing is fetched. With `--only` or `--limit` nothing is
written but what `--json` names, so that a quick look never ends up in the card.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evaluation.findings import Findings
    from evaluation.laboratory import Laboratory

_DEMO = Path(__file__).parents[1] / "demo"
_NAMES = (
    "plain", "changed", "in_noise", "in_silence", "in_a_row", "of_noise",
    "round_trip", "written", "unknown", "judge", "asr_cost", "tts_cost",
)  # fmt: skip


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m evaluation",
        description="Measures the demo checkpoints and writes the figures into their model card.",
    )
    parser.add_argument(
        "--models", type=Path, default=_DEMO, help="folder of the checkpoints (models/demo)"
    )
    parser.add_argument(
        "--only", nargs="+", choices=_NAMES, metavar="NAME", help=f"some of: {', '.join(_NAMES)}"
    )
    parser.add_argument("--limit", type=int, help="at most so many texts of each set")
    parser.add_argument("--json", type=Path, help="also write everything measured to this file")
    return parser.parse_args(given)


def _measurements() -> "dict[str, Callable[[Laboratory], Findings]]":
    # Late: NeMo takes half a minute to import; --help and the listening process need none of it.
    from evaluation import recognition, voicing  # noqa: PLC0415

    return {
        "plain": recognition.plain,
        "changed": recognition.changed,
        "in_noise": recognition.in_noise,
        "in_silence": recognition.in_silence,
        "in_a_row": recognition.in_a_row,
        "of_noise": recognition.of_noise,
        "round_trip": voicing.round_trip,
        "written": voicing.written,
        "unknown": voicing.unknown,
        "asr_cost": recognition.cost,
        "tts_cost": voicing.cost,
    }


def _measured(laboratory: "Laboratory", names: Sequence[str]) -> "dict[str, Findings]":
    from evaluation import voicing  # noqa: PLC0415
    from evaluation.laboratory import report_progress  # noqa: PLC0415

    begin_s = time.monotonic()
    found: dict[str, Findings] = {}
    measurements = _measurements()
    listening = voicing.judging(laboratory) if "judge" in names else nullcontext()
    with listening as judge:
        for name in names:
            if name == "judge" and judge:
                continue
            found[name] = measurements[name](laboratory)
            elapsed_s = time.monotonic() - begin_s
            report_progress(f"{len(found)}/{len(names)} {name} ({elapsed_s:.0f} s)")
        if judge:
            found["judge"] = judge.findings()
            report_progress(f"judge ({time.monotonic() - begin_s:.0f} s)")
    return {name: found[name] for name in names}


def main(given: Sequence[str] | None = None) -> int:
    """Measures what the arguments choose; returns the exit status."""
    arguments = _arguments(given)
    names = arguments.only or _NAMES
    sys.stderr.write("loading NeMo and the checkpoints\n")
    from evaluation import report  # noqa: PLC0415
    from evaluation.checkpoints import read_checkpoints  # noqa: PLC0415
    from evaluation.laboratory import Laboratory  # noqa: PLC0415

    checkpoints = read_checkpoints(arguments.models)
    findings = _measured(Laboratory(arguments.models, arguments.limit), names)
    sys.stdout.write(report.figures_table(findings) + "\n")
    document = report.as_json(findings, checkpoints)
    if arguments.json:
        arguments.json.write_text(document, encoding="utf-8")
    if names == _NAMES and arguments.limit is None:
        (arguments.models / "evaluation.json").write_text(document, encoding="utf-8")
        card = arguments.models / "README.md"
        text = card.read_text(encoding="utf-8")
        card.write_text(report.with_results(text, findings, checkpoints), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
