"""kopf as the source of events: what is followed, and what an event leaves behind."""

import json
from pathlib import Path
from typing import Any

import kopf
import pytest

from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.controller.watches import registry_of
from nemo_voice_operator.controller.workqueue import WorkQueue
from nemo_voice_operator.kube.kinds import CLAIM, DEPLOYMENT, JOB, POD, VOICE_SERVICE, WATCHED, Kind
from nemo_voice_operator.kube.objects import Key
from support.operator.observations import deployment, job, pod

KEY = Key("speech", "narrator")


class Followed:
    """What kopf would call, and what came of it."""

    def __init__(self) -> None:
        self.object_cache = ObjectCache()
        self.queue: WorkQueue[Key] = WorkQueue()
        self.registry = registry_of(self.object_cache, self.queue)
        self.handlers = list(self.registry._watching.get_all_handlers())

    async def event(self, kind: Kind, thing: dict[str, Any], what: str | None = "MODIFIED") -> None:
        """Lets something happen to an object, of which a list's item does not say the kind."""
        bare = {name: value for name, value in thing.items() if name not in {"kind", "apiVersion"}}
        (handler,) = [one for one in self.handlers if one.selector.any_name == kind.plural]  # type: ignore[union-attr]
        call: Any = handler.fn
        await call(event={"type": what, "object": bare}, logger=None)

    async def queued(self) -> list[Key]:
        """Returns the keys that wait."""
        keys = []
        while len(self.queue):
            keys.append(await self.queue.get())
            self.queue.done(keys[-1])
        return keys


@pytest.fixture
async def followed() -> Followed:
    """An operator's handlers."""
    return Followed()


async def test_every_watched_kind_is_followed_by_an_event_handler_and_nothing_else(
    followed: Followed,
) -> None:
    selectors = [handler.selector for handler in followed.handlers]
    found = [(one.group, one.version, one.any_name) for one in selectors if one is not None]
    assert found == [(kind.group, kind.version, kind.plural) for kind in WATCHED]
    registry = followed.registry
    others: list[Any] = [registry._changing, registry._spawning, registry._webhooks]
    assert [list(one.get_all_handlers()) for one in others] == [[], [], []]


async def test_only_kinds_that_users_create_are_watched_without_our_label(
    followed: Followed,
) -> None:
    ours = {"app.kubernetes.io/managed-by": "nemo-voice-operator"}
    labels = {one.selector.any_name: one.labels for one in followed.handlers}  # type: ignore[union-attr]
    for kind in WATCHED:
        assert labels[kind.plural] == (None if kind in {VOICE_SERVICE, CLAIM} else ours)


@pytest.mark.parametrize("what", [None, "ADDED", "MODIFIED"])
async def test_event_is_cached_and_queues_its_voice_service(
    followed: Followed, what: str | None
) -> None:
    await followed.event(DEPLOYMENT, deployment(), what)
    assert followed.object_cache.get(DEPLOYMENT, "speech", "narrator") == deployment()
    assert await followed.queued() == [KEY]


async def test_listed_object_without_changes_queues_nothing(followed: Followed) -> None:
    owners = [{"kind": "VoiceService", "name": "narrator", "uid": "a"}]
    await followed.event(JOB, job(ownerReferences=owners, resourceVersion="5"))
    await followed.queued()
    await followed.event(JOB, job(ownerReferences=owners, resourceVersion="5"), None)
    assert await followed.queued() == []
    await followed.event(JOB, job(ownerReferences=owners, resourceVersion="6"), None)
    assert await followed.queued() == [KEY]


async def test_deletion_is_cached_and_queues_its_voice_service(
    followed: Followed,
) -> None:
    await followed.event(DEPLOYMENT, deployment())
    await followed.queued()
    await followed.event(DEPLOYMENT, deployment(), "DELETED")
    assert followed.object_cache.of(KEY) == []
    assert await followed.queued() == [KEY]


async def test_pod_of_a_shared_job_queues_all_sharers_also_when_deleted(
    followed: Followed,
) -> None:
    owners = [{"kind": "VoiceService", "name": name, "uid": name} for name in ("a", "b")]
    await followed.event(JOB, job(ownerReferences=owners))
    await followed.queued()
    theirs = pod("fetch-x")
    theirs["metadata"]["labels"] = {"batch.kubernetes.io/job-name": "fetch"}
    await followed.event(POD, theirs)
    assert sorted(await followed.queued()) == [Key("speech", "a"), Key("speech", "b")]
    await followed.event(JOB, job(), "DELETED")
    assert sorted(await followed.queued()) == [Key("speech", "a"), Key("speech", "b")]
    await followed.event(POD, theirs)
    assert await followed.queued() == [], "it has no owner any more"


async def test_previous_and_new_owner_of_an_object_are_queued(
    followed: Followed,
) -> None:
    owner = {"kind": "VoiceService", "name": "a", "uid": "a"}
    await followed.event(JOB, job(ownerReferences=[owner], resourceVersion="1"))
    await followed.queued()
    await followed.event(JOB, job(ownerReferences=[{**owner, "name": "b"}], resourceVersion="2"))
    assert sorted(await followed.queued()) == [Key("speech", "a"), Key("speech", "b")]


async def test_kopf_posts_nothing_and_scans_nothing(followed: Followed) -> None:
    settings = kopf.OperatorSettings()
    (startup, *_) = [
        one for one in followed.registry._activities.get_all_handlers() if "configure" in one.id
    ]
    call: Any = startup.fn
    await call(settings=settings)
    assert not settings.posting.enabled
    assert settings.scanning.disabled


async def test_kopf_uses_the_kubeconfig(
    followed: Followed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = {"server": "https://cluster.example"}
    configuration = {
        "current-context": "it",
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "me"}}],
        "clusters": [{"name": "it", "cluster": server}],
        "users": [{"name": "me", "user": {"token": "secret"}}],
    }
    (tmp_path / "kubeconfig").write_text(json.dumps(configuration))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    (login,) = [
        one for one in followed.registry._activities.get_all_handlers() if "login" in one.id
    ]
    call: Any = login.fn
    found = await call(settings=kopf.OperatorSettings())
    assert (found.server, found.token) == ("https://cluster.example", "secret")
