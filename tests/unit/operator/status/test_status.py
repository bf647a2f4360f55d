"""The status: each phase, each condition's reasons, and what is kept from the status before."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.status import Load, Phase, Status
from nemo_voice_operator.planning.planning import plan_of
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.observed import Observed, ScalingDecision
from nemo_voice_operator.state.pod_reports import CacheProgress, PodPhase, PodReadiness, PodReports
from nemo_voice_operator.status.pod_diagnosis import Diagnosis
from nemo_voice_operator.status.status import status_of, status_of_unreadable
from support.docs.repository import ROOT
from support.operator.observations import (
    COMMIT,
    CREATED,
    NOW,
    SHA256,
    WARMING,
    checkpoint,
    condition,
    deployment,
    downloaded,
    job,
    job_pod,
    pod,
    template,
    unschedulable,
    waiting,
)
from support.operator.voice_services import resolved, voice_service

SETTINGS = OperatorSettings()
HUB: dict[str, Any] = {"task": "stt", "model": {"source": "nvidia/a-model"}}
NAMED = {**HUB, "cache": {"claimName": "models"}}
FAILED_TRY = job_pod({"error": {"reason": "HubUnauthorized", "message": "a token is wanted"}})
QUOTA = 'pods "narrator-7d4" is forbidden: exceeded quota: gpus'
FORBIDDEN = deployment(
    ready=0,
    conditions=[condition("ReplicaFailure", reason="FailedCreate", message=QUOTA)],
)
NOTHING = Observed()
READY = PodReadiness(
    PodPhase.READY, None, ready=True, seconds={PodPhase.LOADING: 3.0, PodPhase.WARMING: 2.04}
)


@dataclass(frozen=True, slots=True)
class Seen:
    """All that a reconcile sees: the cluster, the reports of the pods, a refusal."""

    observed: Observed = field(default_factory=Observed)
    reports: PodReports = field(default_factory=PodReports)
    refusal: Diagnosis | None = None


Case = tuple[VoiceService, Observed | Seen, Phase, str]


def decided(service: VoiceService, seen: Observed | Seen, now: str = NOW) -> Status:
    if isinstance(seen, Observed):
        seen = Seen(seen)
    known = resolved(service)
    plan = plan_of(known, seen.observed, SETTINGS)
    return status_of(known, plan, seen.observed, seen.reports, now=now, refusal=seen.refusal)


def seen_with(
    *pods: dict[str, Any], reported: Mapping[str, PodReadiness] | None = None, **more: Any
) -> Seen:
    observed = Observed(**{"deployment": deployment(ready=0), "pods": pods, **more})
    return Seen(observed, PodReports(readiness=reported or {}))


REFUSED = Seen(
    Observed(deployment=deployment(ready=0), pods=(unschedulable(),)),
    refusal=Diagnosis("ApplyRefused", "unknown field", ""),
)


def downloading(done_bytes: int, total_bytes: int | None, observed: Observed = NOTHING) -> Seen:
    return Seen(
        observed, PodReports(progress=CacheProgress("downloading", done_bytes, total_bytes))
    )


def with_status(service: VoiceService, **status: Any) -> VoiceService:
    return service.model_copy(update={"status": Status.model_validate(status)})


def leaving(service: VoiceService) -> VoiceService:
    metadata = service.metadata.model_copy(update={"deletion_timestamp": NOW})
    return service.model_copy(update={"metadata": metadata})


def rolled_back() -> VoiceService:
    before = condition("Degraded", reason="RolledBack", last_transition_time=NOW)
    return with_status(
        voice_service(rollout={"strategy": "replace"}),
        observed_generation=1,
        conditions=[{**before, "observed_generation": 1}],
    )


SERVING: dict[str, Case] = {
    "a ready pod": (
        voice_service(),
        seen_with(pod(ready=True), deployment=deployment()),
        Phase.READY,
        (
            "True InImage, True SelfTestPassed, True Serving, "
            "False AsExpected, False Settled, False AsExpected"
        ),
    ),
    "ready while more are coming": (
        voice_service(replicas=2),
        seen_with(pod(ready=True), pod("narrator-1"), deployment=deployment(2, ready=1)),
        Phase.READY,
        (
            "True InImage, True SelfTestPassed, True Serving, "
            "False AsExpected, True RollingOut, False AsExpected"
        ),
    ),
    "ready while another one fails": (
        voice_service(replicas=2),
        seen_with(pod("narrator-1", ready=True), waiting("ImagePullBackOff")),
        Phase.DEGRADED,
        (
            "True InImage, True SelfTestPassed, True Serving, "
            "True ImagePullBackOff, True ImagePullBackOff, True ImagePullBackOff"
        ),
    ),
    "the last good pods after a failure": (
        rolled_back(),
        seen_with(pod(ready=True), deployment=deployment(), good_template=template()),
        Phase.DEGRADED,
        (
            "True InImage, True SelfTestPassed, True Serving, "
            "True RolledBack, True RolledBack, True RolledBack"
        ),
    ),
    "several pods on a claim of one node": (
        voice_service(**HUB, replicas=2),
        seen_with(
            pod(ready=True),
            pod("narrator-1", ready=True),
            deployment=deployment(2),
            job=downloaded(checkpoint()).job,
            job_pods=downloaded(checkpoint()).job_pods,
        ),
        Phase.READY,
        (
            "True SingleNodeVolume, True SelfTestPassed, True Serving, "
            "False AsExpected, False Settled, False AsExpected"
        ),
    ),
}
STARTING: dict[str, Case] = {
    "nothing yet": (
        voice_service(),
        Observed(),
        Phase.PENDING,
        (
            "True InImage, False NoPods, False NoPods, "
            "False AsExpected, True RollingOut, False AsExpected"
        ),
    ),
    "a pod that reports nothing": (
        voice_service(),
        seen_with(pod()),
        Phase.LOADING,
        (
            "True InImage, False Starting, False Starting, "
            "False AsExpected, True RollingOut, False AsExpected"
        ),
    ),
    "a pod that warms up": (
        voice_service(),
        seen_with(pod(), reported={"narrator-0": WARMING}),
        Phase.WARMING,
        (
            "True InImage, False Warming, False Warming, "
            "False AsExpected, True RollingOut, False AsExpected"
        ),
    ),
    "a pod that the kubelet has not asked yet": (
        voice_service(),
        seen_with(pod(), reported={"narrator-0": READY}),
        Phase.LOADING,
        (
            "True InImage, False Starting, False Starting, "
            "False AsExpected, True RollingOut, False AsExpected"
        ),
    ),
    "a pod on its way out": (
        voice_service(),
        seen_with(pod(ready=True, leaving=True)),
        Phase.PENDING,
        (
            "True InImage, False NoPods, False NoPods, "
            "False AsExpected, True RollingOut, False AsExpected"
        ),
    ),
    "suspended": (
        voice_service(suspend=True),
        Observed(),
        Phase.SUSPENDED,
        (
            "True InImage, False NoPods, False Suspended, "
            "False AsExpected, False Suspended, False AsExpected"
        ),
    ),
    "no replicas": (
        voice_service(replicas=0),
        Observed(),
        Phase.SUSPENDED,
        (
            "True InImage, False NoPods, False NoReplicas, "
            "False AsExpected, False NoReplicas, False AsExpected"
        ),
    ),
    "on its way out": (
        leaving(voice_service()),
        seen_with(pod(ready=True)),
        Phase.TERMINATING,
        (
            "True InImage, True SelfTestPassed, True Serving, "
            "False AsExpected, True Terminating, False AsExpected"
        ),
    ),
    "on its way out without pods": (
        leaving(voice_service()),
        Observed(),
        Phase.TERMINATING,
        (
            "True InImage, False NoPods, False Terminating, "
            "False AsExpected, True Terminating, False AsExpected"
        ),
    ),
}
FAILING: dict[str, Case] = {
    "no node": (
        voice_service(),
        seen_with(unschedulable()),
        Phase.PENDING,
        (
            "True InImage, False Unschedulable, False Unschedulable, "
            "False Unschedulable, True Unschedulable, True Unschedulable"
        ),
    ),
    "a crash": (
        voice_service(),
        seen_with(waiting("CrashLoopBackOff")),
        Phase.FAILED,
        (
            "True InImage, False CrashLoopBackOff, False CrashLoopBackOff, "
            "True CrashLoopBackOff, True CrashLoopBackOff, True CrashLoopBackOff"
        ),
    ),
    "pods that a quota forbids": (
        voice_service(),
        Observed(deployment=FORBIDDEN),
        Phase.FAILED,
        (
            "True InImage, False FailedCreate, False FailedCreate, "
            "True FailedCreate, True FailedCreate, True FailedCreate"
        ),
    ),
    "one more pod that a quota forbids": (
        voice_service(),
        seen_with(pod(ready=True), deployment=FORBIDDEN),
        Phase.DEGRADED,
        (
            "True InImage, True SelfTestPassed, True Serving, "
            "True FailedCreate, True FailedCreate, True FailedCreate"
        ),
    ),
    "a refusal": (
        voice_service(),
        REFUSED,
        Phase.FAILED,
        (
            "True InImage, False ApplyRefused, False ApplyRefused, "
            "True ApplyRefused, True ApplyRefused, True ApplyRefused"
        ),
    ),
}
CACHING: dict[str, tuple[dict[str, Any], Observed | Seen, Phase, str, str]] = {
    "no claim": (NAMED, Observed(), Phase.PENDING, "False ClaimNotFound", "False"),
    "a Job that has not begun": (HUB, Observed(), Phase.CACHING, "False Pending", "False"),
    "a download": (
        HUB,
        downloading(1, 2),
        Phase.CACHING,
        "False Downloading",
        "False",
    ),
    "a download without a node": (
        HUB,
        Observed(job_pods=(unschedulable("fetch-x"),)),
        Phase.PENDING,
        "False Unschedulable",
        "False",
    ),
    "a download that failed": (
        HUB,
        Observed(job=job(condition("Failed")), job_pods=(FAILED_TRY,)),
        Phase.FAILED,
        "False HubUnauthorized",
        "True",
    ),
    "a download that no pod can be made for": (
        HUB,
        Observed(job=job(creationTimestamp=CREATED)),
        Phase.FAILED,
        "False FailedCreate",
        "True",
    ),
    "a download that was asked for just now": (
        HUB,
        Observed(job=job(creationTimestamp=NOW)),
        Phase.CACHING,
        "False Pending",
        "False",
    ),
    "a download that left nothing": (
        HUB,
        Observed(job=job(condition("Complete"))),
        Phase.CACHING,
        "False ResultMissing",
        "False",
    ),
    "suspended before the download": (
        {**HUB, "suspend": True},
        Observed(),
        Phase.SUSPENDED,
        "False Suspended",
        "False",
    ),
}


@pytest.mark.parametrize(
    ("service", "seen", "phase", "expected"),
    [*SERVING.values(), *STARTING.values(), *FAILING.values()],
    ids=[*SERVING, *STARTING, *FAILING],
)
def test_phase_and_conditions_follow_from_what_is_observed(
    service: VoiceService, seen: Observed, phase: Phase, expected: str
) -> None:
    status = decided(service, seen)
    assert status.phase is phase
    assert [one.type for one in status.conditions] == [
        "ModelCached",
        "WarmedUp",
        "Ready",
        "Stalled",
        "Reconciling",
        "Degraded",
    ]
    assert ", ".join(f"{one.status} {one.reason}" for one in status.conditions) == expected


@pytest.mark.parametrize(
    ("spec", "seen", "phase", "cached", "stalled"), CACHING.values(), ids=CACHING
)
def test_status_says_what_keeps_the_model_from_being_cached(
    spec: dict[str, Any], seen: Observed, phase: Phase, cached: str, stalled: str
) -> None:
    service = voice_service(**spec)
    status = decided(service, seen)
    conditions = {one.type: one for one in status.conditions}
    found = conditions["ModelCached"]
    assert (status.phase, f"{found.status} {found.reason}") == (phase, cached)
    assert conditions["Stalled"].status == stalled
    assert conditions["Reconciling"].status == str(not service.spec.suspend)
    assert conditions["Ready"].reason == found.reason


def test_failed_download_is_reported_though_no_pod_is_wanted() -> None:
    service = voice_service(**HUB, replicas=0)
    failed = Observed(job=job(condition("Failed")), job_pods=(FAILED_TRY,))
    assert decided(service, failed).phase is Phase.FAILED
    assert decided(service, Observed()).phase is Phase.CACHING
    assert decided(service, downloaded(checkpoint())).phase is Phase.SUSPENDED


def test_every_phase_occurs() -> None:
    cases = [*SERVING.values(), *STARTING.values(), *FAILING.values(), *CACHING.values()]
    assert {case[2] for case in cases} == set(Phase)


def test_every_reason_and_phase_is_documented() -> None:
    cases = [*SERVING.values(), *STARTING.values(), *FAILING.values()]
    statuses = [decided(service, seen) for service, seen, *_ in cases]
    statuses += [decided(voice_service(**spec), seen) for spec, seen, *_ in CACHING.values()]
    reasons = {one.reason for status in statuses for one in status.conditions}
    pages = [(ROOT / "docs" / name).read_text() for name in ("voiceservice.md", "failure-modes.md")]
    assert {reason for reason in reasons if f"`{reason}`" not in "".join(pages)} == set()
    assert {phase for phase in Phase if f"| `{phase}` |" not in pages[0]} == set()


def test_diagnosis_in_degraded_names_the_pod_and_a_refusal_names_none() -> None:
    def degraded(seen: Observed | Seen) -> str:
        return decided(voice_service(), seen).conditions[-1].message

    assert degraded(seen_with(unschedulable())) == "pod narrator-0: no node is free"
    assert degraded(REFUSED) == "unknown field"
    assert degraded(Observed(deployment=FORBIDDEN)) == QUOTA


def test_a_pod_that_begins_with_another_container_says_so() -> None:
    first = {"name": "first", "state": {"running": {}}}
    status = decided(voice_service(), seen_with(pod(initContainerStatuses=[first])))
    ready = status.conditions[2]
    assert ready.message == "the service starts after the container first"


def test_reason_is_as_short_as_that_of_its_condition() -> None:
    status = decided(voice_service(), Seen(refusal=Diagnosis("x" * 200, "why", "")))
    assert status.reason == status.conditions[-1].reason == "x" * 128


def test_status_model_is_what_the_job_downloaded() -> None:
    claim = {"metadata": {"uid": "uid-of-claim"}, "spec": {}}
    seen = replace(downloaded(checkpoint()), claim=claim)
    status = decided(voice_service(**HUB), seen)
    assert status.model is not None
    assert status.model.model_dump(exclude_none=True) == {
        "source": "nvidia/a-model",
        "revision": COMMIT,
        "sha256": SHA256,
        "bytes": 1000,
        "directory": f"a-model@{COMMIT}",
        "place": "narrator-models",
        "claim_uid": "uid-of-claim",
    }
    assert status.vocoder is None
    assert status.phases is not None
    assert status.phases.cache_seconds == 7.5


def test_status_names_what_the_model_is_and_keeps_it() -> None:
    facts: dict[str, Any] = {"kind": "FastPitch", "languages": ["es"], "speakers": 174}
    service = voice_service(**HUB)
    for seen in (downloaded(checkpoint(**facts)), Observed()):
        status = decided(service, seen)
        assert status.model is not None
        assert status.model.languages == ("es",)
        assert (status.model.kind, status.model.speakers) == ("FastPitch", 174)
        service = service.model_copy(update={"status": status})


def test_unsupported_model_is_said_with_the_first_try_and_names_the_field() -> None:
    message = "acme/x cannot be served. It is a CTC recogniser, which is not served."
    error = {"reason": "UnsupportedModel", "message": message, "checkpoint": "model"}
    status = decided(
        voice_service(**HUB), Observed(job=job(), job_pods=(job_pod({"error": error}),))
    )
    assert (status.phase, status.reason) == (Phase.FAILED, "UnsupportedModel")
    cached = status.conditions[0]
    assert (cached.status, cached.reason) == ("False", "UnsupportedModel")
    assert cached.message.startswith(f"{message} Name another model in model.source; it is not")


def test_status_of_the_demo_has_only_the_source() -> None:
    status = decided(voice_service(), Observed())
    assert status.model == status.vocoder
    assert status.model is not None
    assert status.model.model_dump(exclude_none=True) == {"source": "demo"}


def test_status_keeps_the_last_model_until_the_next_is_verified() -> None:
    before = {"source": "nvidia/before", "revision": "1", "sha256": SHA256}
    service = with_status(voice_service(**HUB), model=before, refresh="1")
    status = decided(service, downloading(1, None))
    assert status.model is not None
    assert (status.model.source, status.refresh) == ("nvidia/before", "1")
    assert status.progress is not None
    assert (status.progress.done_bytes, status.progress.total_bytes) == (1, None)


def test_progress_ends_when_the_model_is_verified() -> None:
    result = downloaded(checkpoint())
    seen = downloading(1, 1, result)
    assert decided(voice_service(**HUB), seen).progress is None


def test_phase_seconds_are_those_of_the_slowest_ready_pod_and_are_kept() -> None:
    quick = PodReadiness(PodPhase.READY, None, ready=True, seconds={PodPhase.LOADING: 1.0})
    seen = seen_with(pod(ready=True), reported={"a": quick, "narrator-0": READY, "b": WARMING})
    phases = decided(voice_service(), seen).phases
    assert phases is not None
    assert (phases.cache_seconds, phases.load_seconds, phases.warmup_seconds) == (None, 3.0, 2.0)
    later = with_status(voice_service(), phases={"load_seconds": 9.0})
    kept = decided(later, seen_with(pod())).phases
    assert kept is not None
    assert kept.load_seconds == 9.0
    assert decided(voice_service(), Observed()).phases is None


def test_load_is_in_the_status_only_with_scaling() -> None:
    load = Load(decision=2, reason="LoadRose")
    seen = Observed(scaling_decision=ScalingDecision(2, 2, load))
    assert decided(voice_service(scaling={"max": 4}), seen).load == load
    assert decided(voice_service(), seen).load is None


def test_status_has_counts_endpoint_and_selector() -> None:
    gone = pod("narrator-2", leaving=True), pod("narrator-3", phase="Failed", reason="Evicted")
    seen = seen_with(pod(ready=True), pod("narrator-1"), *gone)
    status = decided(voice_service(replicas=3, service={"port": 80}), seen)
    assert (status.replicas, status.ready_replicas, status.desired_replicas) == (2, 1, 3)
    assert status.endpoint == "http://narrator.speech.svc:80"
    assert status.selector == (
        "nemo-voice.dev/voiceservice=narrator,app.kubernetes.io/component=serving"
    )


def test_condition_keeps_its_time_while_its_status_stays() -> None:
    first = decided(voice_service(), seen_with(pod(ready=True), deployment=deployment()))
    service = voice_service().model_copy(update={"status": first})
    seen = seen_with(waiting("CrashLoopBackOff"))
    later = decided(service, seen, now="2027-01-01T00:00:00Z")
    times = {one.type: one.last_transition_time[:4] for one in later.conditions}
    assert times == {
        "ModelCached": "2026",
        "WarmedUp": "2027",
        "Ready": "2027",
        "Stalled": "2027",
        "Reconciling": "2027",
        "Degraded": "2027",
    }


def test_unreadable_resource_keeps_its_status_with_what_is_wrong_of_its_generation() -> None:
    ready = condition("Ready", lastTransitionTime="2025-01-01T00:00:00Z")
    healthy = condition("Degraded", "False", lastTransitionTime="2025-01-01T00:00:00Z")
    before = {"phase": "Ready", "replicas": 2, "conditions": [ready, healthy]}
    problem = "spec.task: no such task"
    status: Any = status_of_unreadable(before, problem, generation=7, now=NOW)
    assert (status["phase"], status["replicas"]) == ("Failed", 2)
    assert (status["observedGeneration"], status["reason"]) == (7, "NotUnderstood")
    assert status["conditions"][0] == ready
    told = status["conditions"][1:]
    assert [one["type"] for one in told] == ["Stalled", "Reconciling", "Degraded"]
    for one in told:
        assert (one["reason"], one["lastTransitionTime"]) == ("NotUnderstood", NOW)
        assert one["observedGeneration"] == 7
        assert problem in one["message"]
    later = "2027-01-01T00:00:00Z"
    assert status_of_unreadable(status, problem, generation=7, now=later) == status
    assert status_of_unreadable({}, "x", generation=1, now=NOW)["phase"] == "Failed"
