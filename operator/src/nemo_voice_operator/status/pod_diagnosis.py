"""Diagnoses pods that do not serve, with the reasons of Kubernetes or of the service itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from nemo_voice_operator.api.pod_parts import OWN_CONTAINERS
from nemo_voice_operator.desired.names import digest_in
from nemo_voice_operator.kube.events import Note, notes_of, steady
from nemo_voice_operator.kube.objects import (
    Object,
    condition_of,
    container_states,
    has_been_ready,
    is_late,
    is_leaving,
    is_over,
    is_ready,
    is_unschedulable,
    moment_of,
    why_unscheduled,
)
from nemo_voice_operator.state.observed import Observed
from nemo_voice_operator.state.pod_reports import PodPhase, PodReadiness, PodReports
from nemo_voice_operator.status.container_ends import how_it_ended
from nemo_voice_operator.status.crash_loops import CRASH_LOOP, has_crashed, trial_left_s
from nemo_voice_operator.status.pod_notes import (
    missing_pull_secret,
    probes_answer,
    why_not_started,
)
from nemo_voice_operator.status.unexplained import has_begun

UNSCHEDULABLE, UNHEALTHY = "Unschedulable", "Unhealthy"
_MOST_CHARS = 1000
_STARTING = frozenset({"ContainerCreating", "PodInitializing"})
_UNREADY_S = 10.0
"""A self-test is repeated within this time; a pod that is stopped has left by then."""
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


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of pods beside their state in the cluster."""

    readiness: Mapping[str, PodReadiness] = field(default_factory=dict)
    """What they report of themselves, by their name."""
    events: Mapping[str, Sequence[Object]] = field(default_factory=dict)
    """Events of those in question, by their uid."""
    now: datetime | None = None
    """None where it is not judged how long something has lasted."""

    def report_of(self, pod: Object) -> PodReadiness | None:
        """Returns what a pod reports of itself."""
        return self.readiness.get(str(pod["metadata"]["name"]))

    def notes_of(self, pod: Object) -> list[Note]:
        """Returns what was said of a pod, the newest last."""
        return notes_of(self.events.get(str(pod["metadata"].get("uid")), ()))


NO_EVIDENCE = Evidence()


def serving_diagnosis(
    observed: Observed, reports: PodReports, wanted: int, now: datetime, *, surges: bool = False
) -> Diagnosis | None:
    """Returns what keeps the VoiceService from serving: a pod, or that no pod can be created.

    Args:
        observed: What the cluster holds.
        reports: What the pods report.
        wanted: How many pods there should be.
        now: The time, by which pods that crashed may be trusted again.
        surges: Whether a change starts its pod beside those that serve.
    """
    pods = [pod for pod in observed.pods if not is_leaving(pod)]
    doubtful = [
        pod for pod in pods if not is_over(pod) and (not is_ready(pod) or trial_left_s(pod, now))
    ]
    evidence = Evidence(reports.readiness, observed.events, now)
    found = first_diagnosis(doubtful, evidence) or _with_creation(observed.deployment)
    if found is not None and surges and found.reason == UNSCHEDULABLE and found.pod:
        found = _with_room(found, pods)
    if found is None and sum(map(is_ready, pods)) < wanted:
        found = _of_the_ended(pods)
    return found or _with_time(observed.deployment)


def _with_room(unschedulable: Diagnosis, pods: Sequence[Object]) -> Diagnosis:
    """Returns the diagnosis with what to do, if the pod is a change's and an older one serves."""
    placeless = [pod for pod in pods if pod["metadata"]["name"] == unschedulable.pod]
    digests = {digest_in(pod) for pod in pods if is_ready(pod)}
    if not digests or any(digest_in(pod) in digests for pod in placeless):
        return unschedulable
    hint = (
        "the changed pod needs its place beside the one that serves: make room for it, "
        "or set rollout.strategy to replace"
    )
    return replace(unschedulable, message=f"{unschedulable.message} ({hint})")


def first_diagnosis(pods: Iterable[Object], evidence: Evidence = NO_EVIDENCE) -> Diagnosis | None:
    """Returns what is wrong with the first pod, by name, that something is wrong with."""
    found = (pod_diagnosis(pod, evidence) for pod in pods)
    return next((one for one in found if one), None)


def pod_diagnosis(pod: Object, evidence: Evidence = NO_EVIDENCE) -> Diagnosis | None:
    """Returns what is wrong with a pod; being slow is nothing wrong."""
    return _of_its_node(pod) or _of_containers(pod, evidence) or _of_the_waiting(pod, evidence)


def _of_its_node(pod: Object) -> Diagnosis | None:
    name, status = str(pod["metadata"]["name"]), pod.get("status", {})
    if is_unschedulable(pod):
        return Diagnosis(UNSCHEDULABLE, why_unscheduled(pod), name)
    if status.get("phase") == "Failed" and status.get("reason"):
        # Its node ended it: how its containers ended then is not the cause.
        return Diagnosis(status["reason"], status.get("message", ""), name)
    return None


def _of_containers(pod: Object, evidence: Evidence) -> Diagnosis | None:
    name, readiness = str(pod["metadata"]["name"]), evidence.report_of(pod)
    notes = evidence.notes_of(pod)
    has_failed = readiness is not None and readiness.phase is PodPhase.FAILED
    reported = (readiness.reason or "") if readiness is not None and has_failed else ""
    for container in container_states(pod):
        if has_crashed(pod, container):
            how = reported or _named(container, how_it_ended(pod, container, notes))
            return Diagnosis(CRASH_LOOP, how, name)
        if not has_failed and (found := _of_container(pod, container, notes)):
            return found
    if has_failed:
        return Diagnosis("ModelFailed", reported, name)
    is_failed = pod.get("status", {}).get("phase") == "Failed"
    return Diagnosis("PodFailed", "", name) if is_failed else None


def _of_the_waiting(pod: Object, evidence: Evidence) -> Diagnosis | None:
    """Returns what a pod waits for, or that it does not respond any more."""
    name, now = str(pod["metadata"]["name"]), evidence.now
    if now is None or is_ready(pod) or is_over(pod):
        return None
    if not has_begun(pod):
        found = why_not_started(pod, evidence.notes_of(pod), now)
        return Diagnosis(found.reason, found.text[:_MOST_CHARS], name) if found else None
    since = (condition_of(pod, "Ready") or {}).get("lastTransitionTime")
    began, report = moment_of(since), evidence.report_of(pod)
    is_new = began is None or (now - began).total_seconds() < _UNREADY_S
    if is_new or not has_been_ready(pod) or (report and report.phase is PodPhase.DRAINING):
        return None
    answer = _answer(report, evidence.notes_of(pod))
    return Diagnosis(UNHEALTHY, f"unready since {since}: {answer}", name)


def _answer(report: PodReadiness | None, notes: Sequence[Note]) -> str:
    """Returns why a pod is unready: in its own words, the kubelet's, or those of the operator."""
    if report is not None and not report.ready:
        # Ready is the phase of a service whose self-test fails, too.
        phase = "" if report.phase is PodPhase.READY else report.phase.capitalize()
        return ": ".join(filter(None, (phase, report.reason))) or "it reports that it is not ready"
    if answer := probes_answer(notes, "readiness"):
        return f"the readiness probe failed: {answer}"
    return "it does not respond to the operator" if report is None else "it reports nothing wrong"


def _with_creation(deployment: Object | None) -> Diagnosis | None:
    """Returns why the API server refuses to create pods, if it does."""
    failure = condition_of(deployment, "ReplicaFailure") or {}
    if failure.get("status") != "True":
        return None
    return Diagnosis(failure.get("reason", "FailedCreate"), steady(failure.get("message", "")), "")


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


def _of_container(
    pod: Object, container: Mapping[str, Any], notes: Sequence[Note]
) -> Diagnosis | None:
    name = str(pod["metadata"]["name"])
    state = container.get("state", {})
    waiting = state.get("waiting") or {}
    reason = waiting.get("reason", "")
    if reason and reason not in _STARTING:
        told = _NO_IMAGE if reason in _PULL_FAILED else reason
        without = missing_pull_secret(notes) if told == _NO_IMAGE else ""
        message = " ".join(filter(None, (without, waiting.get("message", ""))))
        return Diagnosis(told, _named(container, message)[:_MOST_CHARS], name)
    ended = state.get("terminated") or {}
    if ended.get("exitCode"):
        how = _named(container, how_it_ended(pod, container, notes))
        return Diagnosis(ended.get("reason", "Error"), how, name)
    return None


def _named(container: Mapping[str, Any], words: str) -> str:
    """Returns the words with the name of the container, if it is not one of ours."""
    name = container.get("name")
    is_ours = name is None or name in OWN_CONTAINERS
    return words if is_ours else f"container {name}: {words}".removesuffix(": ")
