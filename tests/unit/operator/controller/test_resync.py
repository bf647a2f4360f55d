"""Looking at everything: what is there becomes known, what is gone is forgotten."""

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
        self.asked: list[tuple[str, str | None, str]] = []
        self.fails: Unavailable | None = None

    async def list(self, kind: Kind, namespace: str | None, selector: str = "") -> list[Object]:
        """Returns what is there of a kind, each namespace for itself."""
        self.asked.append((kind.name, namespace, selector))
        if self.fails:
            raise self.fails
        return [
            thing
            for thing in self.things
            if thing["kind"] == kind.name and namespace in {None, thing["metadata"]["namespace"]}
        ]


async def look(lists: FakeLists, object_cache: ObjectCache, *namespaces: str) -> set[Key]:
    return await resync(lists, object_cache, (DEPLOYMENT, POD), namespaces)


async def test_what_is_there_becomes_known_and_concerns_its_service_once() -> None:
    object_cache, lists = ObjectCache(), FakeLists(deployment(), pod())
    assert await look(lists, object_cache) == {KEY}
    assert [thing["kind"] for thing in object_cache.of(KEY)] == ["Deployment", "Pod"]
    assert await look(lists, object_cache) == set(), "nothing is new"


async def test_what_went_while_nobody_watched_is_forgotten() -> None:
    object_cache, lists = ObjectCache(), FakeLists(deployment(), pod())
    await look(lists, object_cache)
    lists.things.pop()
    assert await look(lists, object_cache) == {KEY}
    assert [thing["kind"] for thing in object_cache.of(KEY)] == ["Deployment"]


async def test_what_came_while_the_list_was_read_is_kept() -> None:
    object_cache, lists = ObjectCache(), FakeLists(deployment())
    await look(lists, object_cache)
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


async def test_another_namespace_than_the_watched_ones_is_left_alone() -> None:
    object_cache, lists = ObjectCache(), FakeLists()
    object_cache.put(pod())
    assert await look(lists, object_cache, "a", "b") == set()
    assert object_cache.of(KEY)
    assert [namespace for _, namespace, _ in lists.asked] == ["a", "b", "a", "b"]


async def test_of_what_users_make_too_only_that_is_listed_whole() -> None:
    lists = FakeLists()
    await resync(lists, ObjectCache(), (VOICE_SERVICE, CLAIM, POD), ())
    ours = "app.kubernetes.io/managed-by=nemo-voice-operator"
    assert [selector for *_, selector in lists.asked] == ["", "", ours]


async def test_a_list_that_fails_forgets_nothing() -> None:
    object_cache, lists = ObjectCache(), FakeLists(deployment())
    await look(lists, object_cache)
    lists.fails = Unavailable("away")
    with pytest.raises(Unavailable):
        await look(lists, object_cache)
    assert object_cache.of(KEY)
