"""Reconciles of malformed, deleted and recreated objects: reported and repaired."""

from typing import Any

import pytest

from nemo_voice_operator.api.status import Load
from nemo_voice_operator.errors import (
    ClusterError,
    Conflict,
    Forbidden,
    NotUnderstood,
    Refused,
    Unavailable,
    Unexplained,
)
from nemo_voice_operator.kube.kinds import SERVICE_MONITOR
from nemo_voice_operator.kube.objects import Key
from nemo_voice_operator.planning.planning import ROLLED_BACK
from nemo_voice_operator.state.observed import ScalingDecision
from nemo_voice_operator.state.plan import Capabilities
from support.operator.scenes import COMMIT, NAMESPACE, Scene

PARAKEET = {"source": "nvidia/parakeet-tdt-1.1b"}


def test_long_refusal_is_cut_in_the_status(scene: Scene) -> None:
    scene.apply()
    scene.cluster.fails["apply Deployment"] = Refused("invalid: " + "x" * 100_000, status=422)
    with pytest.raises(Refused):
        scene.reconcile()
    assert scene.condition("Degraded") == ("True", "ApplyRefused")


def test_refusal_of_a_right_has_its_own_reason(scene: Scene) -> None:
    scene.apply()
    scene.cluster.fails["apply Deployment"] = Forbidden("cannot patch deployments", status=403)
    with pytest.raises(Forbidden):
        scene.reconcile()
    assert scene.condition("Degraded") == ("True", "ApplyForbidden")


@pytest.mark.parametrize(
    "error", [Unavailable("calling webhook", status=500), Conflict("is modified", status=409)]
)
def test_error_that_is_no_refusal_is_reported_when_it_lasts(
    scene: Scene, error: ClusterError
) -> None:
    scene.apply()
    scene.cluster.fails["apply NetworkPolicy"] = error
    for _ in range(4):
        with pytest.raises(type(error)):
            scene.reconcile()
        assert "conditions" not in scene.status(), "it may soon be over"
    with pytest.raises(type(error)):
        scene.reconcile()
    assert scene.condition("Degraded") == ("True", "ApplyFailed")
    assert [event["note"] for event in scene.cluster.events] == [str(error)]
    scene.cluster.fails.clear()
    scene.settle()
    assert scene.condition("Degraded") == ("False", "AsExpected")


def test_a_refusal_that_is_worded_anew_each_time_is_not_written_each_time(scene: Scene) -> None:
    scene.apply()
    for port in range(40000, 40050):
        error = Refused(f"webhook: read tcp 10.0.0.1:{port}: connection reset", status=403)
        scene.cluster.fails["apply Deployment"] = error
        with pytest.raises(Refused):
            scene.reconcile()
        scene.pass_time(1)
    assert scene.cluster.calls.count("apply status") == 3, "the claim, and one in 30 s"
    scene.apply(replicas=2)
    scene.cluster.fails["apply Deployment"] = Refused("another", status=403)
    with pytest.raises(Refused):
        scene.reconcile()
    assert any(one["message"] == "another" for one in scene.status()["conditions"])


def test_api_server_that_does_not_respond_is_nothing_of_the_voice_service(scene: Scene) -> None:
    scene.apply()
    scene.cluster.fails["apply Deployment"] = Unavailable("cannot be reached")
    for _ in range(9):
        with pytest.raises(Unavailable):
            scene.reconcile()
    assert "conditions" not in scene.status()


@pytest.mark.parametrize(
    "error", [Refused("spec.image: invalid", status=422), Unexplained("no reason", status=500)]
)
def test_refused_status_is_told_in_an_event_of_always_the_same_name(
    scene: Scene, error: ClusterError, caplog: pytest.LogCaptureFixture
) -> None:
    scene.apply()
    scene.cluster.fails["apply status"] = error
    for _ in range(2):
        with pytest.raises(type(error)):
            scene.reconcile()
        scene.pass_time(60)
    first, second = scene.cluster.events
    assert (first["reason"], first["note"]) == ("StatusRefused", f"its status is refused: {error}")
    assert first["metadata"] == second["metadata"], "the API server refuses the second"
    assert caplog.messages == [f"status refused: {error}"] * 2
    scene.cluster.fails.clear()
    scene.settle()
    assert scene.status()["observedGeneration"] == 1


def test_status_of_a_voice_service_that_is_gone_is_told_nowhere(scene: Scene) -> None:
    scene.apply()
    scene.reconcile()
    scene.apply(replicas=2)
    scene.cluster.fails["apply status"] = Refused("not found", status=404)
    with pytest.raises(Refused):
        scene.reconcile()
    assert scene.cluster.events == []


@pytest.mark.parametrize(
    "error", [Refused("note: too long", status=422), Conflict("there already")]
)
def test_refused_event_fails_no_reconcile(scene: Scene, error: ClusterError) -> None:
    scene.apply(cache={"claimName": "missing"}, model=PARAKEET)
    scene.cluster.fails["record Event"] = error
    scene.settle()
    assert "record Event" not in scene.cluster.calls
    assert scene.condition("Degraded") == ("True", "ClaimNotFound")


def test_download_without_a_result_is_repeated(scene: Scene) -> None:
    scene.apply(model=PARAKEET)
    scene.settle()
    scene.finish_download()
    for pod in scene.cluster.names("Pod"):
        del scene.cluster.objects["Pod", NAMESPACE, pod]
    scene.settle()
    assert scene.condition("ModelCached") == ("False", "ResultMissing")
    assert scene.condition("Degraded") == ("False", "AsExpected")
    scene.pass_time(301)
    scene.reconcile()
    assert not scene.cluster.names("Job")
    scene.reconcile()
    scene.finish_download()
    scene.settle()
    assert scene.status()["model"]["revision"] == COMMIT


def test_log_line_in_place_of_a_result_fails_no_reconcile(scene: Scene) -> None:
    scene.apply(model=PARAKEET)
    scene.settle()
    scene._end_job({"level": "error", "error": "Traceback"}, "Failed", code=137)
    scene.settle()
    assert scene.condition("ModelCached") == ("False", "JobFailed")


def test_recreated_voice_service_inherits_no_scaling_decision(scene: Scene) -> None:
    scene.apply(scaling={"min": 1, "max": 9})
    scene.settle()
    key = Key(NAMESPACE, "narrator")
    scene.reconciler.scaling_decisions[key] = ScalingDecision(
        7, 7, Load(decision=7, reason="LoadRose")
    )
    scene.settle()
    assert scene.cluster.get("Deployment", "narrator")["spec"]["replicas"] == 7
    scene.cluster.objects.clear()
    scene.apply(scaling={"min": 1, "max": 9})
    scene.settle()
    assert scene.cluster.get("Deployment", "narrator")["spec"]["replicas"] == 1
    owner = scene.cluster.get("Deployment", "narrator")["metadata"]["ownerReferences"][0]
    assert owner["uid"] == scene.cluster.get("VoiceService", "narrator")["metadata"]["uid"]


def test_objects_of_the_same_name_are_taken_over_by_the_recreated_voice_service(
    scene: Scene,
) -> None:
    scene.apply()
    scene.settle()
    del scene.cluster.objects["VoiceService", NAMESPACE, "narrator"]
    scene.apply()
    scene.settle()
    uid = scene.cluster.get("VoiceService", "narrator")["metadata"]["uid"]
    for kind in ("Deployment", "Service", "NetworkPolicy"):
        (owner,) = scene.cluster.get(kind, "narrator")["metadata"]["ownerReferences"]
        assert owner["uid"] == uid


def test_nothing_is_kept_of_a_deleted_voice_service(scene: Scene) -> None:
    scene.apply(model=PARAKEET, scaling={"max": 3})
    scene.settle()
    key = Key(NAMESPACE, "narrator")
    scene.reconciler.scaling_decisions[key] = ScalingDecision(2, 2, Load(decision=2))
    scene.cluster.objects.clear()
    scene.reconcile()
    assert scene.reconciler._owned._applied == {}
    assert scene.reconciler._resolver._known == {}
    assert scene.reconciler.scaling_decisions == {}
    assert scene.object_cache.claim_users(NAMESPACE, "narrator-models") == []
    assert scene.reconcile() is None


def test_nothing_is_kept_of_a_deleted_job(scene: Scene) -> None:
    scene.apply(model=PARAKEET)
    scene.settle()
    scene.finish_download()
    scene.settle()
    applied = scene.reconciler._owned._applied[Key(NAMESPACE, "narrator")].states
    assert "Job" not in {reference.kind.name for reference in applied}


def test_replicas_are_the_specs_again_without_scaling(scene: Scene) -> None:
    scene.apply(scaling={"min": 1, "max": 9}, replicas=2)
    scene.settle()
    scene.reconciler.scaling_decisions[Key(NAMESPACE, "narrator")] = ScalingDecision(
        5, 6, Load(decision=5)
    )
    scene.settle()
    assert scene.status()["desiredReplicas"] == 6
    assert scene.status()["load"]["decision"] == 5
    scene.apply(scaling=None)
    scene.settle()
    assert scene.cluster.get("Deployment", "narrator")["spec"]["replicas"] == 2
    assert scene.status()["desiredReplicas"] == 2
    assert "load" not in scene.status()


def test_unreadable_resource_is_reported_once_and_recovers(scene: Scene) -> None:
    scene.apply()
    scene.settle()
    scene.apply(task="translate")
    for _ in range(2):
        with pytest.raises(NotUnderstood, match=r"spec\.task"):
            scene.reconcile()
    assert scene.cluster.calls == ["apply status", "record Event"]
    assert (scene.status()["phase"], scene.condition("Degraded")) == (
        "Failed",
        ("True", "NotUnderstood"),
    )
    (event,) = scene.cluster.events
    assert (event["type"], event["reason"]) == ("Warning", "NotUnderstood")
    assert "spec.task" in str(event["note"])
    assert scene.cluster.names("Deployment") == ["narrator"], "what runs is left alone"
    scene.apply(task="stt")
    scene.settle()
    assert scene.condition("Degraded") == ("False", "AsExpected")


def test_unreadable_resource_does_not_affect_others_of_its_claim(scene: Scene) -> None:
    scene.create_claim("models", "ReadWriteMany")
    for name in ("narrator", "reader"):
        scene.apply(name, model=PARAKEET, cache={"claimName": "models"})
        scene.settle(name)
    scene.apply("reader", task="translate")
    scene.settle("narrator")
    owners = scene.cluster.get("Job", scene.only_job())["metadata"]["ownerReferences"]
    assert [owner["name"] for owner in owners] == ["narrator"]


def test_a_monitor_that_is_not_wanted_any_more_is_deleted_once(scene: Scene) -> None:
    scene.reconciler.capabilities = Capabilities(frozenset({SERVICE_MONITOR}))
    scene.apply()
    scene.settle()
    assert scene.cluster.names("ServiceMonitor") == ["narrator"]
    scene.apply(monitoring={"serviceMonitor": "never"})
    scene.reconcile()
    assert not scene.cluster.names("ServiceMonitor")
    scene.settle()


def test_only_the_newest_good_template_is_kept(scene: Scene) -> None:
    scene.apply()
    scene.settle()
    scene.roll_out()
    scene.settle()
    (first,) = scene.cluster.names("ControllerRevision")
    scene.apply(image="registry.example/next:2")
    scene.settle()
    assert scene.cluster.names("ControllerRevision") == [first], (
        "no pod of the next one has been ready"
    )
    scene.roll_out()
    scene.settle()
    (second,) = scene.cluster.names("ControllerRevision")
    assert second != first


def test_a_spec_after_a_failure_is_tried_even_while_the_last_good_pods_fail(scene: Scene) -> None:
    scene.apply(rollout={"strategy": "replace"})
    scene.settle()
    scene.roll_out()
    scene.settle()

    def stuck() -> None:
        generation = scene.cluster.get("Deployment", "narrator")["metadata"]["generation"]
        failed = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
        status = {"conditions": [failed], "observedGeneration": generation}
        scene.cluster.change("Deployment", "narrator", status=status)

    scene.apply(image="registry.example/broken:1")
    scene.settle()
    scene.pass_preflight()
    scene.settle()
    stuck()
    scene.settle()
    assert scene.condition("Degraded") == ("True", ROLLED_BACK)
    stuck()
    scene.apply(image="registry.example/mended:2")
    scene.settle()
    scene.pass_preflight()
    scene.settle()
    template = scene.cluster.get("Deployment", "narrator")["spec"]["template"]
    assert template["spec"]["containers"][0]["image"] == "registry.example/mended:2"
    assert scene.condition("Degraded")[1] != ROLLED_BACK


def test_interrupted_reconcile_is_finished_by_the_next(scene: Scene) -> None:
    scene.apply()
    scene.cluster.fails["apply NetworkPolicy"] = Unavailable("away")
    with pytest.raises(Unavailable):
        scene.reconcile()
    assert not scene.cluster.names("Deployment")
    assert scene.status() == {"operator": "nemo-voice/nemo-voice-operator"}
    scene.cluster.fails.clear()
    scene.settle()
    assert scene.cluster.names("Deployment") == ["narrator"]


@pytest.mark.parametrize(("spec", "expected_s"), [({}, 2.0), ({"model": PARAKEET}, 2.0)])
def test_starting_pods_and_downloads_are_requeued_soon(
    scene: Scene, spec: dict[str, Any], expected_s: float
) -> None:
    scene.apply(**spec)
    scene.settle()
    if not spec:
        scene.pod("narrator-0")
    assert scene.reconcile() == expected_s


def test_removed_labels_and_owners_are_restored(scene: Scene) -> None:
    scene.apply()
    scene.settle()
    before = scene.cluster.get("Deployment", "narrator")["metadata"]
    bare = {name: before[name] for name in before if name not in {"labels", "ownerReferences"}}
    scene.cluster.change("Deployment", "narrator", metadata=bare)
    scene.settle()
    after = scene.cluster.get("Deployment", "narrator")["metadata"]
    assert (after["labels"], after["ownerReferences"]) == (
        before["labels"],
        before["ownerReferences"],
    )
