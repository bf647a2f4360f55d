"""The benchmark of live sessions: `make bench-live`; `--help` lists what can be made smaller."""

import argparse
import os
import shlex
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.inputs import Clip, cache_folder, clip_texts, shortened
from benchmarks.live.measuring import (
    Measured,
    compared_levels,
    compared_texts,
    measured_level,
    measured_start,
)
from benchmarks.live.memory import measured_memory
from benchmarks.live.page import page
from benchmarks.live.pieces import measured_pieces
from benchmarks.live.results import Pieces, Results, to_json
from benchmarks.progress import progress
from benchmarks.race.clips import make_clips
from benchmarks.results import circumstances
from benchmarks.servers import SERVE, Command, Server, running

KEPT_S = 0.2
"""Of the silence after it, what an utterance has by default."""
_CLIPS = 48
_FEW = 4
"""Sessions with which both ways to begin a final transcript are compared."""
_ROUNDS = 24
"""In which text in pieces and text at once are compared."""
_SERVE = ("serve", "--model", "demo", *SERVE)
_NEVER_EARLY = {"NEMO_VOICE_REALTIME__EARLY_FINAL_S": "0"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs everything, writes the page, and returns the exit status."""
    chosen = _parser().parse_args(arguments)
    # Leaving through the exception ends the services too.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    is_whole = not arguments and len(sys.argv) == 1
    out: Path = chosen.out or (
        Path(__file__).parents[1] if is_whole else cache_folder() / "results"
    )
    out.mkdir(parents=True, exist_ok=True)
    logs = cache_folder() / "logs"
    logs.mkdir(exist_ok=True)
    load_before, started = os.getloadavg()[0], datetime.now(UTC)
    results = _measured(chosen, make_clips(_CLIPS, logs, progress), logs, (load_before, started))
    (out / "live.json").write_text(to_json(results), encoding="utf-8")
    (out / "live.md").write_text(page(results), encoding="utf-8")
    progress(f"{results.most_sessions} sessions; written: {out / 'live.md'}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.live",
        description="Measure how many live sessions one service keeps up with, and how soon.",
    )
    parser.add_argument("--seconds", type=float, default=15.0, metavar="S", help="of each level")
    parser.add_argument("--first", type=int, default=8, metavar="N", help="sessions to begin with")
    parser.add_argument("--sessions", type=int, default=1000, metavar="N", help="for the memory")
    parser.add_argument(
        "--limit-s", type=float, default=190.0, metavar="S", help="after which no level is begun"
    )
    parser.add_argument("--out", type=Path, help="folder of the results (default: benchmarks/)")
    return parser


def _measured(
    chosen: argparse.Namespace, clips: list[Clip], logs: Path, began: tuple[float, datetime]
) -> Results:
    texts = clip_texts(len(clips))
    began_s = time.monotonic()
    with ExitStack() as stack:
        progress("starting two services: one begins no final transcript in the silence")
        server = stack.enter_context(running(Command("stt-live", "nemo_voice_stt", _SERVE), logs))
        plain = stack.enter_context(
            running(Command("stt-live-after", "nemo_voice_stt", _SERVE), logs, _NEVER_EARLY)
        )
        for one in (server, plain):
            one.wait()
        start = measured_start(server, clips)
        early, late = compared_levels((server, plain), clips, _FEW, chosen.seconds, KEPT_S)
        _shown(early, ", begun in the silence")
        _shown(late, ", begun after it")
        found = _climbed(server, clips, chosen, began_s + chosen.limit_s)
        progress("the same audio as files")
        spoken = [one for measured in (early, *found) for one in measured.spoken]
        compared = compared_texts((server, plain), clips, texts, spoken, most=400)
        progress(f"{chosen.sessions} sessions, one after the other")
        short = shortened(clips[:16], cache_folder() / "clips-1s-live")
        memory = measured_memory(server, short, chosen.sessions // 5, chosen.sessions)
    pieces = _pieces(logs, texts)
    command = shlex.join(["python", "-m", "benchmarks.live", *sys.argv[1:]])
    return Results(
        circumstances(command, load_before=began[0], started=began[1]),
        levels=tuple(measured.level for measured in found),
        early=early.level,
        late=late.level,
        texts=compared,
        start=start,
        memory=memory,
        pieces=pieces,
    )


def _pieces(logs: Path, texts: Sequence[str]) -> Pieces:
    progress("text in pieces")
    command = Command("tts-live", "nemo_voice_tts", _SERVE)
    with running(command, logs) as server:
        server.wait()
        return measured_pieces(server, texts, _ROUNDS)


def _climbed(
    server: Server, clips: list[Clip], chosen: argparse.Namespace, until_s: float
) -> list[Measured]:
    """Returns levels of more and more sessions, then those between the last two."""
    found: list[Measured] = []
    sessions, kept, lost = chosen.first, 0, 0
    while not found or time.monotonic() < until_s:
        measured = _shown(measured_level(server, clips, sessions, chosen.seconds, KEPT_S))
        found.append(measured)
        if measured.level.is_kept_up_with:
            kept = sessions
        else:
            lost = sessions
        sessions = 2 * kept if not lost else (kept + lost) // 2
        if lost and (lost - kept) * 8 <= lost:
            break
    return found


def _shown(measured: Measured, name: str = "") -> Measured:
    level = measured.level
    finals = " / ".join(f"{value:.0f}" for value in level.final_ms or ())
    progress(
        f"  {level.sessions} sessions{name}: {level.utterances} utterances, final {finals} ms,"
        f" behind ≤ {level.behind_s[-1]:g} s, {level.cores:.2f} cores,"
        f" {100 * level.early:.0f} % early, {level.vain} in vain, {level.failed} failed,"
        f" clients {level.late_s:.3f} s late"
    )
    return measured


if __name__ == "__main__":
    sys.exit(main())
