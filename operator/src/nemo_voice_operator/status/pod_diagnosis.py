"""Diagnoses pods that do not serve, with the reasons of Kubernetes or of the service itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nemo_voice_operator.kube.objects import (
    Object,
    condition_of,
    container_states,
    is_late,
    is_leaving,
    is_over,
    is_ready,
    is_unschedulable,
    why_unscheduled,
)
from nemo_voice_operator.state.observed import Observed
from nemo_voice_operator.state.pod_reports import PodPhase, PodReadiness, PodReports
from nemo_voice_operator.status.container_ends import how_it_ended
from nemo_voice_operator.status.crash_loops import CRASH_LOOP, has_crashed, trial_left_s

UNSCHEDULABLE = "Unschedulable"
_MOST_CHARS = 1000
_STARTING = frozenset({"ContainerCreating", "PodInitializing"})
_NO_IMAGE = "ImagePullBackOff"
_PULL_FAILED = frozenset({"ErrImagePull", "RegistryUnavailable", "SignatureValidationFailed"})
"""Reasons that the kubelet reports in turn with `ImagePullBackOff`, which stands for all."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong with a pod."""

    reason: str
    """Reason in CamelCase: Kubernetes' own where it has one."""
    message: str
    pod: str
    """Its name; empty where it is not a pod that is wrong."""

    def sentence(self) -> str:
        """Returns the message with the pod's name."""
        return f"pod {self.pod}: {self.message}" if self.pod else self.message


def serving_diagnosis(
    observed: Observed, reports: PodReports, wanted: int, now: datetime
) -> Diagnosis | None:
    """Returns what keeps the VoiceService from serving: a pod, or that no pod can be created.

    Args:
        observed: What the cluster holds.
        reports: What the pods report.
        wanted: How many pods there should be.
        now: The time, by which pods that crashed may be trusted again.
    """
    pods = [pod for pod in observed.pods if not is_leaving(pod)]
    doubtful = [
        pod for pod in pods if not is_over(pod) and (not is_ready(pod) or trial_left_s(pod, now))
    ]
    found = first_diagnosis(doubtful, reports.readiness) or _with_creation(observed.deployment)
    if found is None and sum(map(is_ready, pods)) < wanted:
        found = _of_the_ended(pods)
    return found or _with_time(observed.deployment)


def first_diagnosis(
    pods: Iterable[Object], readiness: Mapping[str, PodReadiness] | None = None
) -> Diagnosis | None:
    """Returns what is wrong with the first pod, by name, that something is wrong with."""
    for pod in pods:
        name = str(pod["metadata"]["name"])
        if found := pod_diagnosis(pod, (readiness or {}).get(name)):
            return found
    return None


def pod_diagnosis(pod: Object, readiness: PodReadiness | None = None) -> Diagnosis | None:
    """Returns what is wrong with a pod; being slow is nothing wrong."""
    name, status = str(pod["metadata"]["name"]), pod.get("status", {})
    if is_unschedulable(pod):
        return Diagnosis(UNSCHEDULABLE, why_unscheduled(pod), name)
    if status.get("phase") == "Failed" and status.get("reason"):
        # Its node ended it: how its containers ended then is not the cause.
        return Diagnosis(status["reason"], status.get("message", ""), name)
    has_failed = readiness is not None and readiness.phase is PodPhase.FAILED
    reported = (readiness.reason or "") if readiness is not None and has_failed else ""
    for container in container_states(pod):
        if has_crashed(pod, container):
            return Diagnosis(CRASH_LOOP, reported or how_it_ended(pod, container), name)
        if not has_failed and (found := _of_container(pod, container)):
            return found
    if has_failed:
        return Diagnosis("ModelFailed", reported, name)
    return Diagnosis("PodFailed", "", name) if status.get("phase") == "Failed" else None


def _with_creation(deployment: Object | None) -> Diagnosis | None:
    """Returns why the API server refuses to create pods, if it does."""
    failure = condition_of(deployment, "ReplicaFailure") or {}
    if failure.get("status") != "True":
        return None
    return Diagnosis(failure.get("reason", "FailedCreate"), failure.get("message", ""), "")


def _with_time(deployment: Object | None) -> Diagnosis | None:
    """Returns that pods take too long to become ready, though no other reason is known.

    A Secret or a volume that cannot be mounted is reported by Events alone.
    """
    if not is_late(deployment):
        return None
    progressing = condition_of(deployment, "Progressing") or {}
    hint = "the Events of its pods say what they wait for: a Secret or a volume, perhaps"
    return Diagnosis(progressing["reason"], f"{progressing.get('message', '')} ({hint})", "")


def _of_the_ended(pods: Sequence[Object]) -> Diagnosis | None:
    """Returns what ended a pod that has no ready successor yet.

    Pods that their node ended stay in the cluster long after others replaced them.
    """
    began = [str(pod["metadata"].get("creationTimestamp", "")) for pod in pods if is_ready(pod)]
    newest = max(began, default="")
    return first_diagnosis(
        pod
        for pod in pods
        if is_over(pod) and str(pod["metadata"].get("creationTimestamp", "")) >= newest
    )


def _of_container(pod: Object, container: Mapping[str, Any]) -> Diagnosis | None:
    name = str(pod["metadata"]["name"])
    state = container.get("state", {})
    waiting = state.get("waiting") or {}
    reason = waiting.get("reason", "")
    if reason and reason not in _STARTING:
        steady = _NO_IMAGE if reason in _PULL_FAILED else reason
        return Diagnosis(steady, waiting.get("message", "")[:_MOST_CHARS], name)
    ended = state.get("terminated") or {}
    if ended.get("exitCode"):
        return Diagnosis(ended.get("reason", "Error"), how_it_ended(pod, container), name)
    return None
