"""The five facts of a VoiceService: cached, warmed up, ready, progressing, degraded. Pure."""

from dataclasses import dataclass
from datetime import datetime

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.kube.objects import holds, is_leaving, is_rolled_out
from nemo_voice_operator.planning.job_results import cache_failure, no_pod_yet
from nemo_voice_operator.planning.planning import ROLLED_BACK, was_rolled_back
from nemo_voice_operator.state.observed import Observed
from nemo_voice_operator.state.plan import CacheWork, Plan
from nemo_voice_operator.state.pod_reports import PodPhase, PodReports
from nemo_voice_operator.state.resolved import Resolved
from nemo_voice_operator.status.condition_times import UndatedCondition, find_condition
from nemo_voice_operator.status.pod_diagnosis import Diagnosis, first_diagnosis
from nemo_voice_operator.status.preflight_status import preflight_diagnosis

_NOT_ROLLED_OUT = "the change is not rolled out, the pods stay as they are"
IN_IMAGE = "InImage"
"""Reason of `ModelCached` where nothing has to be brought."""
_TERMINATING = "Terminating"
"""Reason of what is not to be expected of a VoiceService whose deletion has begun."""
_ON_ITS_WAY = frozenset({"Pending", "Downloading", "ResultMissing", "Suspended"})
"""Reasons of a model that is not cached yet though nothing is wrong."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the facts are made of."""

    resolved: Resolved
    plan: Plan
    observed: Observed
    reports: PodReports
    diagnosis: Diagnosis | None
    existing: int
    ready: int
    now: datetime

    @property
    def service(self) -> VoiceService:
        """The VoiceService with its status so far."""
        return self.resolved.service

    @property
    def is_short(self) -> bool:
        """Whether fewer pods are ready than wanted."""
        return self.ready < self.plan.replicas

    @property
    def is_leaving(self) -> bool:
        """Whether the VoiceService's deletion has begun."""
        return self.service.metadata.deletion_timestamp is not None

    @property
    def has_settled(self) -> bool:
        """Whether every pod is of the newest template and ready."""
        return self.plan.serves and is_rolled_out(self.observed.deployment) and not self.is_short


def undated_conditions(found: Assessment) -> list[UndatedCondition]:
    """Returns the five facts, always in the same order."""
    return [cached(found), _warmed_up(found), _ready(found), _progressing(found), _degraded(found)]


def cached(found: Assessment) -> UndatedCondition:
    """Returns whether what is to be served lies verified where the pods can read it."""
    kind, plan = "ModelCached", found.plan
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
    return UndatedCondition(kind, False, *_why_not_cached(found, plan.cache))


def _why_not_cached(found: Assessment, cache: CacheWork) -> tuple[str, str]:
    observed = found.observed
    if failure := cache_failure(observed):
        return (failure.reason, failure.message)
    if not cache.creates_claim and observed.claim is None:
        message = f"PersistentVolumeClaim {cache.claim} does not exist; create it"
        return ("ClaimNotFound", message)
    if diagnosis := first_diagnosis(pod for pod in observed.job_pods if not is_leaving(pod)):
        return (diagnosis.reason, diagnosis.message)
    if found.service.spec.suspend:
        return ("Suspended", "nothing is downloaded while suspended")
    if failure := no_pod_yet(observed.job, observed.job_pods, found.now):
        return (failure.reason, failure.message)
    return _how_far(found, cache)


def _how_far(found: Assessment, cache: CacheWork) -> tuple[str, str]:
    if found.reports.progress is not None:
        return ("Downloading", found.reports.progress.phase)
    if holds(found.observed.job, "Complete"):
        message = "the download ended without a word of what it brought; it is soon repeated"
        return ("ResultMissing", message)
    return ("Pending", f"Job {cache.job} has not begun")


def _warmed_up(found: Assessment) -> UndatedCondition:
    kind = "WarmedUp"
    if found.ready:
        return UndatedCondition(kind, True, "CanaryPassed", "")
    if found.diagnosis is not None:
        return UndatedCondition(kind, False, found.diagnosis.reason, found.diagnosis.message)
    for told in found.reports.readiness.values():
        if told.phase is not PodPhase.READY:
            return UndatedCondition(kind, False, told.phase.capitalize(), told.reason or "")
    return UndatedCondition(kind, False, "NoPods" if not found.existing else "Starting", "")


def _ready(found: Assessment) -> UndatedCondition:
    kind, service = "Ready", found.service
    if service.spec.suspend:
        return UndatedCondition(kind, False, "Suspended", "spec.suspend is true")
    if found.ready:
        return UndatedCondition(
            kind, True, "Serving", f"{found.ready} of {found.plan.replicas} pods are ready"
        )
    if found.is_leaving:
        return UndatedCondition(kind, False, _TERMINATING, "it is being deleted")
    if not found.plan.replicas:
        return UndatedCondition(kind, False, "NoReplicas", "0 replicas are asked for")
    cause = cached(found)
    if cause.holds:
        cause = _warmed_up(found)
    return UndatedCondition(kind, False, cause.reason, cause.message)


def _progressing(found: Assessment) -> UndatedCondition:
    kind = "Progressing"
    if reason := _why_nothing_should_move(found):
        return UndatedCondition(kind, False, reason, "")
    if found.has_settled:
        return UndatedCondition(kind, False, "Settled", "")
    cause = cached(found)
    if not cause.holds:
        return UndatedCondition(
            kind, cache_failure(found.observed) is None, cause.reason, cause.message
        )
    if found.plan.is_rolled_back:
        return UndatedCondition(kind, False, ROLLED_BACK, "")
    return _rolling(found)


def _rolling(found: Assessment) -> UndatedCondition:
    kind, preflight = "Progressing", found.plan.preflight
    diagnosis = (
        preflight_diagnosis(found.plan, found.observed, found.now) if preflight else found.diagnosis
    )
    if diagnosis is not None:
        return UndatedCondition(kind, False, diagnosis.reason, diagnosis.message)
    if preflight:
        return UndatedCondition(
            kind, True, "Proving", f"Job {preflight} tries the change before a pod goes for it"
        )
    return UndatedCondition(
        kind, True, "RollingOut", f"{found.ready} of {found.plan.replicas} pods are ready"
    )


def _why_nothing_should_move(found: Assessment) -> str | None:
    if found.is_leaving:
        return _TERMINATING
    if found.service.spec.suspend:
        return "Suspended"
    return None if found.plan.replicas else "NoReplicas"


def _degraded(found: Assessment) -> UndatedCondition:
    kind = "Degraded"
    if found.plan.is_rolled_back:
        return UndatedCondition(kind, True, ROLLED_BACK, _why_rolled_back(found))
    if found.diagnosis is not None:
        return UndatedCondition(kind, True, found.diagnosis.reason, found.diagnosis.told())
    cause = cached(found)
    if not cause.holds and cause.reason not in _ON_ITS_WAY:
        return UndatedCondition(kind, True, cause.reason, cause.message)
    if diagnosis := preflight_diagnosis(found.plan, found.observed, found.now):
        message = f"{_NOT_ROLLED_OUT}: {diagnosis.told()}"
        return UndatedCondition(kind, True, diagnosis.reason, message)
    return _failure_before(found) or UndatedCondition(kind, False, "AsExpected", "")


def _failure_before(found: Assessment) -> UndatedCondition | None:
    """Returns what the last try to prove this change said, until the next one has ended."""
    told = find_condition(found.service.status.conditions, "Degraded")
    if (
        found.plan.preflight is None
        or told is None
        or told.status != "True"
        or told.observed_generation != found.service.metadata.generation
        or not told.message.startswith(_NOT_ROLLED_OUT)
    ):
        return None
    return UndatedCondition(told.type, True, told.reason, told.message)


def _why_rolled_back(found: Assessment) -> str:
    """Returns what was wrong with the changed pods, also when they are long gone."""
    told = find_condition(found.service.status.conditions, "Degraded")
    if told is not None and was_rolled_back(found.resolved):
        return told.message
    why = f": {found.diagnosis.told()}" if found.diagnosis else ""
    return f"the changed pods did not become ready and the last good ones are back{why}"
