"""Lists all objects again, stores what is new and removes what is gone from the object cache.

Watches report changes, but not objects that were deleted while they were down.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.kube.kinds import CLAIM, VOICE_SERVICE, Kind
from nemo_voice_operator.kube.labels import MANAGED_BY
from nemo_voice_operator.kube.objects import Key, Object

UNLABELLED = (VOICE_SERVICE, CLAIM)
"""Kinds of which objects made by users matter; of the others only ours do."""
_OURS = ",".join(f"{name}={value}" for name, value in MANAGED_BY.items())


class ObjectLister(Protocol):
    """What a resync needs of a cluster."""

    async def list(self, kind: Kind, namespace: str | None, selector: str = "") -> list[Object]:
        """Returns the objects of a kind, in one namespace or in all.

        Raises:
            ClusterError: They cannot be read.
        """
        ...


async def resync(
    cluster: ObjectLister,
    object_cache: ObjectCache,
    kinds: Iterable[Kind],
    namespaces: Sequence[str],
) -> set[Key]:
    """Makes the cache hold what is in the cluster; returns the VoiceServices that changes affect.

    Args:
        cluster: The cluster to list.
        object_cache: What is known so far.
        kinds: Kinds to list.
        namespaces: Namespaces to list; none means all.

    Raises:
        ClusterError: Something cannot be listed; what was listed before is stored.
    """
    affected: set[Key] = set()
    for kind in kinds:
        selector = "" if kind in UNLABELLED else _OURS
        for namespace in namespaces or (None,):
            known = object_cache.all(kind, namespace)
            found = await cluster.list(kind, namespace, selector)
            for thing in found:
                if object_cache.put(thing):
                    affected.update(object_cache.affected_by(thing))
            # Known before the list was requested and not in it: gone, for a uid never returns.
            there = {thing["metadata"]["uid"] for thing in found}
            for thing in known:
                if thing["metadata"]["uid"] not in there:
                    affected.update(object_cache.affected_by(thing))
                    object_cache.remove(thing)
    return affected
