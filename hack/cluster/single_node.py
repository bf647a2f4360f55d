"""Starts the node and changes it while it runs; `teardown.py` takes it down."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from hack.cluster import control_plane, node, requirements, teardown
from hack.cluster.certificates import Authority
from hack.cluster.daemons import begin, restart
from hack.cluster.images import import_own
from hack.cluster.layout import Layout
from hack.cluster.processes import DaemonFailedError
from hack.go_programs import programs

MODULES = ("kubernetes", "etcd", "containerd", "coredns", "local-path-provisioner", "helm")
ADDONS = Path(__file__).with_name("addons.yaml")
API_PORT, ETCD_PORT, ETCD_PEER_PORT = 6443, 2379, 2380
READY_TIMEOUT_S = 180
POLL_S = 0.5
"""Each check starts kubectl, which costs a tenth of a second of a core."""


class NotRunningError(Exception):
    """No node is running."""


def build() -> None:
    """Builds every program of the node."""
    programs(*MODULES)


def up(layout: Layout) -> None:
    """Returns when a node runs, with DNS and a storage class; one that runs already is kept.

    Raises:
        RequirementsError, GoProgramsMissingError: something is missing on this machine.
        DaemonFailedError: a daemon did not become ready; the others keep running, for their logs.
    """
    if is_ready(layout):
        _say("the cluster runs already")
        return
    if layout.run.exists():
        _say("a cluster was left unfinished: taking it down first")
        teardown.down(layout)
    requirements.check()
    build()
    began_s = time.monotonic()
    layout.logs.mkdir(parents=True)
    authority = Authority.made_in(layout.pki)
    _start_control_plane(layout, authority)
    _start_node(layout, authority)
    _install_addons(layout)
    _say(f"the cluster is up after {time.monotonic() - began_s:.0f} s")


def is_ready(layout: Layout) -> bool:
    """Returns whether the node's API server is ready."""
    return layout.kubeconfig.exists() and _succeeds(layout, "get", "--raw", "/readyz")


def require(layout: Layout) -> None:
    """Returns when the node runs.

    Raises:
        NotRunningError: it does not.
    """
    if not is_ready(layout):
        raise NotRunningError("no cluster runs: start one with `up`")


def advertise_gpus(layout: Layout, count: int) -> None:
    """Makes the node offer GPUs that the scheduler counts, though there is no device."""
    amount = {"nvidia.com/gpu": str(count)}
    patch = {"status": {"capacity": amount, "allocatable": amount}}
    _kubectl(
        layout,
        *("patch", "node", node.NAME, "--subresource=status", "--type=merge"),
        *("--patch", json.dumps(patch)),
    )


def restart_daemons(layout: Layout, names: Sequence[str], *, away_s: float) -> None:
    """Restarts daemons of the node, and returns when the API server is ready again.

    Raises:
        UnknownDaemonError: a name is not that of a daemon.
        DaemonFailedError: the API server did not become ready.
    """
    restart(layout, names, away_s=away_s)
    deadline_s = time.monotonic() + READY_TIMEOUT_S
    while not is_ready(layout):
        if time.monotonic() > deadline_s:
            raise DaemonFailedError(f"no API server {READY_TIMEOUT_S} s later: see {layout.logs}")
        time.sleep(POLL_S)


def _start_control_plane(layout: Layout, authority: Authority) -> None:
    _say("starting the control plane")
    control_plane.issue_certificates(authority)
    server = f"https://127.0.0.1:{API_PORT}"
    authority.kubeconfig("admin", server=server)
    binaries = layout.binaries
    begin(
        layout,
        control_plane.etcd(binaries, layout.run / "etcd", port=ETCD_PORT, peer_port=ETCD_PEER_PORT),
    )
    api_server = begin(
        layout,
        [
            *control_plane.api_server(
                binaries, authority, port=API_PORT, etcd_port=ETCD_PORT, modes="Node,RBAC"
            ),
            *control_plane.api_server_of_node(authority),
        ],
    )
    api_server.wait_until(lambda: is_ready(layout), timeout_s=READY_TIMEOUT_S, poll_s=POLL_S)
    kubeconfigs = {}
    for component in ("kube-controller-manager", "kube-scheduler"):
        authority.issue(component, user=f"system:{component}")
        kubeconfigs[component] = authority.kubeconfig(component, server=server)
    manager = kubeconfigs["kube-controller-manager"]
    begin(
        layout,
        control_plane.controller_manager(
            binaries, authority, kubeconfig=manager, plugins=layout.volume_plugins
        ),
    )
    begin(layout, control_plane.scheduler(binaries, kubeconfigs["kube-scheduler"]))


def _start_node(layout: Layout, authority: Authority) -> None:
    _say("starting the node")
    server = f"https://127.0.0.1:{API_PORT}"
    authority.issue(
        "kubelet",
        user=f"system:node:{node.NAME}",
        groups=("system:nodes",),
        hosts=(f"DNS:{node.NAME}", "IP:127.0.0.1", f"IP:{control_plane.NODE_ADDRESS}"),
    )
    authority.issue("kube-proxy", user="system:kube-proxy")
    node.write_configuration(layout)
    node.make_bridge(layout)
    containerd = begin(layout, node.containerd(layout))
    containerd.wait_until(layout.socket.exists)
    import_own(layout)
    kubelet = begin(layout, node.kubelet(layout, authority.kubeconfig("kubelet", server=server)))
    begin(layout, node.kube_proxy(layout, authority.kubeconfig("kube-proxy", server=server)))
    condition = ("wait", "--for=condition=Ready", f"node/{node.NAME}", "--timeout=1s")
    kubelet.wait_until(
        lambda: _succeeds(layout, *condition), timeout_s=READY_TIMEOUT_S, poll_s=POLL_S
    )


def _install_addons(layout: Layout) -> None:
    _say("starting DNS and the storage class")
    manifests = ADDONS.read_text().replace("@VOLUMES@", str(layout.run / "volumes"))
    _kubectl(layout, "apply", "-f", "-", manifests=manifests)
    for deployment in ("coredns", "local-path-provisioner"):
        _kubectl(
            layout,
            *("--namespace=kube-system", "rollout", "status", f"deployment/{deployment}"),
            f"--timeout={READY_TIMEOUT_S}s",
        )


def _kubectl(layout: Layout, *arguments: str, manifests: str | None = None) -> None:
    subprocess.run(
        [str(layout.binaries / "kubectl"), *arguments],
        env=layout.environment(),
        input=manifests,
        stdout=subprocess.DEVNULL,
        text=True,
        check=True,
    )


def _succeeds(layout: Layout, *arguments: str) -> bool:
    command = [str(layout.binaries / "kubectl"), "--request-timeout=5s", *arguments]
    done = subprocess.run(command, env=layout.environment(), capture_output=True, check=False)
    return done.returncode == 0


def _say(what: str) -> None:
    # On stderr: `up` prints shell code on stdout.
    print(what, file=sys.stderr, flush=True)
