"""Daemons: waited for, found again by their command line, ended by force when they must be."""

import sys
from pathlib import Path

import pytest

from hack.cluster.processes import DaemonFailedError, running, start, stop

PYTHON = Path(sys.executable).name
SLEEP = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"


def test_a_daemon_that_ends_too_early_fails_with_the_end_of_its_log(tmp_path: Path) -> None:
    daemon = start("brief", [sys.executable, "-c", "raise SystemExit('no port')"], logs=tmp_path)
    with pytest.raises(DaemonFailedError, match=r"brief ended with status 1; .*\nno port"):
        daemon.wait_until(lambda: False, timeout_s=30)


def test_a_daemon_that_is_never_ready_fails_after_the_timeout(tmp_path: Path) -> None:
    daemon = start("slow", [sys.executable, "-c", SLEEP, tmp_path / "up"], logs=tmp_path)
    with pytest.raises(DaemonFailedError, match="slow was not ready after 0 s"):
        daemon.wait_until(lambda: False, timeout_s=0.1)
    daemon.stop()
    assert daemon.process.returncode < 0


@pytest.mark.parametrize("program", [SLEEP, STUBBORN])
def test_a_daemon_is_found_by_its_command_line_and_stopped(tmp_path: Path, program: str) -> None:
    daemon = start("found", [sys.executable, "-c", program, tmp_path / "up"], logs=tmp_path)
    daemon.wait_until((tmp_path / "up").exists)
    marker = f"{tmp_path}/"
    assert running(marker, (PYTHON,)) == {daemon.process.pid: PYTHON}
    assert running(marker, ("kubelet",)) == {}
    assert running(f"{tmp_path}/other/", (PYTHON,)) == {}
    stop([daemon.process.pid], grace_s=0.5)
    assert daemon.process.wait(10) < 0
    assert running(marker, (PYTHON,)) == {}
