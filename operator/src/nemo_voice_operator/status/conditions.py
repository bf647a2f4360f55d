"""The six conditions of a VoiceService.

Cached, warmed up and ready are good when they hold. `Stalled` and `Reconciling` are kstatus' names,
which Flux, Helm and Argo CD know: whether what serves is this generation. Degraded says what is
wrong.
"""

from collections.abc import Sequence

from nemo_voice_operator.kube.events import notes_of
from nemo_voice_operator.kube.objects import awaited_container, holds, is_late, is_leaving
from nemo_voice_operator.planning.job_results import cache_failure, no_pod_yet
from nemo_voice_operator.planning.planning import ROLLED_BACK, was_rolled_back
from nemo_voice_operator.state.observed import Observed
from nemo_voice_operator.state.plan import CacheWork
from nemo_voice_operator.state.pod_reports import PodPhase
from nemo_voice_operator.status.assessment import Assessment
from nemo_voice_operator.status.claim_diagnosis import claim_diagnosis
from nemo_voice_operator.status.condition_times import UndatedCondition, find_condition
from nemo_voice_operator.status.download_advice import advised
from nemo_voice_operator.status.pod_diagnosis import (
    UNHEALTHY,
    UNSCHEDULABLE,
    Diagnosis,
    Evidence,
    first_diagnosis,
)
from nemo_voice_operator.status.pod_notes import step_of_start
from nemo_voice_operator.status.preflight_status import preflight_diagnosis

_NOT_ROLLED_OUT = "the change is not rolled out, the pods stay as they are"
IN_IMAGE = "InImage"
"""Reason of `ModelCached` where nothing has to be downloaded."""
_TERMINATING = "Terminating"
"""Reason of conditions that cannot hold once the deletion of the VoiceService has begun."""
_SUSPENDED, _NO_REPLICAS = "Suspended", "NoReplicas"
_ON_ITS_WAY = frozenset({"Pending", "Downloading", "ResultMissing", _SUSPENDED})
"""Reasons of a model that is not cached yet though nothing is wrong."""
_MAY_PASS = frozenset(
    {
        "ApplyFailed",
        "ClaimNotFound",
        "CreateContainerConfigError",
        "Evicted",
        "ExternalProvisioning",
        "FailedAttachVolume",
        "FailedMount",
        "Interrupted",
        UNHEALTHY,
        UNSCHEDULABLE,
    }
)
"""Reasons of what is wrong that often passes without anybody: a node comes, another tool creates a
claim or a Secret."""


def undated_conditions(assessment: Assessment) -> list[UndatedCondition]:
    """Returns the six conditions, always in the same order.

    kstatus takes the first of `Stalled` and `Reconciling` that holds: what is stuck has failed for
    it, though it is still reconciling.
    """
    degraded = _degraded(assessment)
    return [
        cached(assessment),
        _warmed_up(assessment),
        _ready(assessment),
        _stalled(assessment, degraded),
        _reconciling(assessment, degraded),
        degraded,
    ]


def reason_of(conditions: Sequence[UndatedCondition]) -> str:
    """Returns why the VoiceService is not as wanted; why it serves where it is."""
    _, _, ready, _, reconciling, degraded = conditions
    if degraded.holds:
        return degraded.reason
    return reconciling.reason if ready.holds and reconciling.holds else ready.reason


def cached(assessment: Assessment) -> UndatedCondition:
    """Returns whether the model is verified in a claim that the pods can read."""
    kind, plan = "ModelCached", assessment.plan
    if plan.cache is None:
        return UndatedCondition(kind, True, IN_IMAGE, "demo ships inside the image")
    if plan.cache.single_pod:
        message = (
            f"PersistentVolumeClaim {plan.cache.claim} is ReadWriteOncePod: a download could not "
            "mount it beside a pod that serves; use one that is ReadWriteOnce or ReadWriteMany"
        )
        return UndatedCondition(kind, False, "SinglePodVolume", message)
    if plan.model is not None:
        if plan.replicas > 1 and plan.cache.single_node:
            message = "the claim can be mounted on one node only, so every pod runs there"
            return UndatedCondition(kind, True, "SingleNodeVolume", message)
        return UndatedCondition(kind, True, "Cached", f"in {plan.model.model.directory}")
    return UndatedCondition(kind, False, *_why_not_cached(assessment, plan.cache))


def _why_not_cached(assessment: Assessment, cache: CacheWork) -> tuple[str, str]:
    observed = assessment.observed
    if failure := cache_failure(observed):
        return (failure.reason, advised(failure, assessment.service.spec))
    if not cache.creates_claim and observed.claim is None:
        message = f"PersistentVolumeClaim {cache.claim} does not exist; create it"
        return ("ClaimNotFound", message)
    if diagnosis := _of_the_download(assessment):
        return (diagnosis.reason, diagnosis.message)
    if assessment.service.spec.suspend:
        return (_SUSPENDED, "nothing is downloaded while suspended")
    if failure := no_pod_yet(observed.job, observed.job_pods, observed.events, assessment.now):
        return (failure.reason, failure.message)
    return _how_far(assessment, cache)


def _of_the_download(assessment: Assessment) -> Diagnosis | None:
    """Returns what the claim or a pod of the download waits for."""
    observed, now = assessment.observed, assessment.now
    present = (pod for pod in observed.job_pods if not is_leaving(pod))
    unbound = claim_diagnosis(observed.claim, observed.events, now)
    return unbound or first_diagnosis(present, Evidence(events=observed.events, now=now))


def _how_far(assessment: Assessment, cache: CacheWork) -> tuple[str, str]:
    if assessment.reports.progress is not None:
        return ("Downloading", assessment.reports.progress.phase)
    if holds(assessment.observed.job, "Complete"):
        message = "the download ended without a result; it is soon repeated"
        return ("ResultMissing", message)
    return ("Pending", f"Job {cache.job} has not begun")


def _warmed_up(assessment: Assessment) -> UndatedCondition:
    kind = "WarmedUp"
    if assessment.ready:
        return UndatedCondition(kind, True, "SelfTestPassed", "")
    if assessment.diagnosis is not None:
        return UndatedCondition(
            kind, False, assessment.diagnosis.reason, assessment.diagnosis.message
        )
    for report in assessment.reports.readiness.values():
        if report.phase is not PodPhase.READY:
            return UndatedCondition(kind, False, report.phase.capitalize(), report.reason or "")
    if not assessment.existing:
        return UndatedCondition(kind, False, "NoPods", "")
    return UndatedCondition(kind, False, "Starting", _step_of_start(assessment.observed))


def _step_of_start(observed: Observed) -> str:
    """Returns what a pod that starts is busy with, as far as it is known."""
    if name := next(filter(None, map(awaited_container, observed.pods)), ""):
        return f"the service starts after the container {name}"
    said = map(notes_of, observed.events.values())
    return next(filter(None, map(step_of_start, said)), "")


def _ready(assessment: Assessment) -> UndatedCondition:
    kind, service = "Ready", assessment.service
    if service.spec.suspend:
        return UndatedCondition(kind, False, _SUSPENDED, "spec.suspend is true")
    if assessment.ready:
        return UndatedCondition(
            kind,
            True,
            "Serving",
            f"{assessment.ready} of {assessment.plan.replicas} pods are ready",
        )
    if assessment.is_leaving:
        return UndatedCondition(kind, False, _TERMINATING, "it is being deleted")
    if not assessment.plan.replicas:
        return UndatedCondition(kind, False, _NO_REPLICAS, "0 replicas are asked for")
    cause = cached(assessment)
    if cause.holds:
        cause = _warmed_up(assessment)
    return UndatedCondition(kind, False, cause.reason, cause.message)


def _stalled(assessment: Assessment, degraded: UndatedCondition) -> UndatedCondition:
    """Returns whether the wanted state cannot be reached until somebody acts, and why."""
    may_pass = degraded.reason in _MAY_PASS and not is_late(assessment.observed.deployment)
    is_over = assessment.has_settled or assessment.is_leaving
    is_stuck = degraded.holds is True and not (may_pass or is_over)
    return UndatedCondition(
        "Stalled", is_stuck, degraded.reason, degraded.message if is_stuck else ""
    )


def _reconciling(assessment: Assessment, degraded: UndatedCondition) -> UndatedCondition:
    """Returns whether something else than this generation serves yet, also while it is stuck."""
    kind = "Reconciling"
    if assessment.is_leaving:
        return UndatedCondition(kind, True, _TERMINATING, "it is being deleted")
    if assessment.has_settled:
        return UndatedCondition(kind, False, _why_nothing_serves(assessment) or "Settled", "")
    if degraded.holds:
        return UndatedCondition(kind, True, degraded.reason, degraded.message)
    cause = cached(assessment)
    if not cause.holds and not assessment.service.spec.suspend:
        return UndatedCondition(kind, True, cause.reason, cause.message)
    return _rolling(assessment)


def _rolling(assessment: Assessment) -> UndatedCondition:
    kind, plan = "Reconciling", assessment.plan
    if reason := _why_nothing_serves(assessment):
        return UndatedCondition(kind, True, reason, f"{assessment.existing} pods are being stopped")
    if plan.preflight:
        return UndatedCondition(
            kind,
            True,
            "Preflight",
            f"Job {plan.preflight} tries the change before a pod is replaced",
        )
    return UndatedCondition(
        kind, True, "RollingOut", f"{assessment.ready} of {plan.replicas} pods are ready"
    )


def _why_nothing_serves(assessment: Assessment) -> str | None:
    if assessment.service.spec.suspend:
        return _SUSPENDED
    return None if assessment.plan.replicas else _NO_REPLICAS


def _degraded(assessment: Assessment) -> UndatedCondition:
    kind = "Degraded"
    if assessment.plan.is_rolled_back:
        return UndatedCondition(kind, True, ROLLED_BACK, _why_rolled_back(assessment))
    if assessment.diagnosis is not None:
        return UndatedCondition(
            kind, True, assessment.diagnosis.reason, assessment.diagnosis.sentence()
        )
    cause = cached(assessment)
    if not cause.holds and cause.reason not in _ON_ITS_WAY:
        return UndatedCondition(kind, True, cause.reason, cause.message)
    spec, seen = assessment.service.spec, assessment.observed
    if diagnosis := preflight_diagnosis(spec, assessment.plan, seen, assessment.now):
        message = f"{_NOT_ROLLED_OUT}: {diagnosis.sentence()}"
        return UndatedCondition(kind, True, diagnosis.reason, message)
    return _failure_before(assessment) or UndatedCondition(kind, False, "AsExpected", "")


def _failure_before(assessment: Assessment) -> UndatedCondition | None:
    """Returns how the last preflight of this change failed, until the next one has ended."""
    before = find_condition(assessment.service.status.conditions, "Degraded")
    if (
        assessment.plan.preflight is None
        or before is None
        or before.status != "True"
        or before.observed_generation != assessment.service.metadata.generation
        or not before.message.startswith(_NOT_ROLLED_OUT)
    ):
        return None
    return UndatedCondition(before.type, True, before.reason, before.message)


def _why_rolled_back(assessment: Assessment) -> str:
    """Returns what was wrong with the changed pods, also when they are gone."""
    before = find_condition(assessment.service.status.conditions, "Degraded")
    if before is not None and was_rolled_back(assessment.resolved):
        return before.message
    why = f": {assessment.diagnosis.sentence()}" if assessment.diagnosis else ""
    return f"the changed pods did not become ready and the last good ones are back{why}"
