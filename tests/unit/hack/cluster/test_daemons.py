"""Daemons that are ended and started again with the command that they were started with."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from hack.cluster.daemons import UnknownDaemonError, begin, restart
from hack.cluster.layout import Layout
from hack.cluster.processes import Daemon, running, stop
from support.waiting import until

SLEEP = "import time; time.sleep(60)"
NAMES = ("etcd", "kubelet")
PAUSE_S = 0.2

Restart = Callable[[Sequence[str]], None]


@pytest.fixture
def node(tmp_path: Path) -> Layout:
    """A node of which nothing runs."""
    node = Layout(run=tmp_path / "cluster", binaries=tmp_path / "bin")
    node.binaries.mkdir()
    node.logs.mkdir(parents=True)
    return node


@pytest.fixture
def restarted(node: Layout) -> Iterator[Restart]:
    """Restarts daemons of the node, which only sleep; all are running before, none afterwards."""
    started: list[Daemon] = []
    for name in NAMES:
        (node.binaries / name).symlink_to(sys.executable)
        started.append(begin(node, [str(node.binaries / name), "-c", SLEEP, node.marker]))
    yield lambda names: started.extend(restart(node, names, away_s=PAUSE_S))
    stop(running(node.marker, NAMES))
    for daemon in started:
        daemon.process.wait(10)


def ids(node: Layout) -> dict[str, int]:
    """Returns the daemons' process ids."""
    return {name: number for number, name in running(node.marker, NAMES).items()}


def wait_for_both(node: Layout) -> None:
    """Returns once each daemon is found by its command line, which it gets after its start."""
    until("both daemons", lambda: set(ids(node)) == set(NAMES))


def test_only_the_named_daemon_is_restarted_with_its_own_command(
    node: Layout, restarted: Restart
) -> None:
    wait_for_both(node)
    before = ids(node)
    began_s = time.monotonic()
    restarted(["etcd"])
    assert time.monotonic() - began_s >= PAUSE_S
    wait_for_both(node)
    after = ids(node)
    assert after["etcd"] != before["etcd"]
    assert after["kubelet"] == before["kubelet"]
    command = Path(f"/proc/{after['etcd']}/cmdline").read_bytes().split(b"\0")
    assert command[1:3] == [b"-c", SLEEP.encode()]


def test_a_daemon_that_ended_by_itself_is_started_too(node: Layout, restarted: Restart) -> None:
    wait_for_both(node)
    stop([ids(node)["kubelet"]])
    assert set(ids(node)) == {"etcd"}
    restarted(["etcd"])
    wait_for_both(node)


def test_an_unknown_name_ends_nothing(node: Layout, restarted: Restart) -> None:
    wait_for_both(node)
    before = ids(node)
    with pytest.raises(UnknownDaemonError, match="no daemon etc: there are etcd, kubelet"):
        restarted(["etcd", "etc"])
    assert ids(node) == before
