"""Owned objects that somebody else changes again and again: set back ever less often, and told."""

from collections import Counter
from typing import Any

import pytest

from nemo_voice_operator.errors import Refused, Unavailable
from nemo_voice_operator.kube.kinds import DEPLOYMENT, Kind
from nemo_voice_operator.kube.labels import MANAGER
from support.operator.scenes import Scene


class Rival:
    """Somebody who changes an object whenever it is not as he wants it."""

    def __init__(self, scene: Scene, manager: str = "argocd-controller") -> None:
        self._scene, self._manager = scene, manager

    def change(self, kind: str = "Deployment") -> None:
        """Changes the object, as a field manager of its own."""
        known = self._scene.cluster.get(kind, "narrator")
        changed = {"replicas": 7} if kind == "Deployment" else {"type": "NodePort"}
        if changed.items() <= known["spec"].items():
            return
        mine = {"manager": self._manager, "operation": "Apply", "fieldsV1": {"f:spec": {}}}
        metadata = {**known["metadata"], "managedFields": [mine]}
        self._scene.cluster.change(kind, "narrator", metadata=metadata)
        self._scene.cluster.change(kind, "narrator", spec={**known["spec"], **changed})


def set_backs(scene: Scene) -> list[Any]:
    return [event for event in scene.cluster.events if event["reason"] == "SetBack"]


def fight(scene: Scene, rival: Rival, seconds: float, *kinds: str) -> Counter[str]:
    """Lets both write for some time, ten times a second; returns what the operator applied."""
    scene.cluster.calls.clear()
    for _ in range(int(seconds * 10)):
        for kind in kinds:
            rival.change(kind)
        scene.reconcile()
        scene.pass_time(0.1)
    return Counter(scene.cluster.calls)


@pytest.fixture
def served(scene: Scene) -> Scene:
    """A cluster with one VoiceService that serves."""
    scene.serve_demo()
    scene.cluster.events.clear()
    return scene


def test_writes_into_a_contested_field_are_bounded(served: Scene) -> None:
    applied = fight(served, Rival(served), 30, "Deployment")
    assert 3 < applied["apply Deployment"] <= 9
    (event,) = set_backs(served)
    assert event["type"] == "Warning"
    assert "Deployment narrator was changed by argocd-controller (Apply)" in event["note"]


def test_a_pause_is_over_when_the_reconcile_says(served: Scene) -> None:
    rival = Rival(served)
    fight(served, rival, 5, "Deployment")
    rival.change()
    wait_s = served.reconcile()
    assert wait_s is not None
    assert 0 < wait_s <= 8
    served.pass_time(wait_s)
    served.reconcile()
    assert served.cluster.get("Deployment", "narrator")["spec"]["replicas"] == 1


def test_a_contested_object_delays_no_other(served: Scene) -> None:
    rival = Rival(served)
    fight(served, rival, 10, "Deployment")
    rival.change()
    served.reconcile()
    assert served.cluster.get("Deployment", "narrator")["spec"]["replicas"] == 7
    rival.change("Service")
    served.reconcile()
    assert served.cluster.get("Service", "narrator")["spec"]["type"] == "ClusterIP"
    served.apply(replicas=2)
    served.reconcile()
    assert served.cluster.get("Deployment", "narrator")["spec"]["replicas"] == 2, (
        "a change of the spec is no set-back"
    )


def test_every_object_has_pauses_and_an_event_of_its_own(served: Scene) -> None:
    applied = fight(served, Rival(served), 30, "Deployment", "Service")
    assert 3 < applied["apply Deployment"] <= 9
    assert 3 < applied["apply Service"] <= 9
    assert {event["note"].split()[0] for event in set_backs(served)} == {"Deployment", "Service"}
    assert len(set_backs(served)) == 2


def test_another_rival_of_the_same_object_is_named_too(served: Scene) -> None:
    Rival(served).change()
    served.reconcile()
    Rival(served, "flux").change()
    served.reconcile()
    assert ["flux (Apply)" in event["note"] for event in set_backs(served)] == [False, True]


def test_an_object_that_is_deleted_again_and_again_is_contested(served: Scene) -> None:
    for _ in range(300):
        served.cluster.objects.pop(("Service", "speech", "narrator"), None)
        served.reconcile()
        served.pass_time(0.1)
    assert 3 < Counter(served.cluster.calls)["apply Service"] <= 9
    (event,) = set_backs(served)
    assert "Service narrator was changed by somebody, who deleted it" in event["note"]


def test_unrelated_changes_are_no_set_backs(served: Scene) -> None:
    for number in range(20):
        known = served.cluster.get("Service", "narrator")
        served.cluster.change("Service", "narrator", status={"loadBalancer": {"n": number}})
        deployment = served.cluster.get("Deployment", "narrator")
        noted = {"deployment.kubernetes.io/revision": str(number)}
        metadata = {**deployment["metadata"], "annotations": noted}
        served.cluster.change("Deployment", "narrator", metadata=metadata)
        served.settle()
        assert served.cluster.get("Service", "narrator")["spec"] == known["spec"]
    assert set_backs(served) == []
    Rival(served).change("Service")
    served.reconcile()
    assert len(set_backs(served)) == 1


def test_a_hook_that_changes_what_is_applied_makes_no_loop(scene: Scene) -> None:
    """The object after the apply is never what was applied."""
    hooked = scene.cluster.apply

    async def apply(manifest: Any, owners: Any, *, is_forced: bool = True) -> Any:
        if manifest["kind"] == "Deployment":
            calls.append("apply")
            manifest = {**manifest, "spec": {**manifest["spec"], "replicas": 4 + len(calls)}}
        return await hooked(manifest, owners, is_forced=is_forced)

    calls: list[str] = []
    scene.cluster.apply = apply  # type: ignore[method-assign]
    scene.apply()
    for _ in range(100):
        scene.reconcile()
        scene.pass_time(1)
    assert calls == ["apply"]
    assert set_backs(scene) == []


def test_set_backs_are_counted_by_kind(served: Scene) -> None:
    counted: list[Kind] = []
    served.reconciler._owned.on_set_back = counted.append
    Rival(served).change()
    served.settle()
    assert counted == [DEPLOYMENT]


def test_an_event_that_could_not_be_written_is_written_later(served: Scene) -> None:
    Rival(served).change()
    served.cluster.fails["record Event"] = Unavailable("away")
    with pytest.raises(Unavailable):
        served.reconcile()
    served.cluster.fails.clear()
    served.reconcile()
    served.reconcile()
    assert len(set_backs(served)) == 1


def test_an_event_that_is_refused_fails_no_reconcile(served: Scene) -> None:
    Rival(served).change()
    served.cluster.fails["record Event"] = Refused("exceeded quota", status=403)
    served.reconcile()
    served.cluster.fails.clear()
    served.reconcile()
    assert set_backs(served) == []


def test_the_operators_own_name_in_a_contest_means_another_operator(served: Scene) -> None:
    Rival(served, MANAGER).change()
    served.reconcile()
    assert "changed by another nemo-voice-operator" in set_backs(served)[0]["note"]
