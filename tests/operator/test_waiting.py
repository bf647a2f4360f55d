"""On a real API server: the Events of what waits, written as kubelet and controllers write them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from nemo_voice_operator.clients.api_server import KubernetesCluster
from nemo_voice_operator.kube.kinds import CLAIM, DEPLOYMENT, JOB, POD, VOICE_SERVICE
from nemo_voice_operator.kube.objects import Object
from support.kubernetes.api_server import ApiServer
from support.operator.operating import (
    SteppedOperator,
    connected,
    create_demo,
    found,
    grant,
    operator_process,
)
from support.waiting import until

MISSING = 'MountVolume.SetUp failed for volume "keys" : secret "speech-keys" not found'
KEYS: dict[str, Any] = {"auth": {"keysSecretRef": {"name": "speech-keys"}}}
PARAKEET: dict[str, Any] = {"model": {"source": "nvidia/parakeet-tdt-1.1b"}}


def write_event(server: ApiServer, thing: Object, reason: str, note: str) -> None:
    """Writes a core Event, as Kubernetes' own components do."""
    metadata = thing["metadata"]
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    event = {
        "metadata": {"generateName": f"{metadata['name']}.", "namespace": metadata["namespace"]},
        "involvedObject": {
            "apiVersion": thing["apiVersion"],
            "kind": thing["kind"],
            **{key: metadata[key] for key in ("name", "namespace", "uid")},
        },
        "type": "Warning",
        "reason": reason,
        "message": note,
        "source": {"component": "kubelet"},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
    server.send("POST", f"/api/v1/namespaces/{metadata['namespace']}/events", event)


def make_pod(server: ApiServer, namespace: str) -> dict[str, Any]:
    """Makes the Deployment's pod, which waits for the kubelet."""
    deployment = found(server, DEPLOYMENT, namespace, "narrator")
    assert deployment is not None
    template = deployment["spec"]["template"]
    metadata = {"name": "narrator-1", "labels": template["metadata"]["labels"]}
    made = server.send(
        "POST", POD.path(namespace), {"metadata": metadata, "spec": template["spec"]}
    )
    return {"apiVersion": "v1", "kind": "Pod", **made}


def condition(server: ApiServer, namespace: str, kind: str) -> dict[str, str]:
    voice = found(server, VOICE_SERVICE, namespace, "narrator") or {}
    conditions = voice.get("status", {}).get("conditions", ())
    return next((one for one in conditions if one["type"] == kind), {"reason": ""})


@pytest.mark.parametrize("cluster_wide", [False, True], ids=["namespaced", "cluster-wide"])
def test_missing_secret_is_named_within_ten_seconds(
    defined: ApiServer, namespace: str, tmp_path: Path, cluster_wide: bool
) -> None:
    kubeconfig = grant(defined, namespace, cluster_wide=cluster_wide)
    watched = {} if cluster_wide else {"watched": namespace}
    with operator_process(kubeconfig, tmp_path / "log", namespace=namespace, **watched):
        create_demo(defined, namespace, **KEYS)
        until("the Deployment", lambda: found(defined, DEPLOYMENT, namespace, "narrator"))
        write_event(defined, make_pod(defined, namespace), "FailedMount", MISSING)
        seconds = until(
            "the reason",
            lambda: condition(defined, namespace, "Degraded")["reason"] == "FailedMount",
        )
    assert condition(defined, namespace, "Degraded")["message"] == f"pod narrator-1: {MISSING}"
    assert seconds < 10
    assert defined.denials(f"system:serviceaccount:{namespace}:operator") == []


async def test_events_of_another_object_are_not_told(defined: ApiServer, namespace: str) -> None:
    create_demo(defined, namespace, **KEYS)
    async with connected(defined.admin) as client:
        cluster = KubernetesCluster(client)
        stepped = SteppedOperator(cluster, namespace)
        await stepped.settle()
        pod = make_pod(defined, namespace)
        write_event(defined, pod, "FailedMount", MISSING)
        other = {**pod, "metadata": {**pod["metadata"], "uid": "of-the-pod-before"}}
        write_event(defined, other, "FailedMount", "of another pod of this name")
        assert [one["note"] for one in await cluster.events_of(pod)] == [MISSING]


async def test_storage_class_and_service_account_that_are_missing_are_named(
    defined: ApiServer, namespace: str
) -> None:
    create_demo(defined, namespace, **PARAKEET)
    async with connected(defined.admin) as client:
        cluster = KubernetesCluster(client)
        stepped = SteppedOperator(cluster, namespace)
        stepped.reconciler.now = lambda: datetime.now(UTC).replace(year=2100)  # all is old
        await stepped.settle()
        [job] = await cluster.list(JOB, namespace)
        words = 'Error creating: pods "x-abcde" is forbidden: serviceaccount "reader" not found'
        write_event(defined, job, "FailedCreate", words)
        await stepped.settle()
        assert (
            'serviceaccount "reader" not found' in condition(defined, namespace, "Ready")["message"]
        )
        [claim] = await cluster.list(CLAIM, namespace)
        write_event(defined, claim, "ProvisioningFailed", 'storageclass "fast" not found')
        await stepped.settle()
        told = condition(defined, namespace, "ModelCached")
        assert told["reason"] == "ProvisioningFailed"
        assert told["message"].endswith('narrator-models: storageclass "fast" not found')
