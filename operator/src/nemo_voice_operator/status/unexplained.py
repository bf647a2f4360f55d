"""Which objects wait or fail for a reason that they do not tell, so that Events must be read."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from nemo_voice_operator.kube.objects import (
    Object,
    condition_of,
    container_states,
    has_been_ready,
    holds,
    is_leaving,
    is_over,
    is_ready,
    is_unschedulable,
    moment_of,
)
from nemo_voice_operator.state.observed import Observed
from nemo_voice_operator.state.plan import Plan
from nemo_voice_operator.status.crash_loops import trial_left_s

_SOON_S = 3.0
"""What is well goes on within this time."""
_MOST_OBJECTS = 8
"""The status tells of one pod: nobody needs the Events of a thousand."""


def unexplained(plan: Plan, observed: Observed, now: datetime) -> list[Object]:
    """Returns the objects whose Events may say what they wait for, or why they were ended."""
    return list(islice(_unexplained(plan, observed, now), _MOST_OBJECTS))


def is_unbound(claim: Object | None) -> bool:
    """Returns whether a claim has no volume yet."""
    return claim is not None and claim.get("status", {}).get("phase") == "Pending"


def has_begun(pod: Object) -> bool:
    """Returns whether a container of the pod runs or has run."""
    states = (container.get("state", {}) for container in container_states(pod))
    return any(state.keys() & {"running", "terminated"} for state in states)


def _unexplained(plan: Plan, observed: Observed, now: datetime) -> Iterator[Object]:
    preflight = observed.preflights.get(plan.preflight or "")
    if plan.cache is not None and plan.model is None:
        if observed.claim is not None and is_unbound(observed.claim):
            yield from _if_old(observed.claim, now)
        yield from _of_job(observed.job, observed.job_pods, now)
    if preflight is not None:
        yield from _of_job(preflight.job, preflight.pods, now)
    if plan.replicas:
        yield from (pod for pod in observed.pods if _is_in_question(pod, now))


def _of_job(job: Object | None, pods: tuple[Object, ...], now: datetime) -> Iterator[Object]:
    if job is None or any(holds(job, end) for end in ("Complete", "Failed")):
        return
    if not pods:
        yield from _if_old(job, now)
    yield from (pod for pod in pods if _is_in_question(pod, now))


def _if_old(thing: Object, now: datetime) -> Iterator[Object]:
    if _is_older(thing["metadata"].get("creationTimestamp"), now):
        yield thing


def _is_in_question(pod: Object, now: datetime) -> bool:
    if is_leaving(pod) or is_over(pod) or is_unschedulable(pod):
        return False
    if not (has_begun(pod) or is_ready(pod)):
        return _is_older(pod["metadata"].get("creationTimestamp"), now)
    if has_been_ready(pod) and not is_ready(pod):
        return _is_older((condition_of(pod, "Ready") or {}).get("lastTransitionTime"), now)
    return bool(trial_left_s(pod, now))


def _is_older(since: object, now: datetime) -> bool:
    moment = moment_of(since)
    return moment is not None and (now - moment).total_seconds() >= _SOON_S
