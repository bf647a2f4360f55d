"""kopf as the source of events: changes in the cluster reach the object cache and the work queue.

Only `on.event`: kopf's other handlers add finalizers, annotations and status of their own and never
see the owned objects. Nothing here decides anything.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

import kopf
from typing_extensions import override

from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.controller.resync import UNLABELLED
from nemo_voice_operator.controller.workqueue import WorkQueue
from nemo_voice_operator.kube.kinds import WATCHED, Kind
from nemo_voice_operator.kube.labels import MANAGED_BY
from nemo_voice_operator.kube.objects import Key
from nemo_voice_operator.settings import OperatorSettings

_LISTED = None
"""Type of kopf's events for objects of a list: at the start, and after a watch was lost."""


class _NoDiffs(kopf.DiffBaseStorage):
    """A diff-base storage that stores nothing, since no change handlers are used.

    kopf's own would copy every object of every event, which takes longer than all else with it.
    """

    @override
    def build(
        self, *, body: kopf.Body, extra_fields: Iterable[kopf.FieldSpec] | None = None
    ) -> kopf.BodyEssence:
        return kopf.BodyEssence()

    @override
    def fetch(self, *, body: kopf.Body) -> kopf.BodyEssence | None:
        return None

    @override
    def store(self, *, body: kopf.Body, patch: kopf.Patch, essence: kopf.BodyEssence) -> None:
        pass


def registry_of(object_cache: ObjectCache, queue: WorkQueue[Key]) -> kopf.OperatorRegistry:
    """Returns the handlers that kopf calls for events of the watched kinds."""
    registry = kopf.OperatorRegistry()
    kopf.on.login(registry=registry)(_login)
    kopf.on.startup(registry=registry)(_configure)
    for kind in WATCHED:
        _follow(kind, registry, object_cache, queue)
    return registry


def _follow(
    kind: Kind, registry: kopf.OperatorRegistry, object_cache: ObjectCache, queue: WorkQueue[Key]
) -> None:
    labels = None if kind in UNLABELLED else MANAGED_BY

    @kopf.on.event(kind.group, kind.version, kind.plural, labels=labels, registry=registry)
    async def on_event(event: Mapping[str, Any], **_: Any) -> None:
        thing = {"apiVersion": kind.api_version, "kind": kind.name, **event["object"]}
        metadata = thing["metadata"]
        known = object_cache.get(kind, metadata["namespace"], metadata["name"])
        before = object_cache.affected_by(known or thing)
        if event["type"] == "DELETED":
            object_cache.remove(thing)
        elif not object_cache.put(thing) and event["type"] is _LISTED:
            return
        for key in {*before, *object_cache.affected_by(thing)}:
            queue.add(key)


async def _login(**kwargs: Any) -> kopf.ConnectionInfo | None:
    return kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(**kwargs)


async def _configure(settings: kopf.OperatorSettings, **_: Any) -> None:
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.persistence.diffbase_storage = _NoDiffs()
    settings.watching.server_timeout = 600
    settings.watching.reconnect_backoff = 1.0


async def follow_cluster(
    object_cache: ObjectCache, queue: WorkQueue[Key], settings: OperatorSettings
) -> None:
    """Runs kopf until the process gets a signal to end, or this task is cancelled."""
    logging.getLogger("kopf.objects").setLevel(logging.ERROR)
    await kopf.operator(
        registry=registry_of(object_cache, queue),
        standalone=True,
        clusterwide=not settings.watched,
        namespaces=list(settings.watched),
    )
