"""Why pods are not what they should be, in Kubernetes' own words or the service's. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nemo_voice_operator.load import PodPhase, PodReadiness
from nemo_voice_operator.observed import (
    Object,
    container_states,
    is_leaving,
    is_ready,
    is_unschedulable,
    why_unscheduled,
)

_MOST_CHARS = 1000
_STARTING = frozenset({"ContainerCreating", "PodInitializing"})


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a pod."""

    reason: str
    """One word: Kubernetes' own where it has one."""
    message: str
    pod: str
    """Its name; empty where it is not a pod that is wrong."""

    def told(self) -> str:
        """Returns the message with the pod's name."""
        return f"pod {self.pod}: {self.message}" if self.pod else self.message


def trouble_among(
    pods: Iterable[Object], readiness: Mapping[str, PodReadiness] | None = None
) -> Trouble | None:
    """Returns what is wrong with the first pod, by name, that something is wrong with."""
    for pod in pods:
        if is_leaving(pod) or is_ready(pod):
            continue
        name = str(pod["metadata"]["name"])
        if found := trouble_of(pod, (readiness or {}).get(name)):
            return found
    return None


def trouble_of(pod: Object, readiness: PodReadiness | None = None) -> Trouble | None:
    """Returns what is wrong with a pod; being slow is not."""
    name = str(pod["metadata"]["name"])
    if is_unschedulable(pod):
        return Trouble("Unschedulable", why_unscheduled(pod), name)
    if readiness is not None and readiness.phase is PodPhase.FAILED:
        return Trouble("ModelFailed", readiness.reason or "", name)
    for container in container_states(pod):
        if found := _of_container(container, name):
            return found
    if pod.get("status", {}).get("phase") == "Failed":
        status = pod["status"]
        return Trouble(status.get("reason", "PodFailed"), status.get("message", ""), name)
    return None


def _of_container(container: Mapping[str, Any], pod: str) -> Trouble | None:
    state = container.get("state", {})
    ended = state.get("terminated") or {}
    last = ended or container.get("lastState", {}).get("terminated") or {}
    waiting = state.get("waiting") or {}
    reason = waiting.get("reason", "")
    if reason and reason not in _STARTING:
        message = _last_words(last) if reason == "CrashLoopBackOff" else waiting.get("message", "")
        return Trouble(reason, message[:_MOST_CHARS], pod)
    if ended.get("exitCode"):
        return Trouble(ended.get("reason", "Error"), _last_words(ended), pod)
    return None


def _last_words(ended: Mapping[str, Any]) -> str:
    """Returns what a container said last, or at least how it ended."""
    how = f"{ended.get('reason', 'it ended')} with exit code {ended.get('exitCode')}"
    words = str(ended.get("message", "")).strip()
    return (f"{how}: {words[-_MOST_CHARS:]}" if words else how) if ended else ""
