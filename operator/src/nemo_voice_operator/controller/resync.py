"""Learns all that is in the cluster, and forgets what is gone.

Watches tell what changes, but not what went while they were down.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.kube.kinds import CLAIM, VOICE_SERVICE, Kind
from nemo_voice_operator.kube.labels import MANAGED_BY
from nemo_voice_operator.kube.objects import Key, Object

UNLABELLED = (VOICE_SERVICE, CLAIM)
"""Kinds of which users make objects that matter; of the others only ours do."""
_OURS = ",".join(f"{name}={value}" for name, value in MANAGED_BY.items())


class ObjectLister(Protocol):
    """What a survey asks of a cluster."""

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
        cluster: Where to look.
        object_cache: What is known so far.
        kinds: What to look for.
        namespaces: Where; none means everywhere.

    Raises:
        ClusterError: Something cannot be read; what was read is known.
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
            # Known before the list was asked for and not in it: gone, for identities never return.
            there = {thing["metadata"]["uid"] for thing in found}
            for thing in known:
                if thing["metadata"]["uid"] not in there:
                    affected.update(object_cache.affected_by(thing))
                    object_cache.remove(thing)
    return affected
