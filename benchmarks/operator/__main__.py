"""The operator's benchmark: `make bench-operator`; `--help` lists what can be made smaller."""

import argparse
import os
import shlex
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from benchmarks.inputs import cache_folder
from benchmarks.operator.bare import applied_bare
from benchmarks.operator.measuring import (
    PATIENCE_S,
    Start,
    Subject,
    changed,
    converge,
    measured_resync,
    rested,
    scaled,
)
from benchmarks.operator.observing import create
from benchmarks.operator.page import page
from benchmarks.operator.population import voice_services
from benchmarks.operator.results import Bare, Results, to_json
from benchmarks.operator.simulated_cluster import simulated_cluster
from benchmarks.operator.simulated_pods import simulated_pods
from benchmarks.progress import progress
from benchmarks.results import circumstances
from support.kubernetes.api_server import ApiServer
from support.operator.operating import grant, operator_process
from support.ports import free_port

_NAMESPACE = "nemo-voice"
_REST_S = 60.0
_PACKAGES = ("kopf", "kubernetes", "aiohttp")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs everything, writes the page, and returns the exit status."""
    chosen = _parser().parse_args(arguments)
    # Leaving through the exception ends the cluster too.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    is_whole = chosen.services == _parser().get_default("services")
    out: Path = chosen.out or (
        Path(__file__).parents[1] if is_whole else cache_folder() / "results"
    )
    out.mkdir(parents=True, exist_ok=True)
    load_before, started = os.getloadavg()[0], datetime.now(UTC)
    services = voice_services(chosen.services)
    progress("starting a cluster without an operator")
    with simulated_cluster() as server:
        create(server, services)
        progress(f"applying the objects of {len(services)} VoiceServices")
        bare = applied_bare(server, services, PATIENCE_S)
    progress(
        f"applied {bare.applied_s:.1f} s, available {bare.ready_s:.1f} s; starting the cluster"
    )
    with simulated_cluster() as server, simulated_pods():
        results = _measured(server, chosen, services, bare, (load_before, started))
    (out / "operator.json").write_text(to_json(results), encoding="utf-8")
    (out / "operator.md").write_text(page(results), encoding="utf-8")
    progress(f"written: {out / 'operator.md'}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.operator",
        description="Measure the operator with many VoiceServices on a simulated cluster.",
    )
    parser.add_argument("--services", type=int, default=1000, metavar="N", help="how many")
    parser.add_argument("--changes", type=int, default=200, metavar="N", help="single changes")
    parser.add_argument("--scaled", type=int, default=200, metavar="N", help="how many scale")
    parser.add_argument("--rest", type=float, default=_REST_S, metavar="S", help="seconds at rest")
    parser.add_argument("--out", type=Path, help="folder of the results (default: benchmarks/)")
    return parser


def _measured(
    server: ApiServer,
    chosen: argparse.Namespace,
    services: list[dict[str, Any]],
    bare: Bare,
    began: tuple[float, datetime],
) -> Results:
    load_before, started = began
    server.send("POST", "/api/v1/namespaces", {"metadata": {"name": _NAMESPACE}})
    kubeconfig = grant(server, _NAMESPACE, cluster_wide=True)
    progress(f"creating {len(services)} VoiceServices")
    create(server, services)
    port = free_port()
    log = cache_folder() / "operator.log"
    log.unlink(missing_ok=True)
    start = Start.of(server)
    with operator_process(kubeconfig, log, namespace=_NAMESPACE, metrics_port=str(port)) as process:
        user = f"system:serviceaccount:{_NAMESPACE}:operator"
        subject = Subject(server, psutil.Process(process.pid), port, services, user, log)
        progress("until all are applied and Ready")
        convergence = converge(subject, start)
        progress(
            f"applied {convergence.applied_s:.1f} s, Ready {convergence.ready_s:.1f} s; at rest"
        )
        idle = rested(subject, chosen.rest)
        progress(f"at rest {idle.cores:.4f} core; {chosen.changes} changes")
        resynced = measured_resync(kubeconfig)
        changes = changed(subject, min(chosen.changes, len(services)))
        progress(f"changed; {chosen.scaled} with scaling")
        scaling = scaled(subject, min(chosen.scaled, len(services)), chosen.rest)
    command = shlex.join(["python", "-m", "benchmarks.operator", *sys.argv[1:]])
    run = circumstances(command, load_before=load_before, started=started, packages=_PACKAGES)
    return Results(run, bare, convergence, idle, resynced, changes, scaling)


if __name__ == "__main__":
    sys.exit(main())
