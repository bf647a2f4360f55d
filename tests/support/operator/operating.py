"""The operator on a real API server: single reconciles in this process, or a whole process."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration

from nemo_voice_operator.clients.api_server import KubernetesCluster
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.controller.reconcile import Reconciler
from nemo_voice_operator.kube.kinds import WATCHED, Kind
from nemo_voice_operator.kube.objects import Key
from nemo_voice_operator.kube.rbac import other_rules, own_rules, rules
from nemo_voice_operator.settings import OperatorSettings
from support.kubernetes.api_server import ApiServer
from support.kubernetes.definitions import VOICE_SERVICES
from support.operator.fake_cluster import FakePods

OPERATOR_DEPLOYMENT = "operator"
"""The Deployment that a granted operator may read, to make it the owner of its Lease."""


@asynccontextmanager
async def connected(kubeconfig: Path) -> AsyncIterator[ApiClient]:
    """Yields a client of the cluster that the kubeconfig names."""
    configuration = Configuration()
    await config.load_kube_config(  # type: ignore[no-untyped-call]
        str(kubeconfig), client_configuration=configuration
    )
    async with ApiClient(configuration) as client:
        yield client


class SteppedOperator:
    """An operator just started, which lists the cluster and reconciles when a test calls it."""

    def __init__(self, cluster: KubernetesCluster, namespace: str) -> None:
        self.cluster, self.namespace = cluster, namespace
        self.object_cache = ObjectCache()
        self.reconciler = Reconciler(
            object_cache=self.object_cache,
            cluster=cluster,
            readiness_client=FakePods(),
            settings=OperatorSettings(),
            reporter="test",
        )

    async def relist(self) -> None:
        """Lists what is there."""
        for kind in WATCHED:
            for thing in await self.cluster.list(kind, self.namespace):
                self.object_cache.put(thing)

    async def settle(self, name: str = "narrator") -> None:
        """Reconciles until two in a row leave every version as it was.

        Raises:
            AssertionError: They never do.
        """
        for _ in range(6):
            before = await self.versions()
            await self.relist()
            await self.reconciler.reconcile(Key(self.namespace, name))
            if await self.versions() == before:
                return
        raise AssertionError("the operator keeps writing")

    async def versions(self) -> dict[tuple[str, str], str]:
        """Returns the resource version of every object that the operator may write."""
        found = {}
        for kind in WATCHED:
            for thing in await self.cluster.list(kind, self.namespace):
                metadata = thing["metadata"]
                found[kind.name, metadata["name"]] = metadata["resourceVersion"]
        return found

    async def contents(self) -> dict[tuple[str, str], Any]:
        """Returns the objects' specs and labels, without what differs between two equal ones."""
        found = {}
        for kind in WATCHED:
            for thing in await self.cluster.list(kind, self.namespace):
                found[kind.name, thing["metadata"]["name"]] = _comparable(thing)
        return found


def _comparable(thing: Mapping[str, Any]) -> Any:
    """Returns an object's spec and labels without what the API server draws for each anew."""
    spec = {key: value for key, value in thing.get("spec", {}).items() if "clusterIP" not in key}
    reported = json.dumps({"labels": thing["metadata"].get("labels"), "spec": spec}, sort_keys=True)
    return json.loads(reported.replace(thing["metadata"]["uid"], "its uid"))


def grant(
    server: ApiServer, namespace: str, *, cluster_wide: bool, reads_leases: bool = True
) -> Path:
    """Returns the kubeconfig of a service account that may do what the operator's roles say.

    Args:
        server: Where it may do so.
        namespace: The operator's own.
        cluster_wide: Whether it manages all namespaces, or its own alone.
        reads_leases: Whether it may read the Leases of other operators.
    """
    account = server.service_account(namespace, "operator")
    subject = {"kind": "ServiceAccount", "name": "operator", "namespace": namespace}
    scope = "" if cluster_wide else f"/namespaces/{namespace}"
    kind = "ClusterRole" if cluster_wide else "Role"
    _bind(server, scope, kind, f"operator-{namespace}", rules(), subject)
    own = own_rules(OPERATOR_DEPLOYMENT)
    _bind(server, f"/namespaces/{namespace}", "Role", "operator-lease", own, subject)
    if reads_leases:
        _bind(server, "", "ClusterRole", f"operator-{namespace}-others", other_rules(), subject)
    return account


def _bind(
    server: ApiServer, scope: str, kind: str, name: str, allowed: Any, subject: Mapping[str, str]
) -> None:
    root = f"/apis/rbac.authorization.k8s.io/v1{scope}"
    plural = f"{kind.lower()}s"
    server.send("POST", f"{root}/{plural}", {"metadata": {"name": name}, "rules": allowed})
    binding = {
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
        "subjects": [subject],
    }
    server.send("POST", f"{root}/{kind.lower()}bindings", binding)


@contextmanager
def operator_process(
    kubeconfig: Path, log: Path, **settings: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Yields a running operator; it gets SIGTERM after the block, SIGKILL if it stays."""
    environment = {name: value for name, value in os.environ.items() if "KUBERNETES" not in name}
    environment |= {"KUBECONFIG": str(kubeconfig), "NEMO_VOICE_OPERATOR_METRICS_PORT": "0"}
    environment["NEMO_VOICE_OPERATOR_HEALTH_PORT"] = "0"
    environment |= {f"NEMO_VOICE_OPERATOR_{name.upper()}": text for name, text in settings.items()}
    command = [sys.executable, "-m", "nemo_voice_operator", "run"]
    with log.open("ab") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def found(server: ApiServer, kind: Kind, namespace: str, name: str) -> dict[str, Any] | None:
    """Returns an object, if it is there."""
    response = server.http.get(kind.path(namespace, name))
    if response.status_code == httpx.codes.NOT_FOUND:
        return None
    thing: dict[str, Any] = response.raise_for_status().json()
    return thing


def create_demo(server: ApiServer, namespace: str, name: str = "narrator", **spec: Any) -> None:
    """Creates a VoiceService, of the demo unless the fields of its spec say otherwise."""
    body = {
        "apiVersion": "nemo-voice.dev/v1alpha1",
        "kind": "VoiceService",
        "metadata": {"name": name},
        "spec": {"task": "stt", "model": {"source": "demo"}, "gpu": {"count": 0}, **spec},
    }
    server.send("POST", VOICE_SERVICES.format(namespace=namespace), body)
