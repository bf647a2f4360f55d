"""On a real API server: kubectl and Helm wait for the change itself, and end when it is stuck."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hack.go_programs import GoProgramsMissingError, programs
from nemo_voice_operator.clients.api_server import KubernetesCluster
from nemo_voice_operator.kube.kinds import DEPLOYMENT, POD, VOICE_SERVICE
from support.kubernetes.api_server import ApiServer
from support.kubernetes.argocd import argocd_health_of
from support.kubernetes.kstatus import kstatus_of
from support.not_run import not_run
from support.operator.operating import SteppedOperator, connected, create_demo, found
from support.waiting import until

MERGE = {"Content-Type": "application/merge-patch+json"}
NEXT = "registry.example/next:2"
WAIT = ("wait", "voice/narrator", "--for=condition=Reconciling=False", "--timeout=60s")


@pytest.fixture(scope="module")
def binaries() -> Path:
    """Where kubectl and Helm are; a skip that says why there are none."""
    try:
        return programs("kubectl", "helm")
    except GoProgramsMissingError as reason:
        not_run(f"NOT RUN: what waits with kubectl and Helm: {reason}")


def patch(server: ApiServer, path: str, body: Any) -> None:
    server.http.patch(path, json=body, headers=MERGE).raise_for_status()


@contextmanager
def started(
    server: ApiServer, namespace: str, command: Path, *words: str
) -> Iterator[subprocess.Popen[str]]:
    """Yields a running program that uses this namespace of the API server."""
    environment = {"PATH": os.environ["PATH"], "KUBECONFIG": str(server.admin), "HOME": "/nowhere"}
    with subprocess.Popen(
        [str(command), *words, "--namespace", namespace],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def succeeds(process: subprocess.Popen[str]) -> None:
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said


def still_waits(process: subprocess.Popen[str], seconds: float) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(seconds)


def pods_of_deployment(server: ApiServer, namespace: str, *ready: bool) -> None:
    """Plays kubelet and controllers: pods of the newest template, the Deployment's status."""
    deployment = found(server, DEPLOYMENT, namespace, "narrator")
    assert deployment is not None
    template = deployment["spec"]["template"]
    for number, is_ready in enumerate(ready):
        name = f"narrator-{deployment['metadata']['generation']}-{number}"
        metadata = {"name": name, "labels": template["metadata"]["labels"]}
        if found(server, POD, namespace, name) is None:
            server.send(
                "POST", POD.path(namespace), {"metadata": metadata, "spec": template["spec"]}
            )
        shown = {"type": "Ready", "status": str(is_ready)}
        patch(server, f"{POD.path(namespace, name)}/status", {"status": {"conditions": [shown]}})
    counts = {"replicas": len(ready), "updatedReplicas": len(ready), "readyReplicas": sum(ready)}
    status = {**counts, "observedGeneration": deployment["metadata"]["generation"]}
    patch(server, f"{DEPLOYMENT.path(namespace, 'narrator')}/status", {"status": status})


def voice(server: ApiServer, namespace: str) -> dict[str, Any]:
    thing = found(server, VOICE_SERVICE, namespace, "narrator")
    assert thing is not None
    return thing


async def serving(server: ApiServer, namespace: str, stepped: SteppedOperator) -> None:
    """Lets the demo serve."""
    create_demo(server, namespace)
    await stepped.settle()
    pods_of_deployment(server, namespace, True)
    await stepped.settle()


async def test_kubectl_waits_from_the_change_until_it_is_rolled_out(
    defined: ApiServer, namespace: str, binaries: Path
) -> None:
    kubectl = binaries / "kubectl"
    async with connected(defined.admin) as client:
        stepped = SteppedOperator(KubernetesCluster(client), namespace)
        await serving(defined, namespace, stepped)
        with started(defined, namespace, kubectl, *WAIT) as done:
            succeeds(done)  # nothing is under way
        patch(defined, VOICE_SERVICE.path(namespace, "narrator"), {"spec": {"image": NEXT}})
        with started(defined, namespace, kubectl, *WAIT) as waiting:
            still_waits(waiting, 2)  # the operator has not seen it: the status is of the last one
            await stepped.settle()
            assert voice(defined, namespace)["status"]["reason"] == "RollingOut"
            still_waits(waiting, 1)
            pods_of_deployment(defined, namespace, True)
            await stepped.settle()
            succeeds(waiting)
        assert voice(defined, namespace)["status"]["reason"] == "Serving"


async def test_voice_service_that_nobody_has_seen_is_in_progress_for_all(
    defined: ApiServer, namespace: str
) -> None:
    create_demo(defined, namespace)
    fresh = voice(defined, namespace)
    assert kstatus_of(fresh) == ("InProgress", "LatestGenerationNotObserved")
    assert argocd_health_of(fresh)[0] == "Progressing"


async def test_stuck_change_is_stalled_before_it_is_reconciling(
    defined: ApiServer, namespace: str
) -> None:
    async with connected(defined.admin) as client:
        stepped = SteppedOperator(KubernetesCluster(client), namespace)
        await serving(defined, namespace, stepped)
        patch(defined, VOICE_SERVICE.path(namespace, "narrator"), {"spec": {"image": NEXT}})
        await stepped.settle()
        pods_of_deployment(defined, namespace, False)
        name = next(
            one["metadata"]["name"]
            for one in await stepped.cluster.list(POD, namespace)
            if one["spec"]["containers"][0]["image"] == NEXT
        )
        state = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}
        container = {"name": "serve", "image": NEXT, "imageID": "", "ready": False, "state": state}
        body = {"status": {"containerStatuses": [{**container, "restartCount": 0}]}}
        patch(defined, f"{POD.path(namespace, name)}/status", body)
        await stepped.settle()
        stuck = voice(defined, namespace)
        assert stuck["status"]["reason"] == "ImagePullBackOff"
        assert kstatus_of(stuck) == ("Failed", "ImagePullBackOff")
        assert argocd_health_of(stuck)[0] == "Degraded"


CHART = """
apiVersion: v2
name: waiting
version: 0.0.0
"""
VOICE = """
apiVersion: nemo-voice.dev/v1alpha1
kind: VoiceService
metadata: {name: narrator}
spec: {task: stt, model: {source: demo}, gpu: {count: 0}}
"""


async def test_helm_waits_until_it_serves(
    defined: ApiServer, namespace: str, binaries: Path, tmp_path: Path
) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text(CHART)
    (tmp_path / "templates" / "voice.yaml").write_text(VOICE)
    words = ("install", "waiting", str(tmp_path), "--wait", "--timeout", "60s")
    async with connected(defined.admin) as client:
        stepped = SteppedOperator(KubernetesCluster(client), namespace)
        with started(defined, namespace, binaries / "helm", *words) as helm:
            until(
                "the VoiceService",
                lambda: found(defined, VOICE_SERVICE, namespace, "narrator"),
                60,
            )
            still_waits(helm, 2)  # nobody has seen it
            await stepped.settle()
            pods_of_deployment(defined, namespace, True)
            await stepped.settle()
            succeeds(helm)
