"""Objects as the API server returns them: pods, Deployments, Jobs of a VoiceService."""

import json
from collections.abc import Mapping
from typing import Any

from nemo_voice_operator.desired.names import labels_of
from nemo_voice_operator.state.observed import Observed
from nemo_voice_operator.state.pod_reports import PodPhase, PodReadiness
from support.operator.voice_services import voice_service

NOW = "2026-01-01T12:00:00Z"
COMMIT, SHA256 = "c" * 40, "d" * 64
CREATED = "2026-01-01T00:00:00Z"
LOADING = PodReadiness(PodPhase.LOADING, None, ready=False)
WARMING = PodReadiness(PodPhase.WARMING, "batch of 8", ready=False)


def condition(kind: str, status: str = "True", **more: str) -> dict[str, str]:
    """Returns a condition of an object."""
    return {"type": kind, "status": status, **more}


def pod(
    name: str = "narrator-0", *, ready: bool = False, leaving: bool = False, **status: Any
) -> dict[str, Any]:
    """Returns a serving pod of the VoiceService `narrator`."""
    metadata: dict[str, Any] = {
        "name": name,
        "namespace": "speech",
        "uid": f"uid-of-{name}",
        "resourceVersion": "1",
        "creationTimestamp": CREATED,
        "labels": labels_of(voice_service()),
    }
    if leaving:
        metadata["deletionTimestamp"] = CREATED
    conditions = [condition("Ready", str(ready))]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "status": {"conditions": conditions, **status},
    }


def unschedulable(name: str = "narrator-0", message: str = "no node is free") -> dict[str, Any]:
    """Returns a pod that no node can take."""
    reported = condition("PodScheduled", "False", reason="Unschedulable", message=message)
    return pod(name, conditions=[reported])


def waiting(reason: str, message: str = "", *, last: Any = None) -> dict[str, Any]:
    """Returns a pod whose container waits."""
    state = {"waiting": {"reason": reason, "message": message}}
    return pod(containerStatuses=[{"state": state, "lastState": {"terminated": last or {}}}])


def event(
    reason: str, note: str, *, at: str = NOW, of: str = "uid-of-narrator-0", kind: str = "Warning"
) -> dict[str, Any]:
    """Returns an Event as the API server shows one of the kubelet's, by default of a pod."""
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": f"{reason}-{at}", "namespace": "speech", "creationTimestamp": at},
        "type": kind,
        "reason": reason,
        "note": note,
        "regarding": {"uid": of},
        "deprecatedLastTimestamp": at,
    }


def deployment(
    replicas: int = 1, *, ready: int | None = None, image: str = "good:1", **status: Any
) -> dict[str, Any]:
    """Returns the Deployment, with all or some of its replicas new and ready."""
    there = replicas if ready is None else ready
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas"), there)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "narrator",
            "namespace": "speech",
            "uid": "uid-of-deployment",
            "generation": 1,
            "resourceVersion": "1",
            "labels": labels_of(voice_service()),
        },
        "spec": {"replicas": replicas, "template": template(image)},
        "status": {**counts, "observedGeneration": 1, **status},
    }


def template(image: str = "good:1") -> dict[str, Any]:
    """Returns a pod template."""
    return {"metadata": {"labels": {}}, "spec": {"containers": [{"image": image}]}}


def job(*conditions: Mapping[str, str], **metadata: Any) -> dict[str, Any]:
    """Returns a cache Job."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "fetch", "namespace": "speech", "uid": "uid-of-job", **metadata},
        "spec": {},
        "status": {"conditions": list(conditions)},
    }


def job_pod(
    result: object = None, *, created: str = CREATED, message: str | None = None
) -> dict[str, Any]:
    """Returns a pod of a cache Job that ended and left this behind."""
    sent = json.dumps(result) if message is None else message
    ended = {"state": {"terminated": {"exitCode": 0, "message": sent}}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "fetch-x", "namespace": "speech", "creationTimestamp": created},
        "status": {"containerStatuses": [ended]},
    }


def checkpoint(role: str = "model", **change: Any) -> dict[str, Any]:
    """Returns what `fetch` reports of one checkpoint."""
    reported = {
        "role": role,
        "source": "nvidia/a-model",
        "revision": COMMIT,
        "sha256": SHA256,
        "bytes": 1000,
        "directory": f"a-model@{COMMIT}",
    }
    return {**reported, **change}


def downloaded(*checkpoints: Mapping[str, Any], seconds: object = 7.5) -> Observed:
    """Returns what is seen after a download that succeeded."""
    result = {"checkpoints": list(checkpoints), "seconds": seconds}
    return Observed(job=job(condition("Complete")), job_pods=(job_pod(result),))
