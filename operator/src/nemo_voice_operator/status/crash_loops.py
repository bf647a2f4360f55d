"""Whether a pod's containers crash again and again, and when a recovered one counts as healthy.

A container that crashes is in turn terminated, waiting, running and even ready. Its present state
alone would give another diagnosis every few seconds.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from nemo_voice_operator.kube.objects import (
    Object,
    condition_of,
    container_states,
    is_over,
    is_ready,
    moment_of,
)

CRASH_LOOP = "CrashLoopBackOff"
_LONGEST_TRIAL_S = 600.0
"""After so long the kubelet forgets a container's crashes: twice its longest back-off."""
_FIRST_TRIAL_S = 20.0
"""Twice the kubelet's first back-off."""
_CANNOT_RUN = frozenset({CRASH_LOOP, "RunContainerError"})
_BETWEEN_RUNS = frozenset({"", "ContainerCreating", "PodInitializing"})
"""Reasons of a container that waits for its restart; any other is a cause of its own."""


def has_crashed(pod: Object, container: Mapping[str, Any]) -> bool:
    """Returns whether the container ended by itself and has not been healthy for long since.

    Only a container that is restarted can be in a loop.
    """
    if is_over(pod) or pod.get("spec", {}).get("restartPolicy") == "Never":
        return False
    state = container.get("state", {})
    reason = (state.get("waiting") or {}).get("reason", "")
    has_failed = bool((state.get("terminated") or {}).get("exitCode"))
    if has_failed or reason in _CANNOT_RUN:
        return True
    has_ended = _restarts(container) > 0 and reason in _BETWEEN_RUNS
    return has_ended and not _was_well_before(pod, container)


def last_end(container: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns how the container ended last; empty where it never did."""
    states = (container.get("state", {}), container.get("lastState", {}))
    return next((state["terminated"] for state in states if state.get("terminated")), {})


def trial_left_s(pod: Object, now: datetime) -> float:
    """Returns the seconds that a ready pod has to stay ready until its crashes no longer count.

    The more often it crashed, the longer. 0 for a pod that never crashed or has stayed ready; the
    whole time for a pod that is not ready.
    """
    restarts = max(map(_restarts, container_states(pod)), default=0)
    if not restarts:
        return 0.0
    trial_s = min(_FIRST_TRIAL_S * 2.0 ** min(restarts - 1, 10), _LONGEST_TRIAL_S)
    since = moment_of((condition_of(pod, "Ready") or {}).get("lastTransitionTime"))
    if since is None or not is_ready(pod):
        return trial_s
    return max(0.0, min(trial_s, trial_s - (now - since).total_seconds()))


def _restarts(container: Mapping[str, Any]) -> int:
    return int(container.get("restartCount") or 0)


def _was_well_before(pod: Object, container: Mapping[str, Any]) -> bool:
    """Returns whether the pod became unready after a long healthy run, so not by its old crashes.

    Becoming unready later than the container began means that it was ready in between.
    """
    ready = condition_of(pod, "Ready") or {}
    changed = moment_of(ready.get("lastTransitionTime"))
    began = moment_of((container.get("state", {}).get("running") or {}).get("startedAt"))
    if ready.get("status") == "True" or changed is None or began is None:
        return False
    return (changed - began).total_seconds() >= _LONGEST_TRIAL_S
