"""Objects with the name of an owned object: when they are ours, and when they are left alone."""

from typing import Any

import pytest

from nemo_voice_operator.desired.cache import cache_claim, cache_job
from nemo_voice_operator.errors import NameTaken
from nemo_voice_operator.kube.labels import MANAGED_BY, SERVICE_LABEL
from nemo_voice_operator.kube.ownership import is_ours, why_not_ours
from nemo_voice_operator.settings import OperatorSettings
from support.operator.scenes import NAMESPACE, Scene
from support.operator.voice_services import verified_plan, voice_service

SETTINGS = OperatorSettings()
HUB = voice_service(model={"source": "nvidia/a-model"})
PARAKEET = {"source": "nvidia/parakeet-tdt-1.1b"}
MINE = {**MANAGED_BY, SERVICE_LABEL: "narrator"}


def owner(name: str = "narrator", kind: str = "VoiceService", **more: Any) -> dict[str, Any]:
    group = "nemo-voice.dev/v1alpha1" if kind == "VoiceService" else "apps/v1"
    return {"apiVersion": group, "kind": kind, "name": name, "uid": "1", **more}


def thing(kind: str = "Deployment", **metadata: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": "narrator", "namespace": NAMESPACE, **metadata}}


@pytest.mark.parametrize(
    ("found", "ours"),
    [
        (thing(), False),
        (thing(ownerReferences=[owner()]), True),
        (thing(ownerReferences=[owner(uid="of a life before", controller=True)]), True),
        (thing(ownerReferences=[owner("another")]), False),
        (thing(ownerReferences=[owner(apiVersion="example.com/v1")]), False),
        (thing(labels=MINE), True),
        (thing(labels={**MINE, "nemo-voice.dev/voiceservice": "another"}), False),
        (thing(labels={"app.kubernetes.io/managed-by": "Helm"}), False),
        (thing(labels=MINE, ownerReferences=[owner("web", "ReplicaSet", controller=True)]), False),
        (thing(labels=MINE, ownerReferences=[owner("web", "ReplicaSet")]), True),
        (thing(managedFields=[{"manager": "nemo-voice-operator", "operation": "Apply"}]), True),
        (thing(managedFields=[{"manager": "nemo-voice-operator", "operation": "Update"}]), False),
        (thing(managedFields=[{"manager": "helm", "operation": "Apply"}]), False),
        (
            thing(
                ownerReferences=[owner("another", controller=True)],
                managedFields=[{"manager": "nemo-voice-operator", "operation": "Apply"}],
            ),
            False,
        ),
    ],
)
def test_object_is_ours_by_owner_labels_or_field_manager(found: dict[str, Any], ours: bool) -> None:
    assert is_ours(found, voice_service()) is ours


def test_cache_job_is_of_all_sharers_and_a_retained_claim_of_its_next_owner() -> None:
    plan = verified_plan(HUB, SETTINGS)
    job, claim = cache_job(HUB, plan, SETTINGS), cache_claim(HUB, plan, SETTINGS)
    assert job is not None
    assert claim is not None
    shared = {**job, "metadata": {**job["metadata"], "ownerReferences": [owner("another")]}}  # type: ignore[dict-item]
    assert is_ours(shared, HUB)
    assert is_ours(claim, HUB)


def test_message_names_the_owner_and_the_remedy() -> None:
    reported = why_not_ours(thing("Service"))
    assert reported.startswith(
        "Service narrator is somebody else's and was not touched: delete it, "
    )
    web = thing(ownerReferences=[owner("web", "ReplicaSet", controller=True)])
    assert "is ReplicaSet web's and" in why_not_ours(web)
    assert "cache.claimName" in why_not_ours(thing("PersistentVolumeClaim"))
    other = thing("Service", ownerReferences=[owner("another", controller=True)])
    assert why_not_ours(other) == (
        "Service narrator is VoiceService another's and was not touched: "
        "give one of the two VoiceServices another name"
    )


def foreign_object(scene: Scene, kind: str, version: str, name: str = "narrator") -> dict[str, Any]:
    """Puts somebody else's object there, which no watch of ours shows."""
    metadata = {"name": name, "namespace": NAMESPACE}
    made = scene.cluster.create(
        {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": {}}
    )
    return dict(made)


@pytest.mark.parametrize(
    ("kind", "version"), [("Service", "v1"), ("Deployment", "apps/v1"), ("NetworkPolicy", "v1")]
)
def test_objects_of_others_are_never_touched(scene: Scene, kind: str, version: str) -> None:
    before = foreign_object(scene, kind, version)
    scene.apply()
    for _ in range(2):
        with pytest.raises(NameTaken, match=f"{kind} narrator is somebody else's"):
            scene.reconcile()
    assert scene.cluster.get(kind, "narrator") == before
    assert scene.condition("Degraded") == ("True", "NameTaken")
    assert [event["reason"] for event in scene.cluster.events].count("NameTaken") == 1
    del scene.cluster.objects[kind, NAMESPACE, "narrator"]
    scene.settle()
    assert scene.condition("Degraded") == ("False", "AsExpected")


def test_kinds_that_conflict_are_applied_without_a_read(scene: Scene) -> None:
    scene.apply()
    scene.reconcile()
    assert "read Deployment" not in scene.cluster.calls
    assert "read Service" in scene.cluster.calls


def test_service_without_a_selector_is_not_taken_over(scene: Scene) -> None:
    before = foreign_object(scene, "Service", "v1")
    scene.apply()
    with pytest.raises(NameTaken, match="Service narrator is somebody else's"):
        scene.reconcile()
    assert scene.cluster.get("Service", "narrator") == before
    assert "apply Service" not in scene.cluster.calls


def test_service_of_another_voice_service_is_never_taken_over(scene: Scene) -> None:
    """Its own name is that of the headless Service of the other."""
    scene.apply("narrator-headless")
    scene.settle("narrator-headless")
    before = scene.cluster.get("Service", "narrator-headless")
    scene.apply("narrator")
    for _ in range(2):
        with pytest.raises(NameTaken, match="is VoiceService narrator-headless's"):
            scene.reconcile("narrator")
    assert scene.cluster.get("Service", "narrator-headless") == before
    assert scene.condition("Degraded", "narrator") == ("True", "NameTaken")


def test_who_has_the_name_of_the_headless_service_keeps_nobody_from_serving(scene: Scene) -> None:
    """As after an upgrade, where somebody made one by hand before."""
    before = foreign_object(scene, "Service", "v1", "narrator-headless")
    scene.apply()
    for _ in range(2):
        with pytest.raises(NameTaken, match="Service narrator-headless is somebody else's"):
            scene.reconcile()
        scene.roll_out()
    with pytest.raises(NameTaken):
        scene.reconcile()
    assert scene.condition("Ready")[0] == "True"
    assert scene.condition("Degraded") == ("True", "NameTaken")
    assert scene.cluster.get("Service", "narrator-headless") == before


def test_our_object_without_its_label_is_repaired(scene: Scene) -> None:
    scene.serve_demo()
    service = scene.cluster.get("Service", "narrator")
    bare = {k: v for k, v in service["metadata"].items() if k not in {"labels", "ownerReferences"}}
    scene.cluster.change("Service", "narrator", metadata=bare, spec={"ports": []})
    scene.settle()
    assert scene.cluster.get("Service", "narrator")["metadata"]["labels"]
    assert scene.cluster.get("Service", "narrator")["spec"]["ports"]


def test_claim_of_somebody_else_is_not_used(scene: Scene) -> None:
    foreign_object(scene, "PersistentVolumeClaim", "v1", "narrator-models")
    scene.apply(model=PARAKEET)
    with pytest.raises(NameTaken, match=r"name it in cache\.claimName"):
        scene.reconcile()
    assert not scene.cluster.names("Job")


def test_retained_claim_is_used_again(scene: Scene) -> None:
    scene.apply(model=PARAKEET)
    scene.settle()
    for place in list(scene.cluster.objects):
        if place[0] != "PersistentVolumeClaim":
            del scene.cluster.objects[place]
    scene.apply(model=PARAKEET)
    scene.settle()
    assert scene.cluster.names("Job")


def test_read_write_once_pod_claim_is_refused_with_a_message(scene: Scene) -> None:
    scene.create_claim("models", "ReadWriteOncePod")
    scene.apply(model=PARAKEET, cache={"claimName": "models"})
    scene.settle()
    assert not scene.cluster.names("Job")
    assert scene.condition("ModelCached") == ("False", "SinglePodVolume")
    assert scene.condition("Degraded") == ("True", "SinglePodVolume")
