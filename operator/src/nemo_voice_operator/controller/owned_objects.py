"""Writes a VoiceService's children: applies those that differ, deletes those that should not be.

Called by `reconcile.py` alone, which decides when. What was applied last is remembered, so that a
pass without news asks the API server nothing.
"""

import contextlib
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.clients.api_server import Cluster
from nemo_voice_operator.controller.cache_sharing import is_needed, sharers
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.desired import desired_state
from nemo_voice_operator.desired.preflight_job import is_preflight
from nemo_voice_operator.desired.revision import good_revision
from nemo_voice_operator.errors import Conflict, NameTaken
from nemo_voice_operator.kube.kinds import (
    CLAIM,
    CONTROLLER_REVISION,
    DEPLOYMENT,
    JOB,
    OWNED,
    WATCHED,
    Kind,
    kind_of,
)
from nemo_voice_operator.kube.manifests import Manifest, name_of, namespace_of
from nemo_voice_operator.kube.objects import (
    Key,
    Object,
    is_leaving,
    is_rolled_out,
    owner_references_of,
)
from nemo_voice_operator.kube.ownership import is_ours, why_not_ours
from nemo_voice_operator.planning.job_results import is_stale
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.observed import Observed
from nemo_voice_operator.state.plan import Plan

_PRUNED = frozenset(OWNED) - {CONTROLLER_REVISION, JOB}
"""Kinds of which a child that is not wanted is deleted."""
_SURE_TO_CONFLICT = frozenset({DEPLOYMENT, CONTROLLER_REVISION})
"""Kinds that are applied without a look before: who applies one of ours without force over somebody
else's is refused. A Deployment must have a selector, whole and not part by part, and a revision its
number. Of other kinds somebody else's may have nothing that ours contradicts: a Service without a
selector would become ours."""


@dataclass(slots=True)
class _Written:
    """What was written for one VoiceService; remembered until it is gone."""

    uid: str
    applied: dict[tuple[Kind, str], tuple[str, str]] = field(default_factory=dict)
    """What was applied last by kind and name, and what became of it."""


@dataclass(slots=True)
class OwnedObjects:
    """The hand that writes children; several VoiceServices' may be in work at once."""

    object_cache: ObjectCache
    cluster: Cluster
    settings: OperatorSettings
    _written: dict[Key, _Written] = field(default_factory=dict)

    def forget_if_gone(self, key: Key, uid: str | None) -> bool:
        """Forgets what was written for one that is gone, also when another has its name already.

        Returns:
            Whether there was something to forget. Garbage collection takes what it owned.
        """
        written = self._written.get(key)
        is_gone = written is not None and written.uid != uid
        if is_gone:
            del self._written[key]
        if uid is not None:
            self._written.setdefault(key, _Written(uid))
        return is_gone

    async def apply(
        self, service: VoiceService, resource: Object, plan: Plan, now: datetime
    ) -> None:
        """Makes the children be what the plan says.

        Raises:
            ClusterError: One could not be written; `NameTaken` where somebody else's is in its way.
        """
        wanted = desired_state(service, plan, self.settings)
        for manifest in wanted:
            owners = self._owners(manifest, service, resource, plan)
            await self._apply(service, manifest, owners)
        await self._prune(service, wanted, now)

    async def _apply(
        self, service: VoiceService, manifest: Manifest, owners: Sequence[Object]
    ) -> None:
        """Applies a child, unless it is known to be just so already."""
        key = _key_of(service)
        kind, namespace, name = kind_of(manifest), namespace_of(manifest), name_of(manifest)
        applied = self._written[key].applied
        uids = sorted(str(owner["metadata"]["uid"]) for owner in owners)
        digest = hashlib.sha256(json.dumps([manifest, uids], sort_keys=True).encode()).hexdigest()
        known = self.object_cache.get(kind, namespace, name)
        if known is not None and applied.get((kind, name)) == (digest, _state(known)):
            return
        if known is not None and is_ours(known, service):
            made = await self.cluster.apply(manifest, owners)
        else:
            made = await self._apply_unknown(service, manifest, owners)
        self.object_cache.put(made)
        applied[kind, name] = (digest, _state(made))

    async def _apply_unknown(
        self, service: VoiceService, manifest: Manifest, owners: Sequence[Object]
    ) -> Object:
        """Applies a child whose name somebody else's object may have.

        What others made is not in the inventory, and what is there may lack who made it.

        Raises:
            NameTaken: There is one, and it was not touched.
        """
        kind, namespace, name = kind_of(manifest), namespace_of(manifest), name_of(manifest)
        if kind in _SURE_TO_CONFLICT:
            with contextlib.suppress(Conflict):
                return await self.cluster.apply(manifest, owners, is_forced=False)
        found = await self.cluster.read(kind, namespace, name)
        if found is not None and not is_ours(found, service):
            raise NameTaken(why_not_ours(found))
        return await self.cluster.apply(manifest, owners)

    def _owners(
        self, manifest: Manifest, service: VoiceService, resource: Object, plan: Plan
    ) -> list[Object]:
        """Returns who keeps a child alive: nobody a retained claim, all who need it a cache Job."""
        cache = service.spec.cache
        if manifest["kind"] == CLAIM.name and (cache is None or cache.retain):
            return []
        if plan.cache is not None and name_of(manifest) == plan.cache.job:
            namespace = service.metadata.namespace
            return sharers(self.object_cache, namespace, plan.cache, self.settings)
        return [resource]

    async def _prune(
        self, service: VoiceService, wanted: Sequence[Manifest], now: datetime
    ) -> None:
        """Deletes the children that should not be: owned by this VoiceService and not wanted."""
        kept = {(manifest["kind"], name_of(manifest)) for manifest in wanted}
        key = _key_of(service)
        for thing in self.object_cache.of(key):
            kind = kind_of(thing)
            named = (kind.name, str(thing["metadata"]["name"]))
            if kind not in _PRUNED or named in kept or is_leaving(thing):
                continue
            if any(owner["uid"] == service.metadata.uid for owner in owner_references_of(thing)):
                await self._delete(key, thing)
        for job in self.object_cache.jobs_of(service.metadata.uid):
            is_wanted = (
                (JOB.name, str(job["metadata"]["name"])) in kept
                if is_preflight(job)
                else is_needed(self.object_cache, job, self.settings)
            )
            is_over = is_stale(job, self.object_cache.pods_of(job), now)
            if not is_leaving(job) and (is_over or not is_wanted):
                await self._delete(key, job)

    async def _delete(self, key: Key, thing: Object) -> None:
        await self.cluster.delete(thing)
        kind = kind_of(thing)
        self._written[key].applied.pop((kind, str(thing["metadata"]["name"])), None)
        if kind not in WATCHED:
            self.object_cache.remove(thing)  # no event will tell

    async def record_good_template(
        self, service: VoiceService, resource: Object, plan: Plan, observed: Observed
    ) -> None:
        """Writes the pod template down once every replica is ready with it."""
        if not (plan.serves and plan.replicas and is_rolled_out(observed.deployment)):
            return
        assert observed.deployment is not None  # noqa: S101 rolled out means there is one
        record = good_revision(service, observed.deployment["spec"]["template"])
        key = _key_of(service)
        await self._apply(service, record, [resource])
        for other in self.object_cache.of(key, CONTROLLER_REVISION):
            if other["metadata"]["name"] != name_of(record) and is_ours(other, service):
                await self._delete(key, other)


def _state(thing: Object) -> str:
    """Returns what changes when somebody changes what was applied, and rarely else.

    A generation counts changes of the spec; kinds without one change seldom.
    """
    metadata = thing["metadata"]
    version = metadata.get("generation") or metadata.get("resourceVersion")
    owners = sorted(owner["uid"] for owner in owner_references_of(thing))
    return json.dumps([metadata["uid"], version, owners, metadata.get("labels")], sort_keys=True)


def _key_of(service: VoiceService) -> Key:
    return Key(service.metadata.namespace, service.metadata.name)
