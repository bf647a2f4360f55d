"""The node's daemons: started with a command that is kept, ended, and started again with it."""

import json
import time
from collections.abc import Sequence
from pathlib import Path

from hack.cluster.layout import Layout
from hack.cluster.processes import Daemon, running, start, stop


class UnknownDaemonError(Exception):
    """The node has no daemon of this name; the message lists those that it has."""


def begin(layout: Layout, command: Sequence[str]) -> Daemon:
    """Starts a daemon and keeps its command, by which it can be started again."""
    layout.commands.mkdir(parents=True, exist_ok=True)
    (layout.commands / f"{Path(command[0]).name}.json").write_text(json.dumps(list(command)))
    return _start(layout, command)


def restart(layout: Layout, names: Sequence[str], *, away_s: float = 0) -> list[Daemon]:
    """Ends these daemons, starts them again after so many seconds, and returns what it started.

    Others of the node that have ended by themselves meanwhile are started too: some do without
    an API server, and nobody else would start them.

    Raises:
        UnknownDaemonError: a name is not that of a daemon; nothing was ended.
    """
    known = {path.stem: path for path in layout.commands.glob("*.json")}
    if unknown := set(names) - set(known):
        raise UnknownDaemonError(
            f"no daemon {', '.join(sorted(unknown))}: there are {', '.join(sorted(known))}"
        )
    stop(running(layout.marker, names))
    time.sleep(away_s)
    alive = set(running(layout.marker, known).values())
    # The order in which they were started: what needs another comes after it.
    ended = sorted(set(known) - alive, key=lambda name: known[name].stat().st_mtime_ns)
    return [_start(layout, json.loads(known[name].read_text())) for name in ended]


def _start(layout: Layout, command: Sequence[str]) -> Daemon:
    name = Path(command[0]).name
    return start(name, command, logs=layout.logs, environment=layout.environment())
