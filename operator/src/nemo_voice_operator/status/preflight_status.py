"""Why a change is held back: how its preflight Job failed, or what delays it."""

from datetime import datetime

from nemo_voice_operator.api.spec import Spec
from nemo_voice_operator.kube.objects import condition_of, holds, is_over
from nemo_voice_operator.planning.job_results import no_pod_yet, reported_failure
from nemo_voice_operator.state.observed import Observed
from nemo_voice_operator.state.plan import Plan
from nemo_voice_operator.status.download_advice import advised
from nemo_voice_operator.status.pod_diagnosis import Diagnosis, Evidence, pod_diagnosis


def preflight_diagnosis(
    spec: Spec, plan: Plan, observed: Observed, now: datetime
) -> Diagnosis | None:
    """Returns what keeps the preflight from succeeding; None while nothing does."""
    preflight = observed.preflights.get(plan.preflight or "")
    if preflight is None:
        return None
    by_age = sorted(preflight.pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
    newest = by_age[-1] if by_age else None
    evidence = Evidence(events=observed.events, now=now)
    if failure := no_pod_yet(preflight.job, preflight.pods, observed.events, now):
        return Diagnosis(failure.reason, failure.message, "")
    if not holds(preflight.job, "Failed"):
        # A pod that was stopped from outside is over, and another one follows it.
        return None if newest is None or is_over(newest) else pod_diagnosis(newest, evidence)
    if failure := reported_failure(preflight.pods):
        return Diagnosis(failure.reason, advised(failure, spec), "")
    failed = condition_of(preflight.job, "Failed") or {}
    of_pod = pod_diagnosis(newest, evidence) if newest is not None else None
    return of_pod or Diagnosis(failed.get("reason", "JobFailed"), failed.get("message", ""), "")
