"""The plan: which models are verified, how many replicas, when a change is rolled back."""

import json
from typing import Any

import pytest

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.status import Condition, Load, Status
from nemo_voice_operator.desired.names import with_digest
from nemo_voice_operator.planning.job_results import cache_failure
from nemo_voice_operator.planning.planning import (
    plan_of,
    verified_model,
)
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.observed import Observed, ScalingDecision
from nemo_voice_operator.state.plan import VerifiedCheckpoint
from support.operator.observations import (
    COMMIT,
    NOW,
    SHA256,
    checkpoint,
    condition,
    deployment,
    downloaded,
    job,
    job_pod,
    pod,
    template,
)
from support.operator.voice_services import resolved, voice_service

SETTINGS = OperatorSettings()
HUB = {"source": "nvidia/a-model"}
VOCODER = {"source": "nvidia/tts_hifigan"}
VERIFIED = VerifiedCheckpoint("nvidia/a-model", COMMIT, SHA256, 1000, f"a-model@{COMMIT}")
RECORDED = {
    "source": "nvidia/a-model",
    "revision": COMMIT,
    "sha256": SHA256,
    "bytes": 1000,
    "directory": f"a-model@{COMMIT}",
}
EXCEEDED = condition("Progressing", "False", reason="ProgressDeadlineExceeded")


def with_status(
    service: VoiceService, *, refresh: str | None = None, **status: Any
) -> VoiceService:
    annotations = {"nemo-voice.dev/refresh": refresh} if refresh else {}
    metadata = service.metadata.model_copy(update={"annotations": annotations})
    reported = Status.model_validate(status)
    return service.model_copy(update={"metadata": metadata, "status": reported})


def decision(replicas: int) -> ScalingDecision:
    return ScalingDecision(replicas, replicas, Load())


def listener(**spec: Any) -> VoiceService:
    return voice_service(task="stt", **{"model": HUB, **spec})


def test_recorded_model_is_verified_without_a_job() -> None:
    service = with_status(listener(), model=RECORDED, phases={"cache_seconds": 3.0})
    found = verified_model(resolved(service), Observed())
    assert found is not None
    assert (found.model, found.vocoder, found.seconds) == (VERIFIED, None, 3.0)
    plan = plan_of(resolved(service), Observed(), SETTINGS)
    assert plan.serves
    assert plan.cache is not None
    assert not plan.cache.wants_job


@pytest.mark.parametrize(
    "change",
    [
        {"source": "nvidia/another"},
        {"requested": "main"},
        {"place": "another-claim"},
        {"place": "narrator-models from https://mirror.example"},
        {"revision": None},
        {"sha256": None},
    ],
    ids=json.dumps,
)
def test_record_of_another_or_half_a_model_verifies_nothing(change: dict[str, Any]) -> None:
    service = with_status(listener(), model={**RECORDED, **change})
    assert verified_model(resolved(service), Observed()) is None
    plan = plan_of(resolved(service), Observed(), SETTINGS)
    assert (plan.model, plan.serves) == (None, False)
    assert plan.cache is not None
    assert plan.cache.wants_job


@pytest.mark.parametrize(
    ("recorded", "there", "holds"),
    [("one", "one", True), ("one", "two", False), ("one", None, True), (None, "two", True)],
)
def test_recreated_claim_is_empty(recorded: str | None, there: str | None, holds: bool) -> None:
    claim = {"metadata": {"uid": there}, "spec": {}} if there else None
    service = with_status(listener(), model={**RECORDED, "claim_uid": recorded})
    assert (verified_model(resolved(service), Observed(claim=claim)) is not None) == holds


def test_record_without_size_and_folder_is_valid() -> None:
    bare = {name: RECORDED[name] for name in ("source", "revision", "sha256")}
    found = verified_model(resolved(with_status(listener(), model=bare)), Observed())
    assert found is not None
    assert (found.model.bytes, found.model.directory, found.seconds) == (0, "", 0.0)


def test_requested_digest_must_equal_the_recorded_one() -> None:
    requested = {"model": {**HUB, "sha256": SHA256}}
    assert (
        verified_model(resolved(with_status(listener(**requested), model=RECORDED)), Observed())
        is not None
    )
    requested = {"model": {**HUB, "sha256": "e" * 64}}
    assert (
        verified_model(resolved(with_status(listener(**requested), model=RECORDED)), Observed())
        is None
    )


def test_tts_is_verified_with_both_checkpoints() -> None:
    service = voice_service(model=HUB)
    vocoder = {**RECORDED, "source": "nvidia/tts_hifigan"}
    assert verified_model(resolved(with_status(service, model=RECORDED)), Observed()) is None
    found = verified_model(
        resolved(with_status(service, model=RECORDED, vocoder=vocoder)), Observed()
    )
    assert found is not None
    assert found.vocoder is not None
    assert found.vocoder.source == "nvidia/tts_hifigan"


def test_refresh_annotation_invalidates_the_record() -> None:
    assert (
        verified_model(resolved(with_status(listener(), refresh="2", model=RECORDED)), Observed())
        is None
    )
    same = with_status(listener(), refresh="2", model=RECORDED)
    same = same.model_copy(update={"status": same.status.model_copy(update={"refresh": "2"})})
    assert verified_model(resolved(same), Observed()) is not None


def test_downloaded_model_is_verified_at_once() -> None:
    found = verified_model(resolved(listener()), downloaded(checkpoint()))
    assert found is not None
    assert (found.model, found.seconds) == (VERIFIED, 7.5)
    demo = checkpoint("vocoder", source="demo", directory=None)
    found = verified_model(resolved(voice_service(model=HUB)), downloaded(checkpoint(), demo))
    assert found is not None
    assert found.vocoder is not None
    assert found.vocoder.directory == ""


@pytest.mark.parametrize(
    "seen",
    [
        Observed(),
        Observed(job=job(), job_pods=(job_pod({"checkpoints": [checkpoint()]}),)),
        Observed(job=job(condition("Complete"))),
        downloaded(),
        downloaded(checkpoint(), checkpoint("vocoder")),
        downloaded(checkpoint("vocoder")),
        downloaded({"role": "model"}),
        downloaded(checkpoint(revision=None)),
        downloaded(checkpoint(sha256="")),
        downloaded(checkpoint(bytes="many")),
        Observed(job=job(condition("Complete")), job_pods=(job_pod({"checkpoints": None}),)),
        Observed(job=job(condition("Complete")), job_pods=(job_pod({"checkpoints": [1]}),)),
        Observed(job=job(condition("Complete")), job_pods=(job_pod([1]),)),
        Observed(job=job(condition("Complete")), job_pods=(job_pod(message="not JSON"),)),
        Observed(job=job(condition("Complete")), job_pods=(job_pod(message=""),)),
        Observed(
            job=job(condition("Complete", "False")), job_pods=downloaded(checkpoint()).job_pods
        ),
    ],
)
def test_malformed_job_result_verifies_nothing_and_raises_nothing(seen: Observed) -> None:
    assert verified_model(resolved(listener()), seen) is None
    assert cache_failure(seen) is None


def test_malformed_seconds_do_not_invalidate_a_result() -> None:
    found = verified_model(resolved(listener()), downloaded(checkpoint(), seconds="long"))
    assert found is not None
    assert found.seconds == 0


@pytest.mark.parametrize(
    ("spec", "seen", "desired", "expected"),
    [
        ({"replicas": 3}, Observed(), 0, 3),
        ({"replicas": 3, "suspend": True}, Observed(), 0, 0),
        ({"replicas": 9, "scaling": {"min": 2, "max": 4}}, Observed(), 0, 2),
        ({"scaling": {"max": 4}}, Observed(scaling_decision=decision(9)), 0, 4),
        ({"scaling": {"max": 4}}, Observed(scaling_decision=decision(0)), 0, 1),
        (
            {"scaling": {"max": 4}},
            Observed(scaling_decision=decision(2), deployment=deployment(3)),
            0,
            2,
        ),
        ({"scaling": {"max": 4}}, Observed(deployment=deployment(3)), 2, 3),
        ({"scaling": {"max": 4}}, Observed(deployment=deployment(0)), 2, 2),
        ({"scaling": {"max": 4}}, Observed(), 9, 4),
    ],
)
def test_replicas_come_from_spec_or_autoscaler_or_the_deployment(
    spec: dict[str, Any], seen: Observed, desired: int, expected: int
) -> None:
    service = with_status(voice_service(**spec), desired_replicas=desired)
    assert plan_of(resolved(service), seen, SETTINGS).replicas == expected


def tried(*, refresh: str | None = None, **spec: Any) -> VoiceService:
    """A VoiceService of which the pods of the present spec have been applied."""
    spec = {"rollout": {"strategy": "replace"}, **spec}
    return with_status(voice_service(**spec), refresh=refresh, observed_generation=1)


def failing(**change: Any) -> Observed:
    seen = deployment(image="bad:2", conditions=[EXCEEDED])
    return Observed(**{"deployment": seen, "good_template": template(), **change})


def test_failed_change_is_rolled_back_to_the_last_good_template() -> None:
    plan = plan_of(resolved(tried()), failing(), SETTINGS)
    assert (plan.serves, plan.kept_template, plan.is_rolled_back) == (False, template(), True)


def test_change_with_one_ready_pod_is_not_rolled_back() -> None:
    running: dict[str, Any] = with_digest(template("bad:2"))
    seen = deployment(image="bad:2", conditions=[EXCEEDED])
    seen["spec"]["template"] = running
    serving = pod(ready=True)
    serving["metadata"]["annotations"] = running["metadata"]["annotations"]
    assert plan_of(resolved(tried()), failing(deployment=seen), SETTINGS).is_rolled_back
    assert not plan_of(
        resolved(tried()), failing(deployment=seen, pods=(serving,)), SETTINGS
    ).is_rolled_back


def test_record_is_valid_for_its_own_claim_and_mirror_only() -> None:
    service = with_status(listener(), model={**RECORDED, "place": "narrator-models"})
    assert verified_model(resolved(service), Observed()) is not None


@pytest.mark.parametrize(
    ("service", "seen"),
    [
        (tried(rollout={"strategy": "surge"}), failing()),
        (tried(), failing(good_template=None)),
        (tried(), failing(deployment=None)),
        (tried(), failing(deployment=deployment(image="bad:2"))),
        # The good pods themselves find no node: there is nothing better to go back to.
        (tried(), failing(deployment=deployment(conditions=[EXCEEDED]))),
        # Its status is about an older spec.
        (with_status(tried(), observed_generation=0), failing()),
        (
            tried(),
            failing(
                deployment=deployment(image="bad:2", conditions=[EXCEEDED], observedGeneration=0)
            ),
        ),
    ],
    ids=["surge", "no good ones", "none", "not failed", "good failed", "old spec", "not seen"],
)
def test_failure_of_other_pods_causes_no_rollback(service: VoiceService, seen: Observed) -> None:
    plan = plan_of(resolved(service), seen, SETTINGS)
    assert not plan.is_rolled_back
    assert plan.serves or plan.preflight, "the spec's own pods are on, or about to be tried"


def rolled_back(generation: int = 1) -> tuple[Condition, ...]:
    reported = condition("Degraded", reason="RolledBack", last_transition_time=NOW)
    return (Condition.model_validate({**reported, "observed_generation": generation}),)


def test_spec_that_was_rolled_back_is_not_tried_again() -> None:
    service = with_status(tried(), observed_generation=1, conditions=rolled_back())
    seen = Observed(deployment=deployment(), good_template=template())
    assert plan_of(resolved(service), seen, SETTINGS).is_rolled_back
    without = Observed(deployment=deployment())
    assert plan_of(resolved(service), without, SETTINGS).serves, "there is nothing else"


def test_changed_spec_or_refreshed_model_is_tried_after_a_rollback() -> None:
    seen = Observed(deployment=deployment(), good_template=template())
    changed = with_status(tried(), observed_generation=1, conditions=rolled_back(0))
    plan = plan_of(resolved(changed), seen, SETTINGS)
    assert (plan.is_rolled_back, bool(plan.preflight)) == (False, True)
    hub = tried(task="stt", model=HUB)
    failed = with_status(hub, observed_generation=1, conditions=rolled_back(), model=RECORDED)
    assert plan_of(resolved(failed), seen, SETTINGS).is_rolled_back
    refreshed = with_status(hub, refresh="2", conditions=rolled_back(), model=RECORDED)
    plan = plan_of(resolved(refreshed), seen, SETTINGS)
    assert (plan.is_rolled_back, plan.kept_template) == (False, template())
    result = downloaded(checkpoint())
    newest = Observed(
        deployment=deployment(),
        good_template=template(),
        job=result.job,
        job_pods=result.job_pods,
        claim={"metadata": {"uid": "one"}, "spec": {}},
    )
    plan = plan_of(resolved(refreshed), newest, SETTINGS)
    assert (plan.is_rolled_back, bool(plan.preflight)) == (False, True)
    demo = with_status(tried(), refresh="2", conditions=rolled_back())
    assert plan_of(resolved(demo), seen, SETTINGS).is_rolled_back, "the demo has no newer revision"


@pytest.mark.parametrize(
    ("modes", "single"), [(["ReadWriteMany"], False), (["ReadWriteOnce"], True)]
)
def test_access_modes_of_a_named_claim_are_read_from_it(modes: list[str], single: bool) -> None:
    service = listener(cache={"claimName": "models"})
    claim = {"metadata": {"uid": "one"}, "spec": {"accessModes": modes}}
    plan = plan_of(resolved(service), Observed(claim=claim), SETTINGS)
    assert plan.cache is not None
    assert (plan.cache.claim, plan.cache.single_node) == ("models", single)
    assert plan.cache.wants_job


def test_missing_named_claim_keeps_pods_and_starts_no_job() -> None:
    service = with_status(listener(cache={"claimName": "models"}), model=RECORDED)
    plan = plan_of(resolved(service), Observed(deployment=deployment()), SETTINGS)
    assert (plan.serves, plan.kept_template) == (False, template())
    fresh = plan_of(resolved(listener(cache={"claimName": "models"})), Observed(), SETTINGS)
    assert fresh.cache is not None
    assert not fresh.cache.wants_job


def test_nothing_is_downloaded_for_a_suspended_service() -> None:
    plan = plan_of(resolved(listener(suspend=True)), Observed(), SETTINGS)
    assert plan.cache is not None
    assert not plan.cache.wants_job
