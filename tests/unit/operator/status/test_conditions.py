"""Stalled, Reconciling and the status' reason, as kubectl, Flux, Helm and Argo CD read them."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.planning.planning import plan_of
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.observed import Observed
from nemo_voice_operator.state.pod_reports import PodReports
from nemo_voice_operator.status.pod_diagnosis import Diagnosis
from nemo_voice_operator.status.status import status_of
from support.kubernetes.argocd import argocd_health_of
from support.kubernetes.kstatus import kstatus_of
from support.operator.observations import (
    NOW,
    condition,
    deployment,
    job,
    job_pod,
    pod,
    unschedulable,
    waiting,
)
from support.operator.voice_services import resolved, voice_service

HUB: dict[str, Any] = {"model": {"source": "nvidia/a-model"}, "task": "stt"}
FAILED_TRY = job_pod({"error": {"reason": "HubUnauthorized", "message": "a token is wanted"}})
OLD_SERVES = Observed(deployment=deployment(), pods=(pod(ready=True),))
LATE = condition("Progressing", "False", reason="ProgressDeadlineExceeded")


@dataclass(frozen=True, slots=True)
class Told:
    """What everybody reads from one status."""

    stalled: str
    reconciling: str
    reason: str
    kstatus: tuple[str, str]
    argocd: str


def told(service: VoiceService, observed: Observed, refusal: Diagnosis | None = None) -> Told:
    known = resolved(service)
    plan = plan_of(known, observed, OperatorSettings())
    status = status_of(known, plan, observed, PodReports(), now=NOW, refusal=refusal)
    dumped = status.model_dump(mode="json", by_alias=True, exclude_none=True)
    thing = {"metadata": {"generation": service.metadata.generation}, "status": dumped}
    found = {one.type: f"{one.status} {one.reason}" for one in status.conditions}
    health, _ = argocd_health_of(thing)
    reason = status.reason or ""
    return Told(found["Stalled"], found["Reconciling"], reason, kstatus_of(thing), health)


def rolling(*pods: dict[str, Any], **status: Any) -> Observed:
    """What is seen while the Deployment replaces one pod by another."""
    seen = deployment()
    counts = {"replicas": 2, "updatedReplicas": 1, "readyReplicas": 1}
    seen["status"] = {**seen["status"], **counts, **status}
    return Observed(deployment=seen, pods=pods)


SETTLED = Told("False AsExpected", "False Settled", "Serving", ("Current", ""), "Healthy")


def going(reason: str, stalled: str = "False AsExpected") -> Told:
    return Told(stalled, f"True {reason}", reason, ("InProgress", reason), "Progressing")


def stuck(reason: str) -> Told:
    return Told(f"True {reason}", f"True {reason}", reason, ("Failed", reason), "Degraded")


def nothing(reason: str) -> Told:
    """Nothing is to serve: kstatus has no word for it and waits for `Ready`."""
    return Told("False AsExpected", f"False {reason}", reason, ("InProgress", reason), "Suspended")


OLD, NEW = pod("narrator-1", ready=True), pod("narrator-2", ready=True)
NO_NODE = unschedulable("narrator-2")
CASES: dict[str, tuple[VoiceService, Observed, Told]] = {
    "it serves": (voice_service(), OLD_SERVES, SETTLED),
    "the controller of Deployments has not seen the change": (
        voice_service(),
        replace(OLD_SERVES, deployment=deployment(observedGeneration=0)),
        going("RollingOut"),
    ),
    "an old pod serves beside the new one": (
        voice_service(),
        rolling(OLD, NEW, readyReplicas=2),
        going("RollingOut"),
    ),
    "the new pod has no image while the old one serves": (
        voice_service(),
        rolling(OLD, waiting("ImagePullBackOff")),
        stuck("ImagePullBackOff"),
    ),
    "the new pod finds no node while the old one serves": (
        voice_service(),
        rolling(OLD, NO_NODE),
        going("Unschedulable", "False Unschedulable"),
    ),
    "the new pod has found no node for too long": (
        voice_service(),
        rolling(OLD, NO_NODE, conditions=[LATE]),
        stuck("Unschedulable"),
    ),
    "the model is not there yet": (voice_service(**HUB), Observed(), going("Pending")),
    "the next model is not there while the last one serves": (
        voice_service(**HUB),
        OLD_SERVES,
        going("Pending"),
    ),
    "the model cannot be had": (
        voice_service(**HUB),
        Observed(job=job(condition("Failed")), job_pods=(FAILED_TRY,)),
        stuck("HubUnauthorized"),
    ),
    "suspended": (voice_service(suspend=True), Observed(), nothing("Suspended")),
    "suspended while pods are being stopped": (
        voice_service(suspend=True),
        OLD_SERVES,
        going("Suspended"),
    ),
    "no replicas": (voice_service(replicas=0), Observed(), nothing("NoReplicas")),
    "no replicas while a pod is being stopped": (
        voice_service(replicas=0),
        OLD_SERVES,
        going("NoReplicas"),
    ),
}


@pytest.mark.parametrize(("service", "seen", "expected"), CASES.values(), ids=CASES)
def test_everybody_reads_whether_this_generation_serves(
    service: VoiceService, seen: Observed, expected: Told
) -> None:
    assert told(service, seen) == expected


def test_reason_of_a_first_start_is_how_far_it_is() -> None:
    assert told(voice_service(), Observed()).reason == "NoPods"
    started = Observed(deployment=deployment(ready=0), pods=(pod(),))
    assert told(voice_service(), started).reason == "Starting"


def test_refused_change_is_stuck_though_every_pod_is_ready() -> None:
    refusal = Diagnosis("ApplyRefused", "unknown field", "")
    assert told(voice_service(), OLD_SERVES, refusal) == stuck("ApplyRefused")
    outage = Diagnosis("ApplyFailed", "a webhook cannot be called", "")
    expected = going("ApplyFailed", "False ApplyFailed")
    assert told(voice_service(), OLD_SERVES, outage) == expected


def test_change_that_nobody_has_seen_is_no_change_that_serves() -> None:
    unseen = {"metadata": {"generation": 1}, "status": {"observedGeneration": -1}}
    assert kstatus_of(unseen) == ("InProgress", "LatestGenerationNotObserved")
    assert argocd_health_of(unseen)[0] == "Progressing"
    later = {"metadata": {"generation": 2}, "status": {"observedGeneration": 1, "conditions": []}}
    assert kstatus_of(later)[0] == "InProgress"
    assert argocd_health_of(later)[0] == "Progressing"


def test_argocd_shows_the_reason_with_its_message() -> None:
    stalled = condition("Stalled", reason="HubUnauthorized", message="a token is wanted")
    metadata, status = {"generation": 1}, {"observedGeneration": 1, "conditions": [stalled]}
    found = argocd_health_of({"metadata": metadata, "status": status})
    assert found == ("Degraded", "HubUnauthorized: a token is wanted")
