"""A real single-node Kubernetes on this Linux machine, without pulling any image.

    python -m hack.cluster build              compile its programs (minutes, once)
    python -m hack.cluster up                 start it; prints `export KUBECONFIG=... PATH=...`
    python -m hack.cluster load IMAGE.tar|-   put the images of a docker archive into the node
    python -m hack.cluster gpus N             offer N nvidia.com/gpu, which the scheduler counts
    python -m hack.cluster restart DAEMON...  end daemons, and start all that do not run
    python -m hack.cluster down               stop it and remove everything it left
    python -m hack.cluster env                print the line of `up` again

Needs root, Go and some Debian packages, which `up` names when missing.
"""

import argparse
import subprocess
import sys

from hack.cluster import images, single_node
from hack.cluster.daemons import UnknownDaemonError
from hack.cluster.layout import Layout, layout
from hack.cluster.processes import DaemonFailedError
from hack.cluster.requirements import RequirementsError
from hack.cluster.teardown import TeardownError, down
from hack.go_programs import GoProgramsMissingError

_FAILURES = (
    DaemonFailedError,
    GoProgramsMissingError,
    RequirementsError,
    TeardownError,
    UnknownDaemonError,
    single_node.NotRunningError,
    subprocess.CalledProcessError,
)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m hack.cluster",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name in ("build", "up", "down", "env"):
        commands.add_parser(name)
    commands.add_parser("load").add_argument("archive", type=argparse.FileType("rb"))
    commands.add_parser("gpus").add_argument("count", type=int)
    restart = commands.add_parser("restart")
    restart.add_argument("daemons", nargs="+", metavar="daemon")
    restart.add_argument("--away", type=float, default=0, metavar="SECONDS", help="pause between")
    return parser


def _act(arguments: argparse.Namespace, here: Layout) -> None:
    match arguments.command:
        case "build":
            single_node.build()
        case "up":
            single_node.up(here)
            print(here.exports())
        case "load":
            single_node.require(here)
            with arguments.archive as archive:
                images.load(here, archive)
        case "gpus":
            single_node.require(here)
            single_node.advertise_gpus(here, arguments.count)
        case "restart":
            single_node.restart_daemons(here, arguments.daemons, away_s=arguments.away)
        case "env":
            single_node.require(here)
            print(here.exports())
        case _:
            down(here)


def main() -> int:
    """Runs the command named on the command line; returns the exit status."""
    try:
        _act(_parser().parse_args(), layout())
    except _FAILURES as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
