"""Steps of `make setup` that run beside each other."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.setup import steps_at_once


def test_steps_run_beside_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Each waits for the other's file: one after the other, they would never end.
    program = (
        "import pathlib, sys, time\nmine, other = map(pathlib.Path, sys.argv[1:])\nmine.touch()\n"
        "while not other.exists(): time.sleep(0.01)"
    )
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    steps_at_once(
        ("one", (sys.executable, "-c", program, first, second)),
        ("two", (sys.executable, "-c", program, second, first)),
    )
    assert {"one", "two"} <= set(capsys.readouterr().out.replace(":", " ").split())


def test_a_step_that_fails_is_told_once_the_others_have_ended(tmp_path: Path) -> None:
    touch = (
        f"import time, pathlib; time.sleep(0.1); pathlib.Path({str(tmp_path / 'done')!r}).touch()"
    )
    with pytest.raises(subprocess.CalledProcessError, match="exit status 3"):
        steps_at_once(
            ("fails", (sys.executable, "-c", "import sys; sys.exit(3)")),
            ("ends", (sys.executable, "-c", touch)),
        )
    assert (tmp_path / "done").exists()
