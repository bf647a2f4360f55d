"""On a real API server: a change with a preflight, and names that somebody else's objects have."""

from typing import Any

import pytest

from nemo_voice_operator.clients.api_server import KubernetesCluster
from nemo_voice_operator.errors import NameTaken
from nemo_voice_operator.kube.kinds import (
    CLAIM,
    DEPLOYMENT,
    DISRUPTION_BUDGET,
    JOB,
    POD,
    SERVICE,
    VOICE_SERVICE,
)
from support.kubernetes.api_server import ApiServer
from support.operator.operating import SteppedOperator, connected, create_demo, found

REPLACE: dict[str, Any] = {"rollout": {"strategy": "replace"}}
NEXT = "registry.example/next:2"
PARAKEET = {"source": "nvidia/parakeet-tdt-1.1b"}
MERGE = {"Content-Type": "application/merge-patch+json"}


def patch(server: ApiServer, path: str, body: Any) -> None:
    """Changes an object, or its status, as a user or a controller does."""
    server.http.patch(path, json=body, headers=MERGE).raise_for_status()


def roll_out(server: ApiServer, namespace: str) -> None:
    """Plays the Deployment's controller when every pod is ready."""
    deployment = found(server, DEPLOYMENT, namespace, "narrator")
    assert deployment is not None
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 1)
    status = {**counts, "observedGeneration": deployment["metadata"]["generation"]}
    patch(server, f"{DEPLOYMENT.path(namespace, 'narrator')}/status", {"status": status})


def end_preflight(server: ApiServer, namespace: str, job: str, **ended: Any) -> None:
    """Plays the Job's controller when the one pod of the Job has ended."""
    times = {"startTime": "2026-01-01T00:00:00Z"}
    before = "SuccessCriteriaMet" if ended["type"] == "Complete" else "FailureTarget"
    conditions = [
        {"status": "True", "lastTransitionTime": times["startTime"], **ended, "type": kind}
        for kind in (before, ended["type"])
    ]
    counts = {"succeeded": 1, "completionTime": times["startTime"]}
    more = counts if ended["type"] == "Complete" else {"failed": 1}
    status = {**times, **more, "conditions": conditions, "uncountedTerminatedPods": {}}
    patch(server, f"{JOB.path(namespace, job)}/status", {"status": status})


def image_of(server: ApiServer, namespace: str) -> str:
    deployment = found(server, DEPLOYMENT, namespace, "narrator")
    assert deployment is not None
    return str(deployment["spec"]["template"]["spec"]["containers"][0]["image"])


def conditions_of(server: ApiServer, namespace: str) -> dict[str, tuple[str, str]]:
    voice = found(server, VOICE_SERVICE, namespace, "narrator")
    assert voice is not None
    return {one["type"]: (one["status"], one["reason"]) for one in voice["status"]["conditions"]}


async def changed(server: ApiServer, namespace: str, stepped: SteppedOperator) -> str:
    """Lets the demo serve, then changes its image; returns the name of its preflight Job."""
    create_demo(server, namespace, **REPLACE)
    await stepped.settle()
    roll_out(server, namespace)
    await stepped.settle()
    path = VOICE_SERVICE.path(namespace, "narrator")
    patch(server, path, {"spec": {"image": NEXT}})
    await stepped.settle()
    [job] = await stepped.cluster.list(JOB, namespace)
    return str(job["metadata"]["name"])


async def test_serving_pod_is_replaced_only_after_a_preflight(
    defined: ApiServer, namespace: str
) -> None:
    async with connected(defined.admin) as client:
        stepped = SteppedOperator(KubernetesCluster(client), namespace)
        job = await changed(defined, namespace, stepped)
        assert image_of(defined, namespace) != NEXT
        assert conditions_of(defined, namespace)["Reconciling"] == ("True", "Preflight")
        end_preflight(defined, namespace, job, type="Complete")
        await stepped.settle()
        assert image_of(defined, namespace) == NEXT
        assert found(defined, JOB, namespace, job) is None


async def test_restarted_operator_knows_the_result_of_a_preflight(
    defined: ApiServer, namespace: str
) -> None:
    async with connected(defined.admin) as client:
        job = await changed(
            defined, namespace, SteppedOperator(KubernetesCluster(client), namespace)
        )
        fresh = SteppedOperator(KubernetesCluster(client), namespace)
        await fresh.settle()
        assert image_of(defined, namespace) != NEXT
        failed = {"reason": "BackoffLimitExceeded", "message": "once is enough"}
        end_preflight(defined, namespace, job, type="Failed", **failed)
        await SteppedOperator(KubernetesCluster(client), namespace).relist()
        await fresh.settle()
        assert image_of(defined, namespace) != NEXT


async def test_preflight_pod_is_not_part_of_the_service(defined: ApiServer, namespace: str) -> None:
    async with connected(defined.admin) as client:
        stepped = SteppedOperator(KubernetesCluster(client), namespace)
        name = await changed(defined, namespace, stepped)
        job = found(defined, JOB, namespace, name)
        assert job is not None
        template = job["spec"]["template"]
        metadata = {"name": "preflight-1", "labels": template["metadata"]["labels"]}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
        defined.send("POST", POD.path(namespace), pod)
        service = found(defined, SERVICE, namespace, "narrator")
        assert service is not None
        selector = ",".join(f"{k}={v}" for k, v in service["spec"]["selector"].items())
        assert await stepped.cluster.list(POD, namespace, selector) == []


FOREIGN: list[tuple[Any, str, dict[str, Any], dict[str, Any]]] = [
    (SERVICE, "narrator", {"ports": [{"port": 80}], "selector": {"app": "web"}}, {}),
    (
        CLAIM,
        "narrator-models",
        {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        {"model": PARAKEET},
    ),
    (SERVICE, "narrator", {"ports": [{"name": "http", "port": 5001}]}, {}),
    (DISRUPTION_BUDGET, "narrator", {"maxUnavailable": 1}, {}),
    (
        DEPLOYMENT,
        "narrator",
        {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "web"}]},
            },
        },
        {},
    ),
]
FOREIGN_IDS = ("Service", "claim", "Service without pods", "budget without pods", "Deployment")


@pytest.mark.parametrize(("kind", "name", "spec", "spec_fields"), FOREIGN, ids=FOREIGN_IDS)
async def test_object_of_somebody_else_is_reported_and_never_touched(
    defined: ApiServer,
    namespace: str,
    kind: Any,
    name: str,
    spec: dict[str, Any],
    spec_fields: dict[str, Any],
) -> None:
    body = {"metadata": {"name": name}, "spec": spec}
    made = defined.send("POST", kind.path(namespace), body)
    create_demo(defined, namespace, **spec_fields)
    async with connected(defined.admin) as client:
        stepped = SteppedOperator(KubernetesCluster(client), namespace)
        with pytest.raises(NameTaken, match=f"{name} is somebody else's"):
            await stepped.settle()
        after = found(defined, kind, namespace, name)
        assert after is not None
        assert after["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]
        assert conditions_of(defined, namespace)["Degraded"] == ("True", "NameTaken")
        defined.send("DELETE", kind.path(namespace, name))
        # A claim that pods may use has a finalizer, which no controller takes away here.
        patch_finalizers(defined, kind.path(namespace, name))
        fresh = SteppedOperator(KubernetesCluster(client), namespace)
        await fresh.settle()
        assert conditions_of(defined, namespace)["Degraded"] == ("False", "AsExpected")


def patch_finalizers(server: ApiServer, path: str) -> None:
    """Takes the finalizers away, where the object is still there."""
    server.http.patch(path, json={"metadata": {"finalizers": None}}, headers=MERGE)
