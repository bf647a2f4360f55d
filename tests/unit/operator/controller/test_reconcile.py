"""What reconciles leave in a cluster, step by step through the life of a VoiceService."""

from collections.abc import Sequence

import pytest
from typing_extensions import override

from nemo_voice_operator.api.status import Load
from nemo_voice_operator.errors import ClusterError, Conflict, Refused, Unavailable
from nemo_voice_operator.kube.objects import Key, Object
from nemo_voice_operator.planning.planning import ROLLED_BACK
from nemo_voice_operator.state.observed import ScalingDecision
from nemo_voice_operator.state.pod_reports import CacheProgress, PodPhase, PodReadiness
from support.operator.fake_cluster import FakePods
from support.operator.scenes import COMMIT, NAMESPACE, Scene

PARAKEET = {"source": "nvidia/parakeet-tdt-1.1b"}
NEXT_COMMIT = "f" * 40


def test_a_demo_becomes_pods_without_a_claim_or_a_download(scene: Scene) -> None:
    scene.apply()
    scene.settle()
    assert scene.cluster.names("Deployment") == ["narrator"]
    assert scene.cluster.names("Service") == ["narrator", "narrator-headless"]
    assert not scene.cluster.names("Job")
    assert not scene.cluster.names("PersistentVolumeClaim")
    assert scene.condition("ModelCached") == ("True", "InImage")
    assert scene.status()["phase"] == "Pending"


def test_ready_when_a_pod_is_ready(scene: Scene) -> None:
    scene.apply()
    scene.settle()
    scene.pod("narrator-0")
    scene.settle()
    assert (scene.status()["phase"], scene.condition("Ready")) == ("Loading", ("False", "Loading"))
    scene.readiness_client.reported["narrator-0"] = PodReadiness(
        PodPhase.WARMING, "batch of 8", ready=False
    )
    scene.settle()
    assert scene.status()["phase"] == "Warming"
    scene.roll_out()
    scene.settle()
    status = scene.status()
    assert (status["phase"], status["readyReplicas"]) == ("Ready", 1)
    assert status["phases"] == {"loadSeconds": 3.0, "warmupSeconds": 2.0}
    assert status["endpoint"] == "http://narrator.speech.svc:5001"
    assert scene.condition("Reconciling") == ("False", "Settled")


def test_slow_pod_delays_no_change(scene: Scene) -> None:
    class ReadinessClient(FakePods):
        @override
        async def readiness(self, pods: Sequence[Object]) -> dict[str, PodReadiness]:
            done_before.append(list(scene.cluster.calls))
            return await super().readiness(pods)

    done_before: list[list[str]] = []
    scene.apply()
    scene.settle()
    scene.pod("narrator-0")
    scene.apply(replicas=2)
    scene.cluster.calls.clear()
    scene.reconciler.readiness_client = ReadinessClient()
    scene.reconcile()
    (calls,) = done_before
    assert "apply Deployment" in calls, "readiness is requested once, after the change"


def test_reconcile_without_changes_writes_nothing(scene: Scene) -> None:
    scene.apply()
    scene.settle()
    scene.roll_out()
    scene.settle()
    scene.cluster.calls.clear()
    scene.pass_time(3600)
    scene.reconcile()
    assert scene.cluster.calls == []


def test_changed_object_is_restored(scene: Scene) -> None:
    scene.apply()
    scene.settle()
    spec = scene.cluster.get("Deployment", "narrator")["spec"]
    scene.cluster.change("Deployment", "narrator", spec={**spec, "replicas": 7})
    scene.settle()
    assert scene.cluster.get("Deployment", "narrator")["spec"]["replicas"] == 1


def test_deleted_object_is_recreated(scene: Scene) -> None:
    scene.apply()
    scene.settle()
    del scene.cluster.objects["Service", NAMESPACE, "narrator"]
    scene.settle()
    assert scene.cluster.names("Service") == ["narrator", "narrator-headless"]


def test_no_pod_starts_before_the_model_is_in_the_claim(scene: Scene) -> None:
    scene.apply(model=PARAKEET)
    scene.settle()
    assert not scene.cluster.names("Deployment")
    assert scene.cluster.names("PersistentVolumeClaim") == ["narrator-models"]
    assert (scene.status()["phase"], scene.condition("ModelCached")) == (
        "Caching",
        ("False", "Pending"),
    )
    scene.finish_download()
    scene.settle()
    assert scene.cluster.names("Deployment") == ["narrator"]
    assert not scene.cluster.names("Job"), "its result is recorded"
    model = scene.status()["model"]
    assert (model["revision"], model["bytes"]) == (COMMIT, 1000)
    assert scene.status()["phases"]["cacheSeconds"] == 7.5


def test_progress_of_the_download_is_in_the_status(scene: Scene) -> None:
    scene.apply(model=PARAKEET)
    scene.settle()
    job = scene.only_job()
    labels = {"batch.kubernetes.io/job-name": job}
    metadata = {"name": f"{job}-x", "namespace": NAMESPACE, "labels": labels}
    scene.cluster.create(
        {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "status": {"phase": "Running"}}
    )
    scene.readiness_client.download = CacheProgress("downloading", 10, 40)
    scene.reconcile()
    assert scene.status()["progress"] == {
        "phase": "downloading",
        "doneBytes": 10,
        "totalBytes": 40,
    }
    assert scene.condition("ModelCached") == ("False", "Downloading")


def test_failed_download_is_reported_and_repeated_later(scene: Scene) -> None:
    scene.apply(model=PARAKEET)
    scene.settle()
    scene.fail_download("HubUnauthorized", "the hub wants a token")
    scene.settle()
    assert scene.condition("ModelCached") == ("False", "HubUnauthorized")
    assert scene.condition("Degraded") == ("True", "HubUnauthorized")
    assert scene.status()["phase"] == "Failed"
    assert [event["reason"] for event in scene.cluster.events] == ["HubUnauthorized"]
    scene.pass_time(299)
    scene.settle()
    assert len(scene.cluster.names("Job")) == 1
    scene.pass_time(2)
    scene.reconcile()
    assert not scene.cluster.names("Job")
    scene.reconcile()
    assert len(scene.cluster.names("Job")) == 1


def test_a_claim_that_is_missing_is_named_and_waited_for(scene: Scene) -> None:
    scene.apply(model=PARAKEET, cache={"claimName": "models"})
    scene.settle()
    assert not scene.cluster.names("Job")
    assert scene.condition("ModelCached") == ("False", "ClaimNotFound")
    assert scene.status()["phase"] == "Pending"
    metadata = {"name": "models", "namespace": NAMESPACE}
    spec = {"accessModes": ["ReadWriteMany"]}
    scene.cluster.create(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": metadata,
            "spec": spec,
        }
    )
    scene.settle()
    assert len(scene.cluster.names("Job")) == 1
    assert "ownerReferences" not in scene.cluster.get("PersistentVolumeClaim", "models")["metadata"]


def test_pods_keep_the_old_model_until_the_new_one_is_verified(scene: Scene) -> None:
    scene.serve(model={**PARAKEET, "revision": COMMIT})
    before = scene.cluster.get("Deployment", "narrator")["spec"]["template"]
    scene.apply(model={**PARAKEET, "revision": NEXT_COMMIT})
    scene.settle()
    assert scene.cluster.get("Deployment", "narrator")["spec"]["template"] == before
    assert scene.status()["model"]["revision"] == COMMIT
    assert (scene.status()["phase"], scene.condition("Reconciling")) == (
        "Ready",
        ("True", "Pending"),
    )
    scene.finish_download(NEXT_COMMIT)
    scene.settle()
    assert scene.cluster.get("Deployment", "narrator")["spec"]["template"] != before
    assert scene.status()["model"]["revision"] == NEXT_COMMIT


def test_failed_download_of_a_new_revision_keeps_the_old_pods(scene: Scene) -> None:
    scene.serve(model={**PARAKEET, "revision": COMMIT})
    scene.apply(model={**PARAKEET, "revision": NEXT_COMMIT})
    scene.settle()
    scene.fail_download("RevisionNotFound", "no such revision")
    scene.settle()
    assert (scene.status()["phase"], scene.condition("Ready")) == ("Degraded", ("True", "Serving"))
    assert scene.condition("Degraded") == ("True", "RevisionNotFound")


def test_refresh_annotation_resolves_the_newest_revision_once(scene: Scene) -> None:
    scene.apply(model=PARAKEET)
    scene.settle()
    scene.finish_download()
    scene.settle()
    assert not scene.cluster.names("Job")
    metadata = scene.cluster.get("VoiceService", "narrator")["metadata"]
    annotations = {"nemo-voice.dev/refresh": "2026-01-02"}
    scene.cluster.change(
        "VoiceService", "narrator", metadata={**metadata, "annotations": annotations}
    )
    scene.settle()
    assert len(scene.cluster.names("Job")) == 1
    scene.finish_download(NEXT_COMMIT)
    scene.settle()
    assert scene.status()["model"]["revision"] == NEXT_COMMIT
    assert not scene.cluster.names("Job")


def test_services_with_the_same_claim_and_model_share_one_download(scene: Scene) -> None:
    scene.create_claim("models", "ReadWriteMany")
    for name in ("narrator", "reader"):
        scene.apply(name, model=PARAKEET, cache={"claimName": "models"})
        scene.reconcile(name)
    scene.settle("narrator")
    scene.settle("reader")
    owners = scene.cluster.get("Job", scene.only_job())["metadata"]["ownerReferences"]
    assert sorted(owner["name"] for owner in owners) == ["narrator", "reader"]
    assert not any(owner.get("controller") for owner in owners)
    scene.finish_download()
    scene.settle("narrator")
    assert len(scene.cluster.names("Job")) == 1, "the other has not read its result yet"
    scene.settle("reader")
    assert scene.status("reader")["model"]["revision"] == COMMIT
    scene.settle("narrator")
    assert not scene.cluster.names("Job")


def test_suspended_voice_service_runs_no_pods_and_keeps_its_model(scene: Scene) -> None:
    scene.apply(model=PARAKEET)
    scene.settle()
    scene.finish_download()
    scene.settle()
    scene.apply(suspend=True)
    scene.settle()
    assert scene.cluster.get("Deployment", "narrator")["spec"]["replicas"] == 0
    assert scene.status()["phase"] == "Suspended"
    assert scene.status()["model"]["revision"] == COMMIT
    scene.apply(suspend=False)
    scene.settle()
    assert scene.cluster.get("Deployment", "narrator")["spec"]["replicas"] == 1
    assert not scene.cluster.names("Job")


def test_failed_change_with_replace_is_rolled_back(scene: Scene) -> None:
    scene.apply(rollout={"strategy": "replace"})
    scene.settle()
    scene.roll_out()
    scene.settle()
    good = scene.cluster.get("Deployment", "narrator")["spec"]["template"]
    assert len(scene.cluster.names("ControllerRevision")) == 1
    scene.apply(image="registry.example/broken:1")
    scene.settle()
    scene.pass_preflight()
    scene.settle()
    assert scene.cluster.get("Deployment", "narrator")["spec"]["template"] != good
    stuck = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
    generation = scene.cluster.get("Deployment", "narrator")["metadata"]["generation"]
    stuck_status = {"conditions": [stuck], "observedGeneration": generation}
    scene.cluster.change("Deployment", "narrator", status=stuck_status)
    scene.settle()
    assert scene.cluster.get("Deployment", "narrator")["spec"]["template"] == good
    assert scene.condition("Degraded") == ("True", ROLLED_BACK)
    scene.roll_out()
    scene.settle()
    assert (scene.status()["phase"], scene.condition("Degraded")) == (
        "Degraded",
        ("True", ROLLED_BACK),
    )
    scene.apply(image="registry.example/mended:2")
    scene.settle()
    scene.pass_preflight()
    scene.settle()
    template = scene.cluster.get("Deployment", "narrator")["spec"]["template"]
    assert template["spec"]["containers"][0]["image"] == "registry.example/mended:2"


def test_diagnosis_of_a_pod_is_in_the_status(scene: Scene) -> None:
    scene.apply()
    scene.settle()
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}
    scene.pod("narrator-0", containerStatuses=[{"state": waiting}])
    scene.readiness_client.reported.clear()
    scene.settle()
    assert scene.condition("Ready") == ("False", "ImagePullBackOff")
    assert scene.condition("Degraded") == ("True", "ImagePullBackOff")
    assert scene.status()["phase"] == "Failed"


def test_unschedulable_pod_is_pending_with_the_schedulers_message(scene: Scene) -> None:
    scene.apply()
    scene.settle()
    unschedulable = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": "0/1 nodes are available: 1 Insufficient nvidia.com/gpu.",
    }
    scene.pod("narrator-0", conditions=[unschedulable])
    scene.readiness_client.reported.clear()
    scene.settle()
    assert scene.status()["phase"] == "Pending"
    conditions = {one["type"]: one for one in scene.status()["conditions"]}
    assert "Insufficient nvidia.com/gpu" in conditions["Ready"]["message"]


def test_uncreatable_pods_cause_an_event(scene: Scene) -> None:
    scene.apply()
    scene.settle()
    scene.cluster.events.clear()
    quota = 'pods "narrator-7d4" is forbidden: exceeded quota: gpus'
    refused = {
        "type": "ReplicaFailure",
        "status": "True",
        "reason": "FailedCreate",
        "message": quota,
    }
    scene.cluster.change("Deployment", "narrator", status={"conditions": [refused]})
    scene.settle()
    assert scene.condition("Ready") == ("False", "FailedCreate")
    assert scene.condition("Degraded") == ("True", "FailedCreate")
    assert [(event["type"], event["reason"], event["note"]) for event in scene.cluster.events] == [
        ("Warning", "FailedCreate", quota)
    ]
    scene.roll_out()
    scene.settle()
    assert scene.condition("Degraded") == ("False", "AsExpected")


def test_evicted_pod_is_not_read(scene: Scene) -> None:
    """Another pod may have its address by now."""
    scene.apply()
    scene.settle()
    scene.pod("narrator-0", phase="Failed", reason="Evicted", message="disk is full")
    scene.settle()
    assert scene.condition("WarmedUp") == ("False", "Evicted"), (
        "not what the next pod of its address reports"
    )
    assert scene.reconcile() is None


def test_refusal_is_in_the_status_and_fails_the_reconcile(scene: Scene) -> None:
    scene.apply()
    scene.cluster.fails["apply Deployment"] = Refused("affinity: unknown field", status=422)
    with pytest.raises(Refused):
        scene.reconcile()
    assert scene.condition("Degraded") == ("True", "ApplyRefused")


def test_autoscaler_decides_the_replicas_within_the_limits(scene: Scene) -> None:
    scene.apply(scaling={"min": 2, "max": 4})
    scene.settle()
    assert scene.cluster.get("Deployment", "narrator")["spec"]["replicas"] == 2
    key = next(scene.object_cache.voice_services())
    scene.reconciler.scaling_decisions[key] = ScalingDecision(
        9, 9, Load(decision=9, reason="LoadRose")
    )
    scene.settle()
    assert scene.cluster.get("Deployment", "narrator")["spec"]["replicas"] == 4


def test_restarted_operator_keeps_the_replicas(scene: Scene) -> None:
    scene.apply(scaling={"min": 1, "max": 4})
    scene.settle()
    key = next(scene.object_cache.voice_services())
    scene.reconciler.scaling_decisions[key] = ScalingDecision(
        3, 3, Load(decision=3, reason="LoadRose")
    )
    scene.settle()
    scene.reconciler.scaling_decisions.clear()
    scene.settle()
    assert scene.cluster.get("Deployment", "narrator")["spec"]["replicas"] == 3


def test_unwanted_objects_are_deleted(scene: Scene) -> None:
    scene.apply()
    scene.settle()
    assert scene.cluster.names("NetworkPolicy") == ["narrator"]
    scene.apply(networkPolicy={"enabled": False})
    scene.settle()
    assert not scene.cluster.names("NetworkPolicy")


def test_objects_of_others_with_our_label_are_kept(scene: Scene) -> None:
    scene.apply()
    scene.settle()
    labels = {"nemo-voice.dev/voiceservice": "narrator"}
    metadata = {"name": "theirs", "namespace": NAMESPACE, "labels": labels}
    scene.cluster.create({"apiVersion": "v1", "kind": "Service", "metadata": metadata})
    scene.settle()
    assert scene.cluster.names("Service") == ["narrator", "narrator-headless", "theirs"]


def begin_deletion(scene: Scene) -> None:
    metadata = scene.cluster.get("VoiceService", "narrator")["metadata"]
    leaving = {**metadata, "deletionTimestamp": "2026-01-01T00:00:00Z"}
    scene.cluster.change("VoiceService", "narrator", metadata=leaving)
    scene.cluster.calls.clear()
    scene.cluster.events.clear()


def test_terminating_voice_service_gets_its_status_and_nothing_else(scene: Scene) -> None:
    scene.apply()
    scene.settle()
    scene.roll_out()
    scene.settle()
    begin_deletion(scene)
    assert scene.reconcile() is None
    assert scene.cluster.calls == ["apply status"]
    assert scene.status()["phase"] == "Terminating"
    assert scene.condition("Ready") == ("True", "Serving"), "somebody's finalizer keeps it"
    for kind in ("Deployment", "Service", "Pod"):
        for name in scene.cluster.names(kind):
            del scene.cluster.objects[kind, NAMESPACE, name]
    scene.reconcile()
    assert scene.condition("Ready") == ("False", "Terminating")
    assert (scene.status()["phase"], scene.status()["readyReplicas"]) == ("Terminating", 0)
    scene.reconcile()
    assert scene.cluster.calls == ["apply status"] * 2, "nothing comes back, nothing is repeated"
    assert scene.cluster.events == []


@pytest.mark.parametrize(
    "response",
    [Refused("not found", status=404), Conflict("another of its name", status=409)],
    ids=["gone", "another"],
)
def test_voice_service_deleted_before_its_status_is_written_fails_no_reconcile(
    scene: Scene, response: ClusterError
) -> None:
    scene.apply()
    scene.settle()
    begin_deletion(scene)
    scene.cluster.fails["apply status"] = response
    assert scene.reconcile() is None


def test_failed_status_of_a_terminating_voice_service_fails_the_reconcile(scene: Scene) -> None:
    scene.apply()
    scene.settle()
    begin_deletion(scene)
    scene.cluster.fails["apply status"] = Unavailable("busy", status=503)
    with pytest.raises(Unavailable):
        scene.reconcile()


def test_unreadable_terminating_voice_service_is_left_alone(scene: Scene) -> None:
    scene.apply(task="translate")
    begin_deletion(scene)
    assert scene.reconcile() is None
    assert scene.cluster.calls == []


def test_decision_that_comes_after_the_voice_service_is_gone_is_dropped(scene: Scene) -> None:
    late = ScalingDecision(replicas=3, wanted=3, load=Load(in_flight=20.0, decision=3))
    scene.reconciler.scaling_decisions[Key(NAMESPACE, "narrator")] = late
    assert scene.reconcile() is None
    scene.apply(scaling={"max": 4})
    scene.reconcile()
    assert scene.cluster.get("Deployment", "narrator")["spec"]["replicas"] == 1


def test_only_a_claim_that_is_not_retained_has_an_owner(scene: Scene) -> None:
    scene.apply(model=PARAKEET)
    scene.apply("reader", model=PARAKEET, cache={"size": "5Gi", "retain": False})
    scene.reconcile("narrator")
    scene.reconcile("reader")
    kept = scene.cluster.get("PersistentVolumeClaim", "narrator-models")
    dropped = scene.cluster.get("PersistentVolumeClaim", "reader-models")
    assert "ownerReferences" not in kept["metadata"]
    assert [owner["name"] for owner in dropped["metadata"]["ownerReferences"]] == ["reader"]
