"""Computes the status of a VoiceService."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.model_source import DEMO, Checkpoint
from nemo_voice_operator.api.status import (
    MAX_MESSAGE_CHARS,
    MAX_REASON_CHARS,
    Condition,
    Phase,
    PhaseSeconds,
    Progress,
    ServedModel,
    Status,
)
from nemo_voice_operator.desired.names import selector_of
from nemo_voice_operator.desired.tls import url_scheme
from nemo_voice_operator.kube.manifests import Manifest
from nemo_voice_operator.kube.objects import is_leaving, is_over, is_ready
from nemo_voice_operator.planning.planning import claim_uid
from nemo_voice_operator.state.observed import Observed, ScalingDecision
from nemo_voice_operator.state.plan import Plan, VerifiedCheckpoint
from nemo_voice_operator.state.pod_reports import PodPhase, PodReports
from nemo_voice_operator.state.resolved import Resolved
from nemo_voice_operator.status.assessment import Assessment
from nemo_voice_operator.status.condition_times import UndatedCondition, with_times
from nemo_voice_operator.status.conditions import reason_of, undated_conditions
from nemo_voice_operator.status.pod_diagnosis import UNSCHEDULABLE, Diagnosis, serving_diagnosis
from nemo_voice_operator.status.route_status import route_condition

_MAY_YET_COME = frozenset({UNSCHEDULABLE, "ClaimNotFound"})

_NOT_UNDERSTOOD = "NotUnderstood"
_ALL_WRONG = ("Stalled", "Reconciling", "Degraded")
"""Conditions that hold of a resource that was not understood, in their order."""


class _Place(NamedTuple):
    """Where the models are."""

    name: str
    claim_uid: str | None


def status_of(
    resolved: Resolved,
    plan: Plan,
    observed: Observed,
    reports: PodReports,
    *,
    now: str,
    refusal: Diagnosis | None = None,
) -> Status:
    """Returns the status of a VoiceService.

    Args:
        resolved: The resource with its status so far.
        plan: What is to be true.
        observed: What the cluster holds.
        reports: What the pods report.
        now: The time, in RFC 3339.
        refusal: Why the API server refused an owned object, if it did.
    """
    service, decision = resolved.service, observed.scaling_decision
    assessment = _assessed(resolved, plan, observed, reports, refusal, datetime.fromisoformat(now))
    conditions = undated_conditions(assessment)
    verified, before = plan.model, service.status
    place = _Place(resolved.place, claim_uid(observed.claim))
    return Status(
        observed_generation=service.metadata.generation,
        phase=_phase(assessment, conditions),
        reason=reason_of(conditions)[:MAX_REASON_CHARS],
        endpoint=_endpoint(service),
        selector=",".join(f"{k}={v}" for k, v in selector_of(service).items()),
        replicas=assessment.existing,
        ready_replicas=assessment.ready,
        desired_replicas=_desired_replicas(plan, decision),
        model=_served(
            service.spec.model, verified.model if verified else None, before.model, place
        ),
        vocoder=_served(
            resolved.vocoder, verified.vocoder if verified else None, before.vocoder, place
        ),
        refresh=resolved.refresh if plan.model is not None else before.refresh,
        progress=_progress(assessment),
        conditions=_dated([*conditions, route_condition(service, observed)], service, now),
        phases=_seconds(assessment),
        load=decision.load if decision and service.spec.scaling is not None else None,
    )


def _dated(
    conditions: Sequence[UndatedCondition | None], service: VoiceService, now: str
) -> tuple[Condition, ...]:
    there = (one for one in conditions if one is not None)
    return with_times(there, service.status.conditions, service.metadata.generation, now)


def _assessed(
    resolved: Resolved,
    plan: Plan,
    observed: Observed,
    reports: PodReports,
    refusal: Diagnosis | None,
    now: datetime,
) -> Assessment:
    pods = [pod for pod in observed.pods if not (is_leaving(pod) or is_over(pod))]
    surges = resolved.service.spec.rollout.strategy == "surge"
    found = serving_diagnosis(observed, reports, plan.replicas, now, surges=surges)
    return Assessment(
        resolved=resolved,
        plan=plan,
        observed=observed,
        reports=reports,
        diagnosis=refusal or found,
        existing=len(pods),
        ready=sum(map(is_ready, pods)),
        now=now,
        is_refused=refusal is not None,
    )


def _desired_replicas(plan: Plan, decision: ScalingDecision | None) -> int:
    """Returns the replicas that the load asks for, whether they can be placed or not."""
    if not plan.replicas:
        return 0
    return (decision.wanted if decision else 0) or plan.replicas


def status_of_unreadable(
    before: Mapping[str, Any], problem: str, *, generation: int, now: str
) -> Manifest:
    """Returns the status so far, with conditions that the resource was not understood.

    Args:
        before: The status so far.
        problem: What was not understood.
        generation: Of the spec that was not understood.
        now: The time, in RFC 3339.
    """
    known = {one["type"]: one for one in before.get("conditions") or ()}
    message = f"this operator is older or newer than the CRD: {problem}"[:MAX_MESSAGE_CHARS]
    told = {
        kind: {
            "type": kind,
            "status": "True",
            "reason": _NOT_UNDERSTOOD,
            "message": message,
            "lastTransitionTime": _since(known.get(kind), now),
            "observedGeneration": generation,
        }
        for kind in _ALL_WRONG
    }
    kept = [one for kind, one in known.items() if kind not in told]
    return {
        **before,
        "observedGeneration": generation,
        "phase": Phase.FAILED,
        "reason": _NOT_UNDERSTOOD,
        "conditions": [*kept, *told.values()],
    }


def _since(before: Mapping[str, Any] | None, now: str) -> str:
    """Returns since when a condition is true that is true now."""
    was_true = before is not None and before.get("status") == "True"
    return str(before.get("lastTransitionTime", now)) if was_true and before else now


def _endpoint(service: VoiceService) -> str:
    metadata = service.metadata
    return f"{url_scheme(service)}://{metadata.name}.{metadata.namespace}.svc:{service.spec.port}"


def _served(
    wanted: Checkpoint | None,
    verified: VerifiedCheckpoint | None,
    before: ServedModel | None,
    place: "_Place",
) -> ServedModel | None:
    """Returns the checkpoint that is served; while the next is not verified, still the last."""
    if wanted is None:
        return None
    if verified is None:
        is_demo = wanted.source == DEMO
        return ServedModel(source=wanted.source) if is_demo else before
    return ServedModel(
        source=wanted.source,
        requested=wanted.revision,
        revision=verified.revision,
        sha256=verified.sha256,
        bytes=verified.bytes,
        directory=verified.directory,
        kind=verified.kind,
        languages=verified.languages or None,
        speakers=verified.speakers,
        place=place.name,
        claim_uid=place.claim_uid or (before.claim_uid if before else None),
    )


def _phase(assessment: Assessment, conditions: Sequence[UndatedCondition]) -> Phase:  # noqa: PLR0911 one per phase
    cached, warmed_up, ready, *_, degraded = conditions
    if assessment.is_leaving:
        return Phase.TERMINATING
    if assessment.service.spec.suspend:
        return Phase.SUSPENDED
    if ready.holds:
        return Phase.DEGRADED if degraded.holds else Phase.READY
    if degraded.holds:
        # A node or a claim may yet come; what crashed will not help itself.
        return Phase.PENDING if degraded.reason in _MAY_YET_COME else Phase.FAILED
    if not cached.holds:
        return Phase.CACHING
    if not assessment.plan.replicas:
        return Phase.SUSPENDED
    if warmed_up.reason == PodPhase.WARMING.capitalize():
        return Phase.WARMING
    return Phase.LOADING if assessment.existing else Phase.PENDING


def _progress(assessment: Assessment) -> Progress | None:
    progress = assessment.reports.progress
    if progress is None or assessment.plan.model is not None:
        return None
    return Progress(
        phase=progress.phase, done_bytes=progress.done_bytes, total_bytes=progress.total_bytes
    )


def _seconds(assessment: Assessment) -> PhaseSeconds | None:
    """Returns the slowest ready pod's seconds; the last ones stay until a pod is ready again."""
    before = assessment.service.status.phases
    seconds = [one.seconds for one in assessment.reports.readiness.values() if one.ready]
    slowest = max(seconds, key=lambda phases: sum(phases.values()), default=None)
    model = assessment.plan.model
    cache_s = model.seconds if model else None
    if slowest is None:
        if before is None:
            return None if cache_s is None else PhaseSeconds(cache_seconds=round(cache_s, 1))
        return before
    return PhaseSeconds(
        cache_seconds=None if cache_s is None else round(cache_s, 1),
        load_seconds=round(slowest.get(PodPhase.LOADING, 0.0), 1),
        warmup_seconds=round(slowest.get(PodPhase.WARMING, 0.0), 1),
    )
