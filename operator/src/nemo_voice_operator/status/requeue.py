"""When a VoiceService is looked at again though nothing happens. Pure.

Events tell of every change that the API server knows. Only what pods say of themselves has to be
asked for: often while they begin, ever less often while they stay as they are.
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
from nemo_voice_operator.planning.job_results import RETRY_S
from nemo_voice_operator.state.observed import Observed
from nemo_voice_operator.state.plan import Plan
from nemo_voice_operator.status.crash_loops import trial_left_s

_SOONEST_S, _LATEST_S = 2.0, 60.0
_SHARE = 0.05
"""Of the time that it has lasted already: what took minutes may be asked after seconds."""


def requeue_after_s(plan: Plan, observed: Observed, now: datetime) -> float | None:
    """Returns the seconds until pods should be asked again; None where there is nothing to ask."""
    return min(_waits(plan, observed, now), default=None)


def patience_s(lasted_s: float) -> float:
    """Returns after how long to ask again what has been on its way for so long."""
    return min(max(_SOONEST_S, lasted_s * _SHARE), _LATEST_S)


def _waits(plan: Plan, observed: Observed, now: datetime) -> Iterator[float]:
    pods = [pod for pod in observed.pods if not (is_leaving(pod) or is_over(pod))]
    for pod in pods if plan.replicas else ():
        if not is_ready(pod):
            yield patience_s(_lasted_s(pod, now))
        elif left_s := trial_left_s(pod, now):
            yield left_s
    preflight = observed.preflights.get(plan.preflight or "")
    if preflight is not None and condition_of(preflight.job, "Failed"):
        yield RETRY_S
    elif preflight is not None and not preflight.pods:
        # No event tells that none can be created.
        yield patience_s(_lasted_s(preflight.job, now))
    if plan.cache is not None and plan.cache.wants_job:
        if condition_of(observed.job, "Failed"):
            yield RETRY_S
        else:
            # A pod that begins after a long wait is news, however old its Job.
            on_their_way = [thing for thing in (observed.job, *observed.job_pods) if thing]
            lasted_s = min((_lasted_s(thing, now) for thing in on_their_way), default=0.0)
            yield patience_s(lasted_s)


def _lasted_s(thing: Object, now: datetime) -> float:
    """Returns for how long it has been as it is: since it became (un)ready, or was made."""
    ready = condition_of(thing, "Ready") or {}
    told = ready.get("lastTransitionTime") or thing["metadata"].get("creationTimestamp")
    since = moment_of(told)
    return 0.0 if since is None else (now - since).total_seconds()
