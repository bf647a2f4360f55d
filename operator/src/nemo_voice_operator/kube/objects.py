"""Predicates over objects as the API server returns them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Object = Mapping[str, Any]
"""An object as the API server returns it."""
_START_S = 5.0
"""A kubelet reports a new pod as unready within this time; no model is ready so soon."""


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Namespace and name of an object; of a VoiceService unless said otherwise."""

    namespace: str
    name: str


def condition_of(thing: Object | None, kind: str) -> Object | None:
    """Returns an object's condition of this type."""
    conditions = (thing or {}).get("status", {}).get("conditions") or ()
    return next((one for one in conditions if one["type"] == kind), None)


def holds(thing: Object | None, kind: str) -> bool:
    """Returns whether an object's condition of this type is true."""
    return (condition_of(thing, kind) or {}).get("status") == "True"


def is_ready(pod: Object) -> bool:
    """Returns whether the pod is ready and not being deleted."""
    return holds(pod, "Ready") and not is_leaving(pod)


def has_been_ready(pod: Object) -> bool:
    """Returns whether the pod is ready, or became unready later than it began."""
    ready = condition_of(pod, "Ready") or {}
    if ready.get("status") == "True":
        return True
    changed = moment_of(ready.get("lastTransitionTime"))
    began = moment_of(pod.get("status", {}).get("startTime"))
    if changed is None or began is None:
        return False
    return (changed - began).total_seconds() > _START_S


def is_leaving(thing: Object) -> bool:
    """Returns whether the object's deletion has begun."""
    return bool(thing["metadata"].get("deletionTimestamp"))


def is_over(pod: Object) -> bool:
    """Returns whether every container of the pod has ended for good; another pod follows it."""
    return pod.get("status", {}).get("phase") in {"Failed", "Succeeded"}


def is_running(pod: Object) -> bool:
    """Returns whether the pod has a node and its containers have begun and not ended."""
    return bool(pod.get("status", {}).get("phase") == "Running")


def owner_references_of(thing: Object) -> Sequence[Object]:
    """Returns the references to the object's owners."""
    references: Sequence[Object] = thing["metadata"].get("ownerReferences") or ()
    return references


def is_unschedulable(pod: Object) -> bool:
    """Returns whether no node can take the pod."""
    return (condition_of(pod, "PodScheduled") or {}).get("reason") == "Unschedulable"


def why_unscheduled(pod: Object) -> str:
    """Returns the scheduler's message on a pod without a node; empty where there is none."""
    return str((condition_of(pod, "PodScheduled") or {}).get("message", ""))


def container_states(pod: Object) -> Iterator[Mapping[str, Any]]:
    """Yields the status of each container, at first those that begin the pod and are not done.

    Not those of sidecars that were ended because the pod is over.
    """
    status = pod.get("status", {})
    ended = _sidecars(pod) if is_over(pod) else frozenset()
    for container in status.get("initContainerStatuses") or ():
        is_done = (container.get("state", {}).get("terminated") or {}).get("exitCode") == 0
        if not is_done and container.get("name") not in ended:
            yield container
    yield from status.get("containerStatuses") or ()


def awaited_container(pod: Object) -> str:
    """Returns which init container runs, or which sidecar starts, before the others may begin."""
    beside = _sidecars(pod)
    for one in pod.get("status", {}).get("initContainerStatuses") or ():
        is_started = one.get("name") in beside and one.get("started")
        if "running" in one.get("state", {}) and not is_started:
            return str(one.get("name", ""))
    return ""


def _sidecars(pod: Object) -> frozenset[str]:
    begin = pod.get("spec", {}).get("initContainers") or ()
    return frozenset(str(one["name"]) for one in begin if one.get("restartPolicy") == "Always")


def moment_of(text: object) -> datetime | None:
    """Returns a timestamp of an object as a time; None where it is none or has no zone."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def has_been_seen(deployment: Object) -> bool:
    """Returns whether the status is about the newest spec: `observedGeneration` has caught up."""
    seen: int = deployment.get("status", {}).get("observedGeneration", 0)
    return seen >= int(deployment["metadata"].get("generation", 1))


def is_late(deployment: Object | None) -> bool:
    """Returns whether pods of the newest spec take longer to become ready than they may."""
    progressing = condition_of(deployment, "Progressing") or {}
    is_over = progressing.get("reason") == "ProgressDeadlineExceeded"
    return deployment is not None and is_over and has_been_seen(deployment)


def is_rolled_out(deployment: Object | None) -> bool:
    """Returns whether every replica is of the newest template and ready, and none is left over."""
    if deployment is None:
        return False
    spec, status = deployment["spec"], deployment.get("status", {})
    wanted = spec.get("replicas", 1)
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "readyReplicas")]
    return has_been_seen(deployment) and counts == [wanted] * 3
