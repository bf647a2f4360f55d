"""A cluster whose nodes are simulated: a real control plane, and kwok in the kubelets' place."""

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.operator.population import NAMESPACES, nodes
from hack.cluster import control_plane
from hack.cluster.processes import start
from hack.go_programs import programs
from support.kubernetes.api_server import ApiServer
from support.kubernetes.definitions import define_voice_services
from support.ports import free_port

PROGRAMS = (
    *("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"),
    "kwok",
)
_CONTROLLERS = (
    *("deployment-controller", "replicaset-controller", "job-controller"),
    *("disruption-controller", "node-lifecycle-controller", "persistentvolume-binder-controller"),
)
"""What makes pods of the operator's objects; EndpointSlices refuse pods on the loopback."""
_STAGES = Path(__file__).parent / "stages.yaml"
_REQUESTS_PER_S = 1000


@contextlib.contextmanager
def simulated_cluster() -> Iterator[ApiServer]:
    """Yields a cluster that knows VoiceServices; everything of it is gone afterwards.

    Raises:
        GoProgramsMissingError: Its programs cannot be had.
    """
    binaries = programs(*PROGRAMS)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="simulated-")))
        server = stack.enter_context(ApiServer(binaries, folder).running())
        for name, command in _commands(binaries, folder, server).items():
            stack.callback(start(name, command, logs=folder).stop)
        define_voice_services(server)
        for node in nodes():
            server.send("POST", "/api/v1/nodes", node)
        for name in NAMESPACES:
            server.send("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        yield server


def _commands(binaries: Path, folder: Path, server: ApiServer) -> dict[str, list[str]]:
    authority = server._authority
    listens = ("--bind-address=127.0.0.1", "--leader-elect=false")
    controllers = control_plane.controller_manager(
        binaries, authority, kubeconfig=server.admin, plugins=folder / "plugins"
    )
    settings = folder / "scheduler.json"
    settings.write_text(json.dumps(_scheduler(server)))
    return {
        "kube-controller-manager": [
            *(*controllers, *listens, f"--secure-port={free_port()}"),
            f"--controllers={','.join(_CONTROLLERS)}",
            # Each with credentials of its own would be a service account and a token more.
            *("--use-service-account-credentials=false", "--allocate-node-cidrs=false"),
        ],
        "kube-scheduler": [
            *(str(binaries / "kube-scheduler"), f"--config={settings}"),
            *("--bind-address=127.0.0.1", f"--secure-port={free_port()}"),
        ],
        "kwok": [
            *(str(binaries / "kwok"), f"--kubeconfig={server.admin}", f"--config={_STAGES}"),
            *("--manage-all-nodes=true", "--node-lease-duration-seconds=40"),
            f"--server-address=127.0.0.1:{free_port()}",
        ],
    }


def _scheduler(server: ApiServer) -> dict[str, object]:
    return {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "leaderElection": {"leaderElect": False},
        "clientConnection": {
            "kubeconfig": str(server.admin),
            "qps": _REQUESTS_PER_S,
            "burst": _REQUESTS_PER_S,
        },
    }
