"""Why a change is not proven: what the Job says that tries it before a pod goes for it. Pure."""

from datetime import datetime

from nemo_voice_operator.kube.objects import condition_of, holds, is_over
from nemo_voice_operator.planning.job_results import failure_told_by, no_pod_yet
from nemo_voice_operator.state.observed import Observed
from nemo_voice_operator.state.plan import Plan
from nemo_voice_operator.status.pod_diagnosis import Trouble, trouble_of


def proof_trouble(plan: Plan, observed: Observed, now: datetime) -> Trouble | None:
    """Returns what keeps the change from being proven; None while nothing does."""
    proof = observed.proofs.get(plan.proof or "")
    if proof is None:
        return None
    by_age = sorted(proof.pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
    newest = by_age[-1] if by_age else None
    if failure := no_pod_yet(proof.job, proof.pods, now):
        return Trouble(failure.reason, failure.message, "")
    if not holds(proof.job, "Failed"):
        # A pod that was stopped from outside is over, and another one follows it.
        return None if newest is None or is_over(newest) else trouble_of(newest)
    if failure := failure_told_by(proof.pods):
        return Trouble(failure.reason, failure.message, "")
    failed = condition_of(proof.job, "Failed") or {}
    of_pod = trouble_of(newest) if newest is not None else None
    return of_pod or Trouble(failed.get("reason", "JobFailed"), failed.get("message", ""), "")
