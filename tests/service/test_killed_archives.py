"""`transcribe … --out` killed at any moment: every output once, none missing, none torn."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.archives import archive, lines_of, outputs_in
from support.models.without_http import TESTS

pytestmark = pytest.mark.timeout(300)
FILES = 400
PATIENCE_S = 100.0
HEARD = "good morning how are you today"
PROGRAM = """
import sys, time
from support.archives import run
from support.models.fakes import FakeRecogniser

class Slow(FakeRecogniser):
    def recognise(self, batch, /):
        time.sleep(0.1)
        return super().recognise(batch)

sys.exit(run(sys.argv[1:], Slow()))
"""


def started(inputs: Path, out: Path) -> "subprocess.Popen[bytes]":
    """Returns the command as a process over a fake recogniser."""
    path = os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH")]))
    arguments = [str(inputs), "--out", str(out), "--format", "json", "txt"]
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments], env=os.environ | {"PYTHONPATH": path}
    )


def killed_after(count: int, inputs: Path, out: Path) -> None:
    """Kills a run once so many outputs are there."""
    until_s = time.monotonic() + PATIENCE_S
    with started(inputs, out) as process:
        while not out.exists() or len(outputs_in(out)) < count:
            assert time.monotonic() < until_s
            assert process.poll() is None
            time.sleep(0.005)
        process.kill()


def test_runs_that_are_killed_lose_nothing_and_repeat_nothing(tmp_path: Path) -> None:
    inputs = archive(tmp_path / "in", *(f"{n % 3}/{n}.wav" for n in range(FILES)), seconds=0.2)
    out = tmp_path / "out"
    whole: dict[Path, int] = {}
    for count in (1, 200, 500):
        killed_after(count, inputs, out)
        for path in out.rglob("[0-9]*.json"):
            assert json.loads(path.read_bytes())["text"] == HEARD
            if path.with_suffix(".txt").exists():
                written = whole.setdefault(path, path.stat().st_mtime_ns)
                assert path.stat().st_mtime_ns == written, "transcribed again"
    assert 0 < len(whole) < FILES
    with started(inputs, out) as process:
        assert process.wait(PATIENCE_S) == 0
    names = {f"{n % 3}/{n}.{kind}" for n in range(FILES) for kind in ("json", "txt")}
    assert outputs_in(out) == names
    assert {path: path.stat().st_mtime_ns for path in whole} == whole
    assert len(lines_of(out / "transcripts.jsonl")) == FILES
