"""`rollout.strategy: replace`: a good pod stays until the change is proven, or comes back."""

from datetime import datetime
from typing import Any

import pytest

from nemo_voice_operator.desired.names import digest_in
from nemo_voice_operator.state.observed import Observed, Preflight
from nemo_voice_operator.state.plan import Plan
from nemo_voice_operator.status.preflight_status import preflight_diagnosis
from support.operator.observations import CREATED, NOW, condition, job, job_pod, pod
from support.operator.scenes import NAMESPACE, Scene

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


def test_the_pod_stays_until_the_change_is_proven(serving: Scene) -> None:
    before = image_of(serving)
    serving.apply(image=NEXT)
    serving.settle()
    assert image_of(serving) == before
    job = serving.cluster.get("Job", serving.only_job())
    assert job["spec"]["template"]["spec"]["containers"][0]["image"] == NEXT
    assert job["metadata"]["ownerReferences"][0]["name"] == "narrator"
    assert job["spec"]["activeDeadlineSeconds"] > 600, "what cannot be mounted would wait for ever"
    assert serving.condition("Progressing") == ("True", "Preflight")
    assert (serving.status()["phase"], serving.condition("Degraded")[0]) == ("Ready", "False")
    serving.pass_preflight()
    serving.settle()
    assert image_of(serving) == NEXT
    assert not serving.cluster.names("Job"), "it has said what it had to say"
    assert serving.condition("Progressing") == ("True", "RollingOut")


def test_a_change_that_is_not_proven_never_reaches_the_pod(serving: Scene) -> None:
    before = image_of(serving)
    serving.apply(image=NEXT)
    serving.settle()
    serving.fail_preflight(
        {"error": {"reason": "CacheDamaged", "message": "weights.ckpt is damaged"}}
    )
    serving.settle()
    assert image_of(serving) == before
    assert serving.condition("Degraded") == ("True", "CacheDamaged")
    assert serving.condition("Progressing") == ("False", "CacheDamaged")
    assert serving.condition("Ready") == ("True", "Serving")
    assert serving.status()["phase"] == "Degraded"
    assert serving.cluster.events[-1]["reason"] == "CacheDamaged"
    assert "weights.ckpt is damaged" in str(serving.cluster.events[-1]["note"])


def test_a_proof_that_failed_is_tried_again_later_and_another_spec_at_once(serving: Scene) -> None:
    serving.apply(image=NEXT)
    serving.settle()
    serving.fail_preflight({"error": {"reason": "CacheDamaged", "message": ""}})
    serving.settle()
    first = serving.only_job()
    assert serving.look() == 300.0
    serving.pass_time(301)
    told = len(serving.cluster.events)
    serving.look()
    assert not serving.cluster.names("Job")
    serving.look()
    assert serving.only_job() == first
    assert serving.condition("Degraded") == ("True", "CacheDamaged"), "until this one has ended"
    assert len(serving.cluster.events) == told
    serving.apply(image="registry.example/mended:3")
    serving.settle()
    assert serving.only_job() != first


def test_taking_the_change_back_needs_no_proof(serving: Scene) -> None:
    serving.apply(image=NEXT)
    serving.settle()
    serving.apply(image=None)
    serving.settle()
    assert not serving.cluster.names("Job")
    assert serving.condition("Progressing") == ("False", "Settled")


@pytest.mark.parametrize(
    "spec",
    [{"replicas": 0}, {"suspend": True}, {"rollout": {"strategy": "surge"}}],
    ids=["no replicas", "suspended", "surge"],
)
def test_where_no_good_pod_would_go_nothing_is_proven(serving: Scene, spec: dict[str, Any]) -> None:
    serving.apply(image=NEXT, **spec)
    serving.settle()
    assert image_of(serving) == NEXT
    assert not serving.cluster.names("Job")


def test_before_anything_was_good_a_change_is_tried_at_once(scene: Scene) -> None:
    scene.apply(**REPLACE)
    scene.settle()
    scene.apply(image=NEXT)
    scene.settle()
    assert image_of(scene) == NEXT


def test_what_does_not_change_the_pods_needs_no_proof(serving: Scene) -> None:
    serving.apply(service={"annotations": {"a": "b"}}, replicas=2)
    serving.settle()
    assert not serving.cluster.names("Job")
    assert serving.cluster.get("Deployment", "narrator")["spec"]["replicas"] == 2


def test_a_download_and_a_proof_of_it_come_one_after_the_other(scene: Scene) -> None:
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
    assert scene.condition("Progressing") == ("True", "RollingOut")


def failing_pod(scene: Scene, restarts: int) -> None:
    """Lets the old pod go for one that ends at every start."""
    scene.cluster.objects.pop(("Pod", NAMESPACE, "narrator-0"), None)
    ended = {"exitCode": 1, "reason": "Error", "message": "the canary failed: it says nothing"}
    state = {
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": ended},
    }
    scene.pod("narrator-9", containerStatuses=[{**state, "restartCount": restarts}])
    scene.readiness_client.told.clear()
    deployment = scene.cluster.get("Deployment", "narrator")
    seen = {"observedGeneration": deployment["metadata"]["generation"]}
    scene.cluster.change("Deployment", "narrator", status=seen)


def test_a_canary_that_fails_at_every_start_brings_the_good_pod_back_early(serving: Scene) -> None:
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
    assert "the canary failed: it says nothing" in degraded["message"], "though its pod is gone"


def test_a_pod_that_was_ready_in_between_does_not_fail_at_every_start(serving: Scene) -> None:
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


def seen(*pods: dict[str, Any], ended: dict[str, str] | None = None) -> Observed:
    conditions = [ended] if ended else []
    return Observed(preflights={"preflight": Preflight(job(*conditions), pods)})


def ended_pod(words: str, created: str = CREATED) -> dict[str, Any]:
    return job_pod(message=words, created=created) | {
        "status": {
            "phase": "Failed",
            "containerStatuses": [
                {"state": {"terminated": {"exitCode": 1, "reason": "Error", "message": words}}}
            ],
        }
    }


def test_a_proof_that_no_pod_can_be_made_for_says_so() -> None:
    waits = Observed(preflights={"preflight": Preflight(job(creationTimestamp=CREATED))})
    found = preflight_diagnosis(WANTED, waits, TIME)
    assert found is not None
    assert (found.reason, "its Events say why" in found.message) == ("FailedCreate", True)
    assert preflight_diagnosis(WANTED, waits, datetime.fromisoformat(CREATED)) is None


def test_while_it_runs_and_where_there_is_none_nothing_is_wrong() -> None:
    assert preflight_diagnosis(WANTED, Observed(), TIME) is None
    assert preflight_diagnosis(Plan(replicas=1), seen(ended=FAILED), TIME) is None
    assert preflight_diagnosis(WANTED, seen(), TIME) is None
    assert preflight_diagnosis(WANTED, seen(ended_pod("stopped")), TIME) is None, (
        "another pod follows"
    )


def test_what_keeps_its_pod_from_starting_is_told_at_once() -> None:
    state = {"state": {"waiting": {"reason": "ErrImagePull", "message": "no such image"}}}
    found = preflight_diagnosis(WANTED, seen(pod("preflight-1", containerStatuses=[state])), TIME)
    assert found is not None
    assert (found.reason, found.message) == ("ImagePullBackOff", "no such image")


def test_without_a_result_its_last_words_are_the_reason() -> None:
    words = "error: The environment variable NEMO_VOICE_NEW is not a setting."
    found = preflight_diagnosis(WANTED, seen(ended_pod(words), ended=FAILED), TIME)
    assert found is not None
    assert found.reason == "Error"
    assert words in found.message


def test_without_any_pod_the_job_says_why() -> None:
    found = preflight_diagnosis(WANTED, seen(ended=FAILED), TIME)
    assert found is not None
    assert (found.reason, found.message) == ("BackoffLimitExceeded", "once is enough")
