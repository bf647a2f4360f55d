"""Applies and prunes the objects that VoiceServices own.

Called by `reconcile.py` alone, which decides when. What was applied last is remembered, so that a
reconcile without changes sends the API server nothing.
"""

import contextlib
import hashlib
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.clients.api_server import Cluster
from nemo_voice_operator.controller.cache_sharing import is_needed, other_owners, sharers
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.controller.resolver import Resolver
from nemo_voice_operator.controller.set_backs import SetBacks, is_changed, rivals
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
    Reference,
    reference_of,
)
from nemo_voice_operator.kube.leases import operator_name
from nemo_voice_operator.kube.manifests import Manifest
from nemo_voice_operator.kube.objects import Key, Object, is_leaving, owner_references_of
from nemo_voice_operator.kube.ownership import is_ours, why_not_ours
from nemo_voice_operator.planning.job_results import is_stale
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import Plan
from nemo_voice_operator.state.resolved import Resolved

_PRUNED = frozenset(OWNED) - {CONTROLLER_REVISION, JOB}
"""Kinds of which an owned object that is not wanted is deleted."""
_SURE_TO_CONFLICT = frozenset({DEPLOYMENT, CONTROLLER_REVISION})
"""Kinds that are applied without being read before: applying one of ours without force over
somebody else's is refused. A Deployment must have a selector, whole and not part by part, and a
revision its number. Of other kinds somebody else's may have nothing that ours contradicts: a
Service without a selector would become ours."""


@dataclass(slots=True)
class _Applied:
    """What was applied for one VoiceService; remembered until it is gone."""

    uid: str
    states: dict[Reference, tuple[str, str]] = field(default_factory=dict)
    """Digest of what was applied last, and the state that the object had then."""
    set_backs: dict[Reference, SetBacks] = field(default_factory=dict)
    waits_s: dict[Reference, float] = field(default_factory=dict)
    """Seconds until the objects that wait to be set back may be."""
    contests: list["Contest"] = field(default_factory=list)
    """What no Event has told of yet."""


@dataclass(frozen=True, slots=True)
class Contest:
    """An owned object that somebody else has changed, and that was set back."""

    reference: Reference
    rivals: str
    """Who changed it, for people."""


@dataclass(slots=True)
class OwnedObjects:
    """The owned objects of all VoiceServices; several may be applied at once."""

    object_cache: ObjectCache
    cluster: Cluster
    resolver: Resolver
    settings: OperatorSettings
    clock: Callable[[], float]
    """Seconds that only go forward."""
    on_set_back: Callable[[Kind], None]
    """Takes the kind of each object that was set back."""
    _applied: dict[Key, _Applied] = field(default_factory=dict)

    def forget_if_gone(self, key: Key, uid: str | None) -> bool:
        """Forgets what was applied for one that is gone, also when another has its name already.

        Returns:
            Whether there was something to forget. Garbage collection takes what it owned.
        """
        applied = self._applied.get(key)
        is_gone = applied is not None and applied.uid != uid
        if is_gone:
            del self._applied[key]
        if uid is not None:
            self._applied.setdefault(key, _Applied(uid))
        return is_gone

    def forget(self, key: Key) -> None:
        """Forgets what was applied for one that is gone, or that another operator manages now."""
        self._applied.pop(key, None)

    def wait_s(self, key: Key) -> float | None:
        """Returns the seconds until an object that waits may be set back; None where none does."""
        applied = self._applied.get(key)
        return min(applied.waits_s.values(), default=None) if applied else None

    def contests(self, key: Key) -> list[Contest]:
        """Returns what was set back and nobody has been told of; the caller removes what he tells.

        Each object is named once for those who change it, however often they do.
        """
        applied = self._applied.get(key)
        return applied.contests if applied else []

    async def apply(self, resolved: Resolved, resource: Object, plan: Plan, now: datetime) -> None:
        """Applies the owned objects of the plan and deletes those that it does not have.

        One that somebody else changes again and again is not applied until its pause is over.

        Raises:
            ClusterError: One could not be written; `NameTaken` where somebody else's is in its way.
        """
        wanted = desired_state(resolved.service, plan, self.settings)
        kept = {reference_of(manifest): manifest for manifest in wanted}
        self._applied[resolved.key].waits_s.clear()
        for reference, manifest in kept.items():
            owners = self._owners(reference, resolved, resource, plan)
            await self._apply(resolved, reference, manifest, owners)
        await self._prune(resolved, kept, now)

    async def record_good_template(
        self, resolved: Resolved, resource: Object, deployment: Object
    ) -> None:
        """Records the pod template of a Deployment with which every replica is ready."""
        record = good_revision(resolved.service, deployment["spec"]["template"])
        kept = reference_of(record)
        await self._apply(resolved, kept, record, [resource])
        for other in self.object_cache.of(resolved.key, CONTROLLER_REVISION):
            if reference_of(other) != kept and is_ours(other, resolved.service):
                await self._delete(other)

    async def _apply(
        self,
        resolved: Resolved,
        reference: Reference,
        manifest: Manifest,
        owners: Sequence[Object],
    ) -> None:
        """Applies an owned object, unless it is known to be just so already."""
        applied = self._applied[resolved.key]
        digest = _digest(manifest, owners)
        known = self.object_cache.find(reference)
        before = applied.states.get(reference)
        if known is not None and before == (digest, _state(known)):
            return
        is_set_back = before is not None and before[0] == digest
        if is_set_back and self._must_wait(applied, reference):
            return
        if known is not None and is_ours(known, resolved.service):
            made = await self.cluster.apply(manifest, owners)
        else:
            made = await self._apply_unknown(resolved.service, reference, manifest, owners)
        self.object_cache.put(made)
        applied.states[reference] = (digest, _state(made))
        if is_set_back and is_changed(manifest, known, made):
            self._set_back(applied, reference, rivals(known, made))

    def _must_wait(self, applied: _Applied, reference: Reference) -> bool:
        """Returns whether the pause between two set-backs of the object is not over yet."""
        set_backs = applied.set_backs.get(reference)
        wait_s = set_backs.wait_s(self.clock()) if set_backs else 0.0
        if wait_s:
            applied.waits_s[reference] = wait_s
        return wait_s > 0

    def _set_back(self, applied: _Applied, reference: Reference, whose: str) -> None:
        """Counts a set-back and, the first time that it was theirs, keeps it for an Event."""
        set_backs = applied.set_backs.setdefault(reference, SetBacks())
        set_backs.count(self.clock())
        self.on_set_back(reference.kind)
        if whose not in set_backs.told:
            set_backs.told.add(whose)
            applied.contests.append(Contest(reference, whose))

    async def _apply_unknown(
        self,
        service: VoiceService,
        reference: Reference,
        manifest: Manifest,
        owners: Sequence[Object],
    ) -> Object:
        """Applies an owned object whose name somebody else's object may have.

        The cache lacks what others made, and of what it holds it may lack who made it.

        Raises:
            NameTaken: There is one, and it was not touched.
        """
        if reference.kind in _SURE_TO_CONFLICT:
            with contextlib.suppress(Conflict):
                return await self.cluster.apply(manifest, owners, is_forced=False)
        found = await self.cluster.read(reference)
        if found is not None and not is_ours(found, service):
            raise NameTaken(why_not_ours(found))
        return await self.cluster.apply(manifest, owners)

    def _owners(
        self, reference: Reference, resolved: Resolved, resource: Object, plan: Plan
    ) -> list[Object]:
        """Returns the owners: none of a retained claim, of a cache Job all who need it."""
        cache = resolved.service.spec.cache
        if reference.kind is CLAIM and (cache is None or cache.retain):
            return []
        if plan.cache is not None and reference.name == plan.cache.job:
            mine = sharers(self.object_cache, self.resolver, reference.namespace, plan.cache)
            job = self.object_cache.find(reference)
            operator = operator_name(self.settings.namespace)
            return [*mine, *other_owners(self.object_cache, job, operator)]
        return [resource]

    async def _prune(self, resolved: Resolved, kept: Collection[Reference], now: datetime) -> None:
        """Deletes what this VoiceService owns and should not exist."""
        uid = resolved.service.metadata.uid
        for thing in self.object_cache.of(resolved.key):
            reference = reference_of(thing)
            if reference.kind not in _PRUNED or reference in kept or is_leaving(thing):
                continue
            if any(owner["uid"] == uid for owner in owner_references_of(thing)):
                await self._delete(thing)
        for job in self.object_cache.jobs_of(uid):
            is_wanted = (
                reference_of(job) in kept
                if is_preflight(job)
                else is_needed(self.object_cache, self.resolver, job)
            )
            is_over = is_stale(job, self.object_cache.pods_of(job), now)
            if not is_leaving(job) and (is_over or not is_wanted):
                await self._delete(job)

    async def _delete(self, thing: Object) -> None:
        await self.cluster.delete(thing)
        reference = reference_of(thing)
        for applied in self._applied.values():  # several share a cache Job
            applied.states.pop(reference, None)
        if reference.kind not in WATCHED:
            self.object_cache.remove(thing)  # no event will come


def _digest(manifest: Manifest, owners: Sequence[Object]) -> str:
    """Returns what changes when something else is to be applied."""
    uids = sorted(str(owner["metadata"]["uid"]) for owner in owners)
    return hashlib.sha256(json.dumps([manifest, uids], sort_keys=True).encode()).hexdigest()


def _state(thing: Object) -> str:
    """Returns what changes when somebody changes what was applied, and rarely else.

    A generation counts changes of the spec; kinds without one change seldom.
    """
    metadata = thing["metadata"]
    version = metadata.get("generation") or metadata.get("resourceVersion")
    owners = sorted(owner["uid"] for owner in owner_references_of(thing))
    return json.dumps([metadata["uid"], version, owners, metadata.get("labels")], sort_keys=True)
