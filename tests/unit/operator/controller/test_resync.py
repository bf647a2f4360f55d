"""A resync: what is in the cluster is cached, what is gone is removed."""

from typing import Any

import pytest
from typing_extensions import override

from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.controller.resync import resync
from nemo_voice_operator.errors import Unavailable
from nemo_voice_operator.kube.kinds import CLAIM, DEPLOYMENT, POD, VOICE_SERVICE, Kind
from nemo_voice_operator.kube.objects import Key, Object
from support.operator.observations import deployment, pod

KEY = Key("speech", "narrator")


class FakeLists:
    """A cluster that is listed and does nothing else."""

    def __init__(self, *things: dict[str, Any]) -> None:
        self.things = list(things)
        self.listed: list[tuple[str, str | None, str]] = []
        self.fails: Unavailable | None = None

    async def list(self, kind: Kind, namespace: str | None, selector: str = "") -> list[Object]:
        """Returns what is there of a kind, each namespace for itself."""
        self.listed.append((kind.name, namespace, selector))
        if self.fails:
            raise self.fails
        return [
            thing
            for thing in self.things
            if thing["kind"] == kind.name and namespace in {None, thing["metadata"]["namespace"]}
        ]


async def resynced(lists: FakeLists, object_cache: ObjectCache, *namespaces: str) -> set[Key]:
    return await resync(lists, object_cache, (DEPLOYMENT, POD), namespaces)


async def test_listed_object_is_cached_and_affects_its_voice_service_once() -> None:
    object_cache, lists = ObjectCache(), FakeLists(deployment(), pod())
    assert await resynced(lists, object_cache) == {KEY}
    assert [thing["kind"] for thing in object_cache.of(KEY)] == ["Deployment", "Pod"]
    assert await resynced(lists, object_cache) == set(), "nothing is new"


async def test_object_deleted_while_not_watched_is_removed() -> None:
    object_cache, lists = ObjectCache(), FakeLists(deployment(), pod())
    await resynced(lists, object_cache)
    lists.things.pop()
    assert await resynced(lists, object_cache) == {KEY}
    assert [thing["kind"] for thing in object_cache.of(KEY)] == ["Deployment"]


async def test_object_created_while_listing_is_kept() -> None:
    object_cache, lists = ObjectCache(), FakeLists(deployment())
    await resynced(lists, object_cache)
    lists.things.clear()
    another = deployment()
    another["metadata"]["uid"] = "came-meanwhile"

    class Slow(FakeLists):
        """Meanwhile, another Deployment is applied under the same name."""

        @override
        async def list(self, kind: Kind, namespace: str | None, selector: str = "") -> Any:
            object_cache.put(another)
            return []

    await resync(Slow(), object_cache, (DEPLOYMENT,), ())
    assert object_cache.get(DEPLOYMENT, "speech", "narrator") == another


async def test_objects_of_unwatched_namespaces_are_kept() -> None:
    object_cache, lists = ObjectCache(), FakeLists()
    object_cache.put(pod())
    assert await resynced(lists, object_cache, "a", "b") == set()
    assert object_cache.of(KEY)
    assert [namespace for _, namespace, _ in lists.listed] == ["a", "b", "a", "b"]


async def test_only_kinds_that_users_create_are_listed_without_a_selector() -> None:
    lists = FakeLists()
    await resync(lists, ObjectCache(), (VOICE_SERVICE, CLAIM, POD), ())
    ours = "app.kubernetes.io/managed-by=nemo-voice-operator"
    assert [selector for *_, selector in lists.listed] == ["", "", ours]


async def test_failed_list_removes_nothing() -> None:
    object_cache, lists = ObjectCache(), FakeLists(deployment())
    await resynced(lists, object_cache)
    lists.fails = Unavailable("away")
    with pytest.raises(Unavailable):
        await resynced(lists, object_cache)
    assert object_cache.of(KEY)
