"""One operator per VoiceService: what an operator does with those that another one manages."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from nemo_voice_operator.api import KIND
from nemo_voice_operator.api.status import Load
from nemo_voice_operator.errors import NotUnderstood, Refused, Unavailable
from nemo_voice_operator.kube.leases import WATCHES_ANNOTATION
from nemo_voice_operator.kube.objects import Key
from nemo_voice_operator.kube.ownership import owner_references
from nemo_voice_operator.state.observed import ScalingDecision
from support.operator.scenes import NAMESPACE, Scene

MINE, OTHER = "nemo-voice/nemo-voice-operator", "other/nemo-voice-operator"
KEY = Key(NAMESPACE, "narrator")
PARAKEET = {"source": "nvidia/parakeet-tdt-1.1b"}


def other_operator(scene: Scene, renewal: int = 0, **spec: Any) -> None:
    """Lets the other operator renew its Lease."""
    renewed = {"holderIdentity": "pod-1", "renewTime": str(renewal), "leaseDurationSeconds": 15}
    metadata = {
        "name": "nemo-voice-operator",
        "namespace": "other",
        "uid": "lease",
        "annotations": {WATCHES_ANNOTATION: spec.pop("watches", "*")},
    }
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata}
    scene.cluster.create({**lease, "spec": {**renewed, **spec}})


def claimed_by_other(scene: Scene, name: str = "narrator", **spec: Any) -> None:
    """Creates a VoiceService that the other operator, which is alive, has claimed."""
    scene.apply(name, **spec)
    scene.cluster.change(KIND, name, status={"operator": OTHER, "phase": "Ready"})
    other_operator(scene)


def reasons(scene: Scene) -> list[str]:
    return [str(event["reason"]) for event in scene.cluster.events]


def writes(scene: Scene) -> list[str]:
    return [call for call in scene.cluster.calls if not call.startswith(("read", "record"))]


def test_the_claim_is_written_before_anything_owned(scene: Scene) -> None:
    scene.apply()
    scene.reconcile()
    assert scene.cluster.calls[0] == "apply status"
    assert [call for call in scene.cluster.calls if call.startswith("apply")][1:]
    assert scene.status()["operator"] == MINE
    assert reasons(scene) == []


def test_the_claim_stays_in_every_later_status(scene: Scene) -> None:
    scene.serve_demo()
    assert (scene.status()["phase"], scene.status()["operator"]) == ("Ready", MINE)
    scene.apply(task="translate")
    with pytest.raises(NotUnderstood):
        scene.reconcile()
    assert (scene.status()["phase"], scene.status()["operator"]) == ("Failed", MINE)


def test_a_status_without_a_claim_is_kept_when_it_is_claimed(scene: Scene) -> None:
    scene.serve(model=PARAKEET)
    model = scene.status()["model"]
    older = {name: value for name, value in scene.status().items() if name != "operator"}
    scene.cluster.change(KIND, "narrator", status=older)
    scene.cluster.calls.clear()
    scene.settle()
    assert scene.status()["operator"] == MINE
    assert scene.status()["model"] == model
    assert not scene.cluster.names("Job"), "nothing is downloaded again"


def test_nothing_is_made_under_a_definition_that_keeps_no_claims(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = scene.cluster.apply_status

    async def pruned(resource: Any, status: dict[str, Any], **how: bool) -> Any:
        known = {name: value for name, value in status.items() if name != "operator"}
        return await write(resource, known, **how)

    monkeypatch.setattr(scene.cluster, "apply_status", pruned)
    scene.apply()
    with pytest.raises(NotUnderstood, match="older than this operator"):
        scene.reconcile()
    assert reasons(scene) == ["NotUnderstood"]
    assert not scene.cluster.names("Deployment")


def test_of_two_that_claim_at_once_one_has_it(scene: Scene) -> None:
    scene.apply()
    scene.cluster.show(scene.object_cache)
    other_operator(scene)
    scene.cluster.change(KIND, "narrator", status={"operator": OTHER})
    assert asyncio.run(scene.reconciler.reconcile(KEY)) == pytest.approx(5)
    assert writes(scene) == ["apply status"], "which was refused"
    assert scene.status() == {"operator": OTHER}
    scene.reconcile()
    assert reasons(scene) == ["ManagedElsewhere"]


@pytest.mark.parametrize("changed", [{}, {"replicas": 3}, {"task": "translate"}])
def test_what_another_operator_manages_is_not_touched(
    scene: Scene, changed: dict[str, Any]
) -> None:
    claimed_by_other(scene)
    scene.apply(**changed)
    for renewal in range(1, 50):
        other_operator(scene, renewal)
        assert scene.reconcile() == pytest.approx(5)
        scene.pass_time(5)
    assert writes(scene) == []
    assert scene.status() == {"operator": OTHER, "phase": "Ready"}


def test_an_event_names_the_other_operator_once(scene: Scene) -> None:
    claimed_by_other(scene)
    for renewal in range(1, 5):
        other_operator(scene, renewal)
        scene.reconcile()
        scene.pass_time(5)
    (event,) = scene.cluster.events
    assert (event["type"], event["reason"]) == ("Warning", "ManagedElsewhere")
    assert OTHER in str(event["note"])
    assert MINE in str(event["note"])
    third = "third/nemo-voice-operator"
    scene.cluster.change(KIND, "narrator", status={"operator": third})
    lease = scene.cluster.get("Lease", "nemo-voice-operator", "other")
    scene.cluster.create({**lease, "metadata": {**lease["metadata"], "namespace": "third"}})
    scene.reconcile()
    assert reasons(scene) == ["ManagedElsewhere"] * 2
    assert third in str(scene.cluster.events[-1]["note"])


def test_an_event_that_could_not_be_written_is_written_later(scene: Scene) -> None:
    claimed_by_other(scene)
    scene.cluster.fails["record Event"] = Unavailable("away")
    with pytest.raises(Unavailable):
        scene.reconcile()
    assert scene.reconciler.claims.conflict(), "readiness says so all the same"
    scene.cluster.fails.clear()
    scene.reconcile()
    assert reasons(scene) == ["ManagedElsewhere"]


def test_an_event_that_is_refused_delays_nothing(scene: Scene) -> None:
    claimed_by_other(scene)
    scene.cluster.fails["record Event"] = Refused("exceeded quota", status=403)
    assert scene.reconcile() == scene.reconciler.claims.ask_again_s


def test_a_lease_that_may_not_be_read_is_named_in_the_event(scene: Scene) -> None:
    claimed_by_other(scene)
    scene.cluster.fails["read Lease"] = Refused("leases is forbidden", status=403)
    scene.reconcile()
    assert "leases is forbidden" in str(scene.cluster.events[0]["note"])
    assert writes(scene) == []


def test_a_dead_operators_voice_services_are_taken_over_and_that_is_told(scene: Scene) -> None:
    claimed_by_other(scene)
    began = scene.time
    while scene.status()["operator"] == OTHER:
        wait_s = scene.reconcile()
        assert wait_s is not None or scene.status()["operator"] == MINE
        scene.pass_time(5)
        assert scene.time - began < timedelta(seconds=60)
    assert timedelta(seconds=15) < scene.time - began <= timedelta(seconds=30)
    assert reasons(scene)[:2] == ["ManagedElsewhere", "TakenOver"]
    assert f"from the operator of the Lease {OTHER}" in str(scene.cluster.events[1]["note"])
    scene.settle()
    assert scene.cluster.names("Deployment") == ["narrator"]
    assert scene.reconciler.claims.conflict() == ""


@pytest.mark.parametrize("over", ["gone", "watches other namespaces"])
def test_an_operator_that_is_gone_for_certain_is_replaced_at_once(scene: Scene, over: str) -> None:
    claimed_by_other(scene)
    if over == "gone":
        del scene.cluster.objects["Lease", "other", "nemo-voice-operator"]
    else:
        other_operator(scene, watches="demo")
    scene.reconcile()
    assert scene.status()["operator"] == MINE
    assert reasons(scene)[0] == "TakenOver"


def test_nothing_is_remembered_of_what_another_operator_has_taken_over(scene: Scene) -> None:
    scene.serve_demo(scaling={"min": 1, "max": 9})
    scene.reconciler.scaling_decisions[KEY] = ScalingDecision(2, 2, Load(decision=2))
    other_operator(scene)
    scene.cluster.change(KIND, "narrator", status={**scene.status(), "operator": OTHER})
    scene.reconcile()
    assert scene.reconciler._owned._applied == {}
    assert scene.reconciler.scaling_decisions == {}
    spec = scene.cluster.get("Deployment", "narrator")["spec"]
    scene.cluster.change("Deployment", "narrator", spec={**spec, "replicas": 5})
    scene.cluster.change(KIND, "narrator", status={**scene.status(), "operator": MINE})
    scene.settle()
    assert "SetBack" not in reasons(scene), "the other operator's changes were its own"


def test_the_last_status_is_written_by_the_operator_that_manages_it(scene: Scene) -> None:
    claimed_by_other(scene)
    metadata = scene.cluster.get(KIND, "narrator")["metadata"]
    leaving = {**metadata, "deletionTimestamp": "2026-01-01T00:00:00Z"}
    scene.cluster.change(KIND, "narrator", metadata=leaving)
    scene.reconcile()
    assert writes(scene) == []
    del scene.cluster.objects["Lease", "other", "nemo-voice-operator"]
    scene.pass_time(5)
    scene.reconcile()
    assert writes(scene) == ["apply status"], "the claim is in it, and is not written before it"
    assert (scene.status()["phase"], scene.status()["operator"]) == ("Terminating", MINE)


def test_a_deletion_at_the_moment_of_the_claim_fails_nothing(scene: Scene) -> None:
    scene.apply()
    scene.cluster.fails["apply status"] = Refused("not found", status=404)
    assert scene.reconcile() == pytest.approx(5)
    assert writes(scene) == ["apply status"]


def test_a_refused_claim_is_reported(scene: Scene) -> None:
    scene.apply()
    scene.cluster.fails["apply status"] = Refused("is forbidden", status=403)
    with pytest.raises(Refused):
        scene.reconcile()
    assert writes(scene) == ["apply status"], "nothing is applied without a claim"


def test_readiness_counts_what_others_manage_until_it_is_gone(scene: Scene) -> None:
    assert scene.reconciler.claims.conflict() == ""
    for name in ("reader", "narrator"):
        claimed_by_other(scene, name)
        scene.reconcile(name)
    why = scene.reconciler.claims.conflict()
    assert "manage 2 VoiceServices" in why
    assert f"(2 by {OTHER}), such as speech/narrator" in why
    for name in ("reader", "narrator"):
        del scene.cluster.objects[KIND, NAMESPACE, name]
        scene.reconcile(name)
    assert scene.reconciler.claims.conflict() == ""


def test_a_cache_job_of_two_operators_keeps_the_owners_that_each_has_added(scene: Scene) -> None:
    scene.create_claim("models", "ReadWriteMany")
    claimed_by_other(scene, "reader", model=PARAKEET, cache={"claimName": "models"})
    scene.reconcile("reader")
    scene.apply("narrator", model=PARAKEET, cache={"claimName": "models"})
    scene.settle("narrator")
    job = scene.cluster.get("Job", scene.only_job())
    assert [owner["name"] for owner in job["metadata"]["ownerReferences"]] == ["narrator"], (
        "whether the other operator would make the same Job is for it to say"
    )
    both = owner_references([scene.cluster.get(KIND, one) for one in ("narrator", "reader")])
    shared = {**job["metadata"], "ownerReferences": both}
    scene.cluster.change("Job", scene.only_job(), metadata=shared)
    scene.settle("narrator")
    kept = scene.cluster.get("Job", scene.only_job())["metadata"]["ownerReferences"]
    assert {owner["name"] for owner in kept} == {"narrator", "reader"}
    scene.finish_download()
    scene.settle("narrator")
    assert scene.status()["model"]["revision"]
    assert scene.cluster.names("Job"), "the other operator has not recorded its result yet"
