"""`rollout.strategy: replace`: a good pod stays until the preflight succeeded, or is restored."""

from datetime import datetime
from typing import Any

import pytest

from nemo_voice_operator.desired.names import digest_in, labels_of
from nemo_voice_operator.kube.ownership import owner_references
from nemo_voice_operator.state.observed import Observed, Preflight
from nemo_voice_operator.state.plan import Plan
from nemo_voice_operator.status.preflight_status import preflight_diagnosis
from support.operator.observations import CREATED, NOW, condition, job, job_pod, pod
from support.operator.scenes import NAMESPACE, Scene
from support.operator.voice_services import voice_service

REPLACE: dict[str, Any] = {"rollout": {"strategy": "replace"}}
NEXT = "registry.example/next:2"
TIME = datetime.fromisoformat(NOW)
FAILED = condition("Failed", reason="BackoffLimitExceeded", message="once is enough")


@pytest.fixture
def serving(scene: Scene) -> Scene:
    """A VoiceService whose one pod serves and goes first when it changes."""
    scene.serve_demo(**REPLACE)
    return scene


def image_of(scene: Scene) -> str:
    template = scene.cluster.get("Deployment", "narrator")["spec"]["template"]
    return str(template["spec"]["containers"][0]["image"])


def test_serving_pod_stays_until_the_preflight_succeeded(serving: Scene) -> None:
    before = image_of(serving)
    serving.apply(image=NEXT)
    serving.settle()
    assert image_of(serving) == before
    job = serving.cluster.get("Job", serving.only_job())
    assert job["spec"]["template"]["spec"]["containers"][0]["image"] == NEXT
    assert job["metadata"]["ownerReferences"][0]["name"] == "narrator"
    assert job["spec"]["activeDeadlineSeconds"] > 600, (
        "what cannot be mounted would wait without end"
    )
    assert serving.condition("Reconciling") == ("True", "Preflight")
    assert (serving.status()["phase"], serving.condition("Degraded")[0]) == ("Ready", "False")
    serving.pass_preflight()
    serving.settle()
    assert image_of(serving) == NEXT
    assert not serving.cluster.names("Job"), "its result has been read"
    assert serving.condition("Reconciling") == ("True", "RollingOut")


def test_failed_preflight_holds_the_change_back(serving: Scene) -> None:
    before = image_of(serving)
    serving.apply(image=NEXT)
    serving.settle()
    serving.fail_preflight(
        {"error": {"reason": "CacheDamaged", "message": "weights.ckpt is damaged"}}
    )
    serving.settle()
    assert image_of(serving) == before
    assert serving.condition("Degraded") == ("True", "CacheDamaged")
    assert serving.condition("Stalled") == ("True", "CacheDamaged")
    assert serving.condition("Reconciling") == ("True", "CacheDamaged")
    assert serving.condition("Ready") == ("True", "Serving")
    assert serving.status()["phase"] == "Degraded"
    assert serving.cluster.events[-1]["reason"] == "CacheDamaged"
    assert "weights.ckpt is damaged" in str(serving.cluster.events[-1]["note"])


def test_failed_preflight_is_repeated_later_and_another_spec_tried_at_once(serving: Scene) -> None:
    serving.apply(image=NEXT)
    serving.settle()
    serving.fail_preflight({"error": {"reason": "CacheDamaged", "message": ""}})
    serving.settle()
    first = serving.only_job()
    assert serving.reconcile() == 300.0
    serving.pass_time(301)
    reported = len(serving.cluster.events)
    serving.reconcile()
    assert not serving.cluster.names("Job")
    serving.reconcile()
    assert serving.only_job() == first
    assert serving.condition("Degraded") == ("True", "CacheDamaged"), "until this one has ended"
    assert len(serving.cluster.events) == reported
    serving.apply(image="registry.example/mended:3")
    serving.settle()
    assert serving.only_job() != first


@pytest.mark.parametrize("ended", ["Complete", "Failed"])
def test_job_named_proof_by_an_older_operator_is_deleted_and_no_preflight(
    serving: Scene, ended: str
) -> None:
    metadata = {
        "name": "narrator-proof-0123456789",
        "namespace": NAMESPACE,
        "labels": labels_of(voice_service("narrator"), "proof"),
        "ownerReferences": owner_references([serving.cluster.get("VoiceService", "narrator")]),
    }
    conditions = [condition(ended, lastTransitionTime=CREATED)]
    serving.cluster.create(
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": metadata,
            "spec": {},
            "status": {"conditions": conditions},
        }
    )
    before = image_of(serving)
    serving.apply(image=NEXT)
    serving.settle()
    assert serving.only_job().startswith("narrator-preflight-")
    assert image_of(serving) == before
    assert serving.condition("Reconciling") == ("True", "Preflight")
    assert serving.condition("Degraded") == ("False", "AsExpected")


@pytest.mark.parametrize(
    ("kind", "now", "of_older"),
    [("WarmedUp", "SelfTestPassed", "CanaryPassed"), ("Reconciling", "Preflight", "Proving")],
)
def test_reasons_of_an_older_operator_are_replaced_without_a_transition(
    serving: Scene, kind: str, now: str, of_older: str
) -> None:
    serving.apply(image=NEXT)
    serving.settle()
    status, reported = serving.status(), len(serving.cluster.events)
    assert serving.condition(kind) == ("True", now)
    renamed = [
        {**one, "reason": of_older} if one["type"] == kind else one for one in status["conditions"]
    ]
    serving.cluster.change("VoiceService", "narrator", status={**status, "conditions": renamed})
    serving.pass_time(10)
    serving.settle()
    assert serving.status() == status
    assert len(serving.cluster.events) == reported


def test_reverted_change_needs_no_preflight(serving: Scene) -> None:
    serving.apply(image=NEXT)
    serving.settle()
    serving.apply(image=None)
    serving.settle()
    assert not serving.cluster.names("Job")
    assert serving.condition("Reconciling") == ("False", "Settled")


@pytest.mark.parametrize(
    "spec",
    [{"replicas": 0}, {"suspend": True}, {"rollout": {"strategy": "surge"}}],
    ids=["no replicas", "suspended", "surge"],
)
def test_no_preflight_where_no_good_pod_would_be_replaced(
    serving: Scene, spec: dict[str, Any]
) -> None:
    serving.apply(image=NEXT, **spec)
    serving.settle()
    assert image_of(serving) == NEXT
    assert not serving.cluster.names("Job")


def test_change_before_the_first_good_template_needs_no_preflight(scene: Scene) -> None:
    scene.apply(**REPLACE)
    scene.settle()
    scene.apply(image=NEXT)
    scene.settle()
    assert image_of(scene) == NEXT


def test_change_that_leaves_the_pods_alone_needs_no_preflight(serving: Scene) -> None:
    serving.apply(service={"annotations": {"a": "b"}}, replicas=2)
    serving.settle()
    assert not serving.cluster.names("Job")
    assert serving.cluster.get("Deployment", "narrator")["spec"]["replicas"] == 2


def test_preflight_follows_the_download(scene: Scene) -> None:
    first = {"source": "nvidia/parakeet-tdt-1.1b", "revision": "one"}
    scene.serve(model=first, **REPLACE)
    scene.apply(model={**first, "revision": "two"})
    scene.settle()
    assert scene.only_job().startswith("nemo-voice-cache-")
    scene.finish_download("f" * 40)
    scene.settle()
    assert scene.only_job().startswith("narrator-preflight-")
    scene.pass_preflight()
    scene.settle()
    assert not scene.cluster.names("Job")
    assert scene.condition("Reconciling") == ("True", "RollingOut")


def failing_pod(scene: Scene, restarts: int) -> None:
    """Replaces the old pod by one that ends at every start."""
    scene.cluster.objects.pop(("Pod", NAMESPACE, "narrator-0"), None)
    ended = {"exitCode": 1, "reason": "Error", "message": "the self-test failed: it is silent"}
    state = {
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": ended},
    }
    scene.pod("narrator-9", containerStatuses=[{**state, "restartCount": restarts}])
    scene.readiness_client.reported.clear()
    deployment = scene.cluster.get("Deployment", "narrator")
    seen = {"observedGeneration": deployment["metadata"]["generation"]}
    scene.cluster.change("Deployment", "narrator", status=seen)


def test_self_test_that_fails_at_every_start_is_rolled_back_early(serving: Scene) -> None:
    before = image_of(serving)
    serving.apply(image=NEXT)
    serving.settle()
    serving.pass_preflight()
    serving.settle()
    failing_pod(serving, restarts=2)
    serving.settle()
    assert image_of(serving) == NEXT, "it may yet come"
    failing_pod(serving, restarts=3)
    serving.settle()
    assert image_of(serving) == before
    assert serving.condition("Degraded") == ("True", "RolledBack")
    serving.roll_out()
    serving.settle()
    [degraded] = [one for one in serving.status()["conditions"] if one["type"] == "Degraded"]
    assert degraded["reason"] == "RolledBack"
    assert "the self-test failed: it is silent" in degraded["message"], "though its pod is gone"


def test_pod_that_was_ready_in_between_is_not_rolled_back_early(serving: Scene) -> None:
    serving.apply(image=NEXT)
    serving.settle()
    serving.pass_preflight()
    serving.settle()
    failing_pod(serving, restarts=3)
    pod = serving.cluster.get("Pod", "narrator-9")
    unready = {"type": "Ready", "status": "False", "lastTransitionTime": "2026-01-01T00:03:00Z"}
    began = {"startTime": "2026-01-01T00:00:00Z", "conditions": [unready]}
    serving.cluster.change("Pod", "narrator-9", status={**pod["status"], **began})
    serving.settle()
    assert image_of(serving) == NEXT
    serving.cluster.change(
        "Pod", "narrator-9", status={**pod["status"], **began, "startTime": "2026-01-01T00:02:59Z"}
    )
    serving.settle()
    assert image_of(serving) != NEXT


def test_a_pod_carries_the_digest_of_its_template(serving: Scene) -> None:
    template = serving.cluster.get("Deployment", "narrator")["spec"]["template"]
    assert digest_in(template)
    assert digest_in(serving.cluster.get("Pod", "narrator-0")) == digest_in(template)


WANTED = Plan(replicas=1, preflight="preflight")
SPEC = voice_service().spec


def seen(*pods: dict[str, Any], ended: dict[str, str] | None = None) -> Observed:
    conditions = [ended] if ended else []
    return Observed(preflights={"preflight": Preflight(job(*conditions), pods)})


def ended_pod(output: str, created: str = CREATED) -> dict[str, Any]:
    return job_pod(message=output, created=created) | {
        "status": {
            "phase": "Failed",
            "containerStatuses": [
                {"state": {"terminated": {"exitCode": 1, "reason": "Error", "message": output}}}
            ],
        }
    }


def test_preflight_whose_pod_cannot_be_created_is_diagnosed() -> None:
    waits = Observed(preflights={"preflight": Preflight(job(creationTimestamp=CREATED))})
    found = preflight_diagnosis(SPEC, WANTED, waits, TIME)
    assert found is not None
    assert (found.reason, "its Events say why" in found.message) == ("FailedCreate", True)
    assert preflight_diagnosis(SPEC, WANTED, waits, datetime.fromisoformat(CREATED)) is None


def test_running_or_absent_preflight_has_no_diagnosis() -> None:
    assert preflight_diagnosis(SPEC, WANTED, Observed(), TIME) is None
    assert preflight_diagnosis(SPEC, Plan(replicas=1), seen(ended=FAILED), TIME) is None
    assert preflight_diagnosis(SPEC, WANTED, seen(), TIME) is None
    assert preflight_diagnosis(SPEC, WANTED, seen(ended_pod("stopped")), TIME) is None, (
        "another pod follows"
    )


def test_preflight_pod_that_cannot_start_is_diagnosed_at_once() -> None:
    state = {"state": {"waiting": {"reason": "ErrImagePull", "message": "no such image"}}}
    found = preflight_diagnosis(
        SPEC, WANTED, seen(pod("preflight-1", containerStatuses=[state])), TIME
    )
    assert found is not None
    assert (found.reason, found.message) == ("ImagePullBackOff", "no such image")


def test_preflight_without_a_result_is_diagnosed_by_its_pod() -> None:
    output = "error: The environment variable NEMO_VOICE_NEW is not a setting."
    found = preflight_diagnosis(SPEC, WANTED, seen(ended_pod(output), ended=FAILED), TIME)
    assert found is not None
    assert found.reason == "Error"
    assert output in found.message


def test_preflight_without_a_pod_is_diagnosed_by_its_job() -> None:
    found = preflight_diagnosis(SPEC, WANTED, seen(ended=FAILED), TIME)
    assert found is not None
    assert (found.reason, found.message) == ("BackoffLimitExceeded", "once is enough")
