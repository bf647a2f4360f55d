"""When a VoiceService is requeued without an event.

Events report every change that the API server knows. Only the pods' own reports have to be
requested: often while pods start, less and less often while they stay as they are.
"""

from collections.abc import Iterator
from datetime import datetime

from nemo_voice_operator.kube.objects import (
    Object,
    condition_of,
    is_leaving,
    is_over,
    is_ready,
    moment_of,
)
from nemo_voice_operator.planning.job_results import RETRY_S, is_refused
from nemo_voice_operator.state.observed import Observed
from nemo_voice_operator.state.plan import Plan
from nemo_voice_operator.status.crash_loops import trial_left_s

_SOONEST_S, _LATEST_S = 2.0, 60.0
_SHARE = 0.05
"""Part of the time that a state has lasted already: after minutes, a poll can wait seconds."""


def requeue_after_s(plan: Plan, observed: Observed, now: datetime) -> float | None:
    """Returns the seconds until the next reconcile without an event; None where events suffice."""
    return min(_waits(plan, observed, now), default=None)


def poll_interval_s(lasted_s: float) -> float:
    """Returns the seconds between two polls of a state that has lasted for so long."""
    return min(max(_SOONEST_S, lasted_s * _SHARE), _LATEST_S)


def _waits(plan: Plan, observed: Observed, now: datetime) -> Iterator[float]:
    pods = [pod for pod in observed.pods if not (is_leaving(pod) or is_over(pod))]
    for pod in pods if plan.replicas else ():
        if not is_ready(pod):
            yield poll_interval_s(_lasted_s(pod, now))
        elif left_s := trial_left_s(pod, now):
            yield left_s
    preflight = observed.preflights.get(plan.preflight or "")
    if preflight is not None and condition_of(preflight.job, "Failed"):
        yield RETRY_S
    elif preflight is not None and not preflight.pods:
        # No event reports that none can be created.
        yield poll_interval_s(_lasted_s(preflight.job, now))
    if plan.cache is not None and plan.cache.wants_job:
        yield from _waits_for_the_download(observed, now)


def _waits_for_the_download(observed: Observed, now: datetime) -> Iterator[float]:
    if not condition_of(observed.job, "Failed"):
        # A pod that starts late is polled often, however old its Job is.
        starting = [thing for thing in (observed.job, *observed.job_pods) if thing]
        lasted_s = min((_lasted_s(thing, now) for thing in starting), default=0.0)
        yield poll_interval_s(lasted_s)
    elif not is_refused(observed.job_pods):
        yield RETRY_S


def _lasted_s(thing: Object, now: datetime) -> float:
    """Returns the seconds since the object became ready or unready, or was created."""
    ready = condition_of(thing, "Ready") or {}
    changed = ready.get("lastTransitionTime") or thing["metadata"].get("creationTimestamp")
    since = moment_of(changed)
    return 0.0 if since is None else (now - since).total_seconds()
