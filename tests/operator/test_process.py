"""The operator as a process under its own roles: events, leadership, restarts, an orderly end."""

from pathlib import Path

import pytest

from nemo_voice_operator.kube.kinds import DEPLOYMENT, SERVICE, VOICE_SERVICE
from support.kubernetes.api_server import ApiServer
from support.kubernetes.definitions import VOICE_SERVICES
from support.operator.operating import create_demo, found, grant, operator_process
from support.waiting import until


@pytest.mark.parametrize("cluster_wide", [False, True], ids=["namespaced", "cluster-wide"])
def test_operator_works_with_exactly_its_roles(
    defined: ApiServer, namespace: str, tmp_path: Path, cluster_wide: bool
) -> None:
    kubeconfig = grant(defined, namespace, cluster_wide=cluster_wide)
    watched = {} if cluster_wide else {"watched": namespace}
    log = tmp_path / "operator.log"
    with operator_process(kubeconfig, log, namespace=namespace, **watched) as process:
        create_demo(defined, namespace)
        until("the Deployment", lambda: found(defined, DEPLOYMENT, namespace, "narrator"))
        until("the status", lambda: _phase(defined, namespace) == "Pending")
        path = f"{VOICE_SERVICES.format(namespace=namespace)}/narrator"
        scale = defined.send("GET", f"{path}/scale")
        defined.send("PUT", f"{path}/scale", {**scale, "spec": {"replicas": 2}})
        until("the new count", lambda: _replicas(defined, namespace) == 2)
        defined.send("DELETE", SERVICE.path(namespace, "narrator"))
        until("the Service again", lambda: found(defined, SERVICE, namespace, "narrator"))
    assert process.returncode == 0, log.read_text()
    user = f"system:serviceaccount:{namespace}:operator"
    assert defined.requests(user), "it was seen by the API server"
    assert defined.denials(user) == []
    assert "Traceback" not in log.read_text()


def test_another_replica_takes_over_when_the_leader_dies(
    defined: ApiServer, namespace: str, tmp_path: Path
) -> None:
    kubeconfig = grant(defined, namespace, cluster_wide=False)
    settings = {"namespace": namespace, "watched": namespace, "lease_s": "5"}
    with (
        operator_process(kubeconfig, tmp_path / "1.log", identity="one", **settings) as first,
    ):
        until("the first one's lead", lambda: _leads(tmp_path / "1.log"))
        with operator_process(kubeconfig, tmp_path / "2.log", identity="two", **settings):
            first.kill()
            create_demo(defined, namespace)
            seconds = until(
                "the Deployment", lambda: found(defined, DEPLOYMENT, namespace, "narrator")
            )
            assert _leads(tmp_path / "2.log")
            assert seconds < 30


def test_operator_continues_after_an_api_server_outage(
    defined: ApiServer, namespace: str, tmp_path: Path
) -> None:
    kubeconfig = grant(defined, namespace, cluster_wide=False)
    log = tmp_path / "operator.log"
    settings = {"namespace": namespace, "watched": namespace, "lease_s": "60"}
    with operator_process(kubeconfig, log, **settings) as process:
        until("its lead", lambda: _leads(log))
        create_demo(defined, namespace)
        until("the Deployment", lambda: found(defined, DEPLOYMENT, namespace, "narrator"))
        defined.restart()
        create_demo(defined, namespace, "reader")
        until("the second one", lambda: found(defined, DEPLOYMENT, namespace, "reader"))
        assert process.poll() is None


def _leads(log: Path) -> bool:
    return log.exists() and '"message": "became leader"' in log.read_text()


def _phase(server: ApiServer, namespace: str) -> str | None:
    resource = found(server, VOICE_SERVICE, namespace, "narrator") or {}
    phase: str | None = resource.get("status", {}).get("phase")
    return phase


def _replicas(server: ApiServer, namespace: str) -> int:
    deployment = found(server, DEPLOYMENT, namespace, "narrator") or {"spec": {"replicas": 0}}
    replicas: int = deployment["spec"]["replicas"]
    return replicas
