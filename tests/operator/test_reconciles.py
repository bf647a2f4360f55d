"""Reconciles on a real API server: complete, repeatable, and finished after any crash."""

from typing import Any

import httpx
import pytest
from typing_extensions import override

from nemo_voice_operator.clients.api_server import KubernetesCluster
from nemo_voice_operator.desired import cache
from nemo_voice_operator.kube.kinds import JOB, VOICE_SERVICE, WATCHED
from nemo_voice_operator.kube.objects import Key, is_leaving
from support.kubernetes.api_server import ApiServer
from support.kubernetes.definitions import VOICE_SERVICES
from support.kubernetes.namespaces import fresh_namespace
from support.operator.operating import SteppedOperator, connected, create_demo, found

PARAKEET = {"source": "nvidia/parakeet-tdt-1.1b"}
WRITES = ("PATCH", "POST", "DELETE", "PUT")


class Death(BaseException):
    """The process is gone."""


class MortalCluster(KubernetesCluster):
    """Dies before or after its n-th write."""

    def __init__(self, client: Any, dies_at: int, *, after: bool) -> None:
        super().__init__(client)
        self.writes, self._dies_at, self._after = 0, dies_at, after

    @override
    async def _request(self, method: str, path: str, **arguments: Any) -> Any:
        if method not in WRITES:
            return await super()._request(method, path, **arguments)
        self.writes += 1
        if self.writes == self._dies_at and not self._after:
            raise Death
        response = await super()._request(method, path, **arguments)
        if self.writes == self._dies_at and self._after:
            raise Death
        return response


@pytest.mark.parametrize("spec", [{}, {"model": PARAKEET}], ids=["demo", "download"])
async def test_second_reconcile_changes_nothing(
    defined: ApiServer, namespace: str, spec: dict[str, Any]
) -> None:
    create_demo(defined, namespace, **spec)
    async with connected(defined.admin) as client:
        stepped = SteppedOperator(KubernetesCluster(client), namespace)
        await stepped.settle()
        # Kubernetes itself rewrites a claim when it is applied a second time, and never after.
        await SteppedOperator(KubernetesCluster(client), namespace).settle()
        before = await stepped.versions()
        wanted = ("Job", "PersistentVolumeClaim") if spec else ("Deployment",)
        assert {*wanted, "Service", "NetworkPolicy"} <= {kind for kind, _ in before}
        await stepped.reconciler.reconcile(Key(namespace, "narrator"))
        fresh = SteppedOperator(KubernetesCluster(client), namespace)
        await fresh.relist()
        await fresh.reconciler.reconcile(Key(namespace, "narrator"))
        assert await fresh.versions() == before, (
            "nor does the first reconcile of a restarted operator"
        )


@pytest.mark.parametrize("spec", [{}, {"model": PARAKEET}], ids=["demo", "download"])
async def test_crash_at_any_write_loses_and_duplicates_nothing(
    defined: ApiServer, namespace: str, spec: dict[str, Any]
) -> None:
    async with connected(defined.admin) as client:
        create_demo(defined, namespace, **spec)
        whole = MortalCluster(client, 0, after=False)
        stepped = SteppedOperator(whole, namespace)
        await stepped.settle()
        expected = await stepped.contents()
        assert whole.writes >= 5
        for number in range(1, whole.writes + 1):
            for after in (False, True):
                name = f"{namespace[:40]}-{number}-{'after' if after else 'before'}"
                with fresh_namespace(defined, name):
                    create_demo(defined, name, **spec)
                    dying = SteppedOperator(MortalCluster(client, number, after=after), name)
                    with pytest.raises(Death):
                        await dying.settle()
                    reborn = SteppedOperator(KubernetesCluster(client), name)
                    await reborn.settle()
                    assert await reborn.contents() == expected


async def test_changed_labels_of_objects_reach_every_object_and_roll_no_pod(
    defined: ApiServer, namespace: str
) -> None:
    first: dict[str, Any] = {
        "objectLabels": {"team": "a", "old": "yes"},
        "objectAnnotations": {"note": "a"},
    }
    create_demo(defined, namespace, model=PARAKEET, task="stt", podLabels={"team": "a"}, **first)
    path = f"{VOICE_SERVICES.format(namespace=namespace)}/narrator"
    async with connected(defined.admin) as client:
        stepped = SteppedOperator(KubernetesCluster(client), namespace)
        await stepped.settle()
        before = await _owned(stepped)
        assert {"Job", "PersistentVolumeClaim", "Service", "NetworkPolicy"} <= before.keys()
        voice = defined.send("GET", path)
        second = {"objectLabels": {"team": "b"}, "objectAnnotations": {"note": "b"}}
        defined.send("PUT", path, {**voice, "spec": {**voice["spec"], **second}})
        await stepped.settle()
        after = await _owned(stepped)
    assert before.keys() == after.keys()
    for kind, thing in after.items():
        labels, annotations = thing["metadata"]["labels"], thing["metadata"]["annotations"]
        assert before[kind]["metadata"]["labels"]["team"] == "a"
        assert (labels["team"], annotations["note"], labels.get("old")) == ("b", "b", None)


async def test_labels_of_objects_leave_the_deployments_generation_as_it_is(
    defined: ApiServer, namespace: str
) -> None:
    create_demo(defined, namespace, objectLabels={"team": "a"})
    path = f"{VOICE_SERVICES.format(namespace=namespace)}/narrator"
    async with connected(defined.admin) as client:
        stepped = SteppedOperator(KubernetesCluster(client), namespace)
        await stepped.settle()
        before = (await _owned(stepped))["Deployment"]["metadata"]
        voice = defined.send("GET", path)
        labelled = {**voice["spec"], "objectLabels": {"team": "b"}}
        defined.send("PUT", path, {**voice, "spec": labelled})
        await stepped.settle()
        after = (await _owned(stepped))["Deployment"]["metadata"]
    assert (before["labels"]["team"], after["labels"]["team"]) == ("a", "b")
    assert after["generation"] == before["generation"]


async def test_restart_by_kubectl_is_left_alone(defined: ApiServer, namespace: str) -> None:
    create_demo(defined, namespace)
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/narrator"
    restarted = {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"}
    async with connected(defined.admin) as client:
        stepped = SteppedOperator(KubernetesCluster(client), namespace)
        await stepped.settle()
        before = defined.send("GET", path)
        defined.http.patch(
            path,
            params={"fieldManager": "kubectl-rollout"},
            json={"spec": {"template": {"metadata": {"annotations": restarted}}}},
            headers={"Content-Type": "application/strategic-merge-patch+json"},
        ).raise_for_status()
        await stepped.settle()
        await SteppedOperator(KubernetesCluster(client), namespace).settle()
    after = defined.send("GET", path)
    annotations = before["spec"]["template"]["metadata"]["annotations"]
    assert after["spec"]["template"]["metadata"]["annotations"] == {**annotations, **restarted}
    assert after["metadata"]["generation"] == before["metadata"]["generation"] + 1


async def _owned(stepped: SteppedOperator) -> dict[str, Any]:
    """The objects that were made for the VoiceService, by their kind."""
    found = {}
    for kind in WATCHED:
        for thing in await stepped.cluster.list(kind, stepped.namespace):
            if kind is not VOICE_SERVICE:
                found[kind.name] = dict(thing)
    return found


async def test_held_up_deletion_is_in_the_status(defined: ApiServer, namespace: str) -> None:
    create_demo(defined, namespace)
    path = f"{VOICE_SERVICES.format(namespace=namespace)}/narrator"
    async with connected(defined.admin) as client:
        stepped = SteppedOperator(KubernetesCluster(client), namespace)
        await stepped.settle()
        before = await stepped.versions()
        defined.send("DELETE", path, {"propagationPolicy": "Foreground"})
        await stepped.relist()
        await stepped.reconciler.reconcile(Key(namespace, "narrator"))
        leaving = defined.send("GET", path)
        assert leaving["metadata"]["finalizers"] == ["foregroundDeletion"]
        assert leaving["status"]["phase"] == "Terminating"
        after = await stepped.versions()
        assert {name for name in before if after[name] != before[name]} == {
            ("VoiceService", "narrator")
        }
        defined.send("PUT", path, _without_finalizers(leaving))
        assert defined.http.get(path).status_code == httpx.codes.NOT_FOUND
        await stepped.reconciler.reconcile(Key(namespace, "narrator"))  # as if it were there
        assert defined.http.get(path).status_code == httpx.codes.NOT_FOUND


def _without_finalizers(thing: dict[str, Any]) -> dict[str, Any]:
    return {**thing, "metadata": {**thing["metadata"], "finalizers": []}}


async def test_unfinished_download_of_an_older_operator_is_replaced(
    defined: ApiServer, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Job's policy for failed pods cannot be changed, so another one needs another name."""
    create_demo(defined, namespace, model=PARAKEET)
    async with connected(defined.admin) as client:
        with monkeypatch.context() as older:
            older.setattr(cache, "ignored_failures", lambda _: [])
            await SteppedOperator(KubernetesCluster(client), namespace).settle()
        upgraded = SteppedOperator(KubernetesCluster(client), namespace)
        await upgraded.settle()
        jobs = await upgraded.cluster.list(JOB, namespace)
    lasting = [job for job in jobs if not is_leaving(job)]
    assert [len(job["spec"]["podFailurePolicy"]["rules"]) for job in lasting] == [3]
    voice = found(defined, VOICE_SERVICE, namespace, "narrator")
    assert voice is not None
    assert voice["status"]["reason"] == "Pending", voice["status"]
