"""Reconciles a VoiceService: the algorithm, and nothing that it calls.

Level-based: every reconcile reads the newest state, decides everything anew and writes what
differs, so that a reconcile may be cut anywhere and repeated at any time.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from pydantic import ValidationError

from nemo_voice_operator.api.status import Status
from nemo_voice_operator.clients.api_server import Cluster
from nemo_voice_operator.controller.claims import Claims
from nemo_voice_operator.controller.event_recorder import EventRecorder
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.controller.observation import (
    ReadinessClient,
    observe,
    pod_reports,
    with_events,
    with_routes,
)
from nemo_voice_operator.controller.other_operators import OtherOperators
from nemo_voice_operator.controller.owned_objects import OwnedObjects
from nemo_voice_operator.controller.resolver import Resolver
from nemo_voice_operator.controller.status_writer import StatusWriter, timestamp
from nemo_voice_operator.errors import ClusterError, NotUnderstood, Refused
from nemo_voice_operator.kube.kinds import DEPLOYMENT, Kind
from nemo_voice_operator.kube.leases import operator_name
from nemo_voice_operator.kube.objects import Key, Object, is_leaving, is_rolled_out
from nemo_voice_operator.planning.planning import plan_of
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.observed import Observed, ScalingDecision
from nemo_voice_operator.state.plan import Capabilities, Plan
from nemo_voice_operator.state.resolved import Resolved
from nemo_voice_operator.status.pod_diagnosis import Diagnosis
from nemo_voice_operator.status.requeue import requeue_after_s
from nemo_voice_operator.status.route_status import route_wait_s
from nemo_voice_operator.status.status import status_of

_SAME_WORDS_S = 30.0
"""For so long a refusal keeps its words. Those of a webhook may have a time or a port in them, and
each status that is written is an event, which reconciles at once."""
_LASTING_FAILURES = 5
"""Failures in a row after which an error that is no refusal is reported: about 3 s."""


@dataclass(slots=True)
class Reconciler:
    """Reconciles VoiceServices; several may be in work at once, each by one worker."""

    object_cache: ObjectCache
    cluster: Cluster
    readiness_client: ReadinessClient
    settings: OperatorSettings
    reporter: str
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    clock: Callable[[], float] = time.monotonic
    on_set_back: Callable[[Kind], None] = lambda _kind: None
    """Takes the kind of each owned object that somebody else had changed and that was set back."""
    capabilities: Capabilities = field(default_factory=Capabilities)
    scaling_decisions: dict[Key, ScalingDecision] = field(default_factory=dict)
    """The autoscaler's last decisions."""
    claims: Claims = field(init=False)
    """Which VoiceServices this operator manages, and which others do."""
    _failures: dict[Key, int] = field(default_factory=dict)
    """How often in a row a write failed without a refusal."""
    _refusals: dict[Key, tuple[Diagnosis, int, float]] = field(default_factory=dict)
    """What the status says of a refusal, of which generation, and since when."""
    _resolver: Resolver = field(init=False)
    _owned: OwnedObjects = field(init=False)
    _events: EventRecorder = field(init=False)
    _status_writer: StatusWriter = field(init=False)

    def __post_init__(self) -> None:
        self._resolver = Resolver(self.settings)
        self._owned = OwnedObjects(
            self.object_cache,
            self.cluster,
            self._resolver,
            self.settings,
            self.clock,
            self.on_set_back,
        )
        name = operator_name(self.settings.namespace)
        self._events = EventRecorder(self.cluster, self.reporter, self.now)
        self._status_writer = StatusWriter(
            self.object_cache, self.cluster, name, self._events, self.now
        )
        others = OtherOperators(self.cluster, self.clock, self.settings.lease_s)
        self.claims = Claims(self._status_writer, self._events, others)

    async def reconcile(self, key: Key) -> float | None:
        """Makes one VoiceService's owned objects and status what they should be.

        Returns:
            Seconds until it should be reconciled again without an event; None where events suffice.

        Raises:
            ClusterError: Something could not be written; the next reconcile goes on.
            NotUnderstood: The resource is of another CRD than the operator's.
        """
        resource = self.object_cache.voice_service(key)
        self._forget_if_gone(key, resource)
        if resource is None:
            return None
        managed = await self.claims.managed(key, resource)
        if managed is None:
            self._let_go(key)
            return self.claims.ask_again_s
        return await self._reconcile_managed(key, managed)

    async def _reconcile_managed(self, key: Key, resource: Object) -> float | None:
        try:
            resolved = self._resolver.resolve(resource)
        except ValidationError as error:
            if is_leaving(resource):
                return None
            await self._status_writer.write_unreadable(resource, _problem(error))
            raise NotUnderstood(_problem(error)) from error
        observed = self._observe(resolved)
        plan = plan_of(resolved, observed, self.settings)
        if is_leaving(resource):
            status = await self._status(resolved, plan, observed)
            await self._status_writer.write_last(resource, resolved.service, status)
            return None
        status = await self._apply(resource, resolved, plan, observed)
        await self._tell_of_contests(key, resource)
        now = self.now()
        waits_s = (
            requeue_after_s(plan, observed, now),
            self._owned.wait_s(key),
            route_wait_s(status, now),
        )
        return min((wait_s for wait_s in waits_s if wait_s is not None), default=None)

    def _forget_if_gone(self, key: Key, resource: Object | None) -> None:
        """Forgets a VoiceService that is gone, also when another has its name already.

        Also one that was never reconciled: others' reconciles and the autoscaler may know it.
        """
        uid = None if resource is None else str(resource["metadata"]["uid"])
        if resource is None:
            self.claims.forget(key)
        if self._owned.forget_if_gone(key, uid) or resource is None:
            self._forget_needs(key)

    def _let_go(self, key: Key) -> None:
        """Forgets what was done for a VoiceService that another operator manages."""
        self._owned.forget(key)
        self._forget_needs(key)

    def _forget_needs(self, key: Key) -> None:
        self._resolver.forget(key)
        self.object_cache.uses_claim(key, None)
        self.scaling_decisions.pop(key, None)
        self._forget_failures(key)

    def _forget_failures(self, key: Key) -> None:
        self._failures.pop(key, None)
        self._refusals.pop(key, None)

    async def _tell_of_contests(self, key: Key, resource: Object) -> None:
        """Writes an Event for each object that somebody changes and that is set back."""
        contests = self._owned.contests(key)
        while contests:
            what = contests[0]
            note = (
                f"{what.reference.kind.name} {what.reference.name} was changed by {what.rivals}, "
                "and set back; while that goes on, it is set back less and less often, at least "
                "every 5 min"
            )
            await self._events.tell(resource, "Warning", "SetBack", note)
            contests.pop(0)

    def _observe(self, resolved: Resolved) -> Observed:
        if resolved.service.spec.scaling is None:
            self.scaling_decisions.pop(resolved.key, None)
        decision = self.scaling_decisions.get(resolved.key)
        return observe(self.object_cache, resolved, self.capabilities, decision)

    async def _apply(
        self, resource: Object, resolved: Resolved, plan: Plan, observed: Observed
    ) -> Status:
        """Writes what differs: the owned objects, then the status with what the pods report.

        Returns:
            The status.
        """
        key = resolved.key
        self.object_cache.uses_claim(key, plan.cache.claim if plan.cache else None)
        try:
            observed = await self._write(resource, resolved, plan, observed)
        except ClusterError as error:
            if refusal := self._refusal(resolved, error):
                status = await self._status(resolved, plan, observed, refusal)
                await self._status_writer.write(resource, resolved.service, status)
            raise
        self._forget_failures(key)
        status = await self._status(resolved, plan, observed)
        await self._status_writer.write(resource, resolved.service, status)
        return status

    async def _write(
        self, resource: Object, resolved: Resolved, plan: Plan, observed: Observed
    ) -> Observed:
        """Writes the owned objects; returns what was observed, with the Deployment as it is now."""
        key = resolved.key
        await self._owned.apply(resolved, resource, plan, self.now())
        deployment = self.object_cache.get(DEPLOYMENT, key.namespace, key.name)
        if deployment and plan.serves and plan.replicas and is_rolled_out(deployment):
            await self._owned.record_good_template(resolved, resource, deployment)
        return replace(observed, deployment=deployment)

    def _refusal(self, resolved: Resolved, error: ClusterError) -> Diagnosis | None:
        """Returns what the status reports of a failed write; None where it may soon succeed."""
        key, generation = resolved.key, resolved.service.metadata.generation
        if not isinstance(error, Refused):
            self._failures[key] = self._failures.get(key, 0) + 1
            if not error.status or self._failures[key] < _LASTING_FAILURES:
                return None
        now_s, reason = self.clock(), error.condition_reason
        if known := self._refusals.get(key):
            told, of, since_s = known
            if (told.reason, of) == (reason, generation) and now_s - since_s < _SAME_WORDS_S:
                return told
        told = Diagnosis(reason, str(error), "")
        self._refusals[key] = (told, generation, now_s)
        return told

    async def _status(
        self, resolved: Resolved, plan: Plan, observed: Observed, refusal: Diagnosis | None = None
    ) -> Status:
        # Requested last of all: a pod that is slow to respond delays no change.
        reports = await pod_reports(self.readiness_client, observed)
        observed = await with_events(self.cluster, plan, observed, self.now())
        observed = await with_routes(self.cluster, resolved.service, observed)
        now = timestamp(self.now())
        return status_of(resolved, plan, observed, reports, now=now, refusal=refusal)


def _problem(error: ValidationError) -> str:
    found = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
    return "; ".join(found)
