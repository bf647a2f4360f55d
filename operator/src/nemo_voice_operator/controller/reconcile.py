"""Makes what is there be what a VoiceService asks for: the algorithm, and nothing that it calls.

Level-based: every pass reads the newest state, decides everything anew and writes what differs, so
that a pass may be cut anywhere and repeated at any time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from pydantic import ValidationError

from nemo_voice_operator.api import VoiceService, parse, readable
from nemo_voice_operator.api.status import Status
from nemo_voice_operator.clients.api_server import Cluster
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.controller.owned_objects import OwnedObjects
from nemo_voice_operator.desired.cache import claim_of
from nemo_voice_operator.desired.preflight_job import is_preflight
from nemo_voice_operator.errors import ClusterError, NotUnderstood, Refused
from nemo_voice_operator.kube.kinds import CLAIM, CONTROLLER_REVISION, DEPLOYMENT, JOB, POD
from nemo_voice_operator.kube.manifests import Manifest
from nemo_voice_operator.kube.objects import Key, Object, is_leaving, is_over
from nemo_voice_operator.kube.ownership import is_ours
from nemo_voice_operator.planning.planning import job_of, plan_of
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.observed import Observed, Preflight, Scaled
from nemo_voice_operator.state.plan import Capabilities, Plan
from nemo_voice_operator.state.pod_reports import CacheProgress, PodReadiness
from nemo_voice_operator.status.events import events_between
from nemo_voice_operator.status.requeue import requeue_after_s
from nemo_voice_operator.status.status import status_of, status_of_unreadable

_GONE = frozenset({404, 409})
"""Answers to a status of what is not there any more, or has become another of its name."""


class ReadinessClient(Protocol):
    """What pods are asked over HTTP."""

    async def readiness(self, pods: Sequence[Object]) -> dict[str, PodReadiness]:
        """Returns what each pod says of itself, by name; those that do not answer are left out."""
        ...

    async def progress(self, pods: Sequence[Object]) -> CacheProgress | None:
        """Returns how far a cache Job's pod says it is."""
        ...


@dataclass(slots=True)
class Reconciler:
    """Reconciles VoiceServices; several may be in work at once, each by one worker."""

    object_cache: ObjectCache
    cluster: Cluster
    readiness_client: ReadinessClient
    settings: OperatorSettings
    reporter: str
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    capabilities: Capabilities = field(default_factory=Capabilities)
    scaled: dict[Key, Scaled] = field(default_factory=dict)
    """The scaler's last decisions."""
    _owned: OwnedObjects = field(init=False)

    def __post_init__(self) -> None:
        self._owned = OwnedObjects(self.object_cache, self.cluster, self.settings)

    async def reconcile(self, key: Key) -> float | None:
        """Makes one VoiceService's children and status what they should be.

        Returns:
            Seconds until it should be looked at again without an event; None for no such wish.

        Raises:
            ClusterError: Something could not be written; the next pass goes on.
            NotUnderstood: The resource is of another CRD than the operator's.
        """
        resource = self.object_cache.service(key)
        self._recall(key, resource)
        if resource is None:
            return None
        if is_leaving(resource):
            await self._tell_leaving(resource)
            return None
        try:
            service = parse(resource)
        except ValidationError as error:
            problem = _problem(error)
            await self._tell_unreadable(resource, problem)
            raise NotUnderstood(problem) from error
        observed = self._observed(service)
        plan = plan_of(service, observed, self.settings)
        self.object_cache.uses_claim(key, plan.cache.claim if plan.cache else None)
        try:
            await self._owned.apply(service, resource, plan, self.now())
        except Refused as error:
            observed = replace(
                await self._asked(observed), refusal=str(error), refused_as=error.condition_reason
            )
            await self._tell(service, resource, plan, observed)
            raise
        deployment = self.object_cache.get(DEPLOYMENT, key.namespace, key.name)
        # Only now: a pod that is slow to answer keeps no change waiting.
        observed = replace(await self._asked(observed), deployment=deployment)
        await self._owned.record_good_template(service, resource, plan, observed)
        await self._tell(service, resource, plan, observed)
        return requeue_after_s(plan, observed, self.now())

    def _recall(self, key: Key, resource: Object | None) -> None:
        """Forgets a VoiceService that is gone, also when another has its name already."""
        uid = None if resource is None else str(resource["metadata"]["uid"])
        if self._owned.forget_if_gone(key, uid):
            self.object_cache.uses_claim(key, None)
            self.scaled.pop(key, None)

    def _observed(self, service: VoiceService) -> Observed:
        key = _key(service)
        name = job_of(service, self.settings)
        job_pods: list[Object] = []
        claim = job = None
        if name is not None:
            claim = self.object_cache.get(CLAIM, key.namespace, claim_of(service))
            job = self.object_cache.get(JOB, key.namespace, name)
            job_pods = self.object_cache.pods_of_job(key.namespace, name)
        deployment = self.object_cache.get(DEPLOYMENT, key.namespace, key.name)
        if deployment is not None and not is_ours(deployment, service):
            deployment = None
        preflights = filter(is_preflight, self.object_cache.jobs_of(service.metadata.uid))
        pods = [pod for pod in self.object_cache.of(key, POD) if not is_leaving(pod)]
        records = self.object_cache.of(key, CONTROLLER_REVISION)
        good = max(records, key=lambda record: int(record["revision"]), default=None)
        if service.spec.scaling is None:
            self.scaled.pop(key, None)
        decision = self.scaled.get(key)
        return Observed(
            deployment=deployment,
            claim=claim,
            job=job,
            job_pods=tuple(job_pods),
            preflights={
                str(one["metadata"]["name"]): Preflight(one, tuple(self.object_cache.pods_of(one)))
                for one in preflights
            },
            pods=tuple(pods),
            good_template=good["data"]["template"] if good else None,
            capabilities=self.capabilities,
            wanted_replicas=decision.replicas if decision else None,
        )

    async def _asked(self, observed: Observed) -> Observed:
        """Returns what was observed with what the pods say of themselves."""
        # The addresses of those that are over may have been given to others.
        alive = [pod for pod in observed.pods if not is_over(pod)]
        running = [pod for pod in observed.job_pods if _phase(pod) == "Running"]
        return replace(
            observed,
            readiness=await self.readiness_client.readiness(alive) if alive else {},
            progress=await self.readiness_client.progress(running) if running else None,
        )

    async def _tell(
        self, service: VoiceService, resource: Object, plan: Plan, observed: Observed
    ) -> None:
        """Writes the status when it says something new, and the Events of the step."""
        now = self.now()
        status = self._status(service, plan, observed, now)
        if status == service.status:
            return
        self.object_cache.put(await self.cluster.apply_status(resource, _told(status)))
        moment = now.isoformat(timespec="microseconds").replace("+00:00", "Z")
        for event in events_between(service, status, now=moment, reporter=self.reporter):
            await self.cluster.record(event)

    def _status(
        self, service: VoiceService, plan: Plan, observed: Observed, now: datetime
    ) -> Status:
        decision = self.scaled.get(_key(service))
        return status_of(
            service,
            plan,
            observed,
            now=_seconds(now),
            load=decision.load if decision else None,
            wanted_replicas=decision.wanted if decision else None,
        )

    async def _tell_leaving(self, resource: Object) -> None:
        """Writes the status of one that is being deleted; its children are left to themselves."""
        service = readable(resource)
        if service is None:
            return
        observed = await self._asked(self._observed(service))
        plan = plan_of(service, observed, self.settings)
        status = self._status(service, plan, observed, self.now())
        if status == service.status:
            return
        try:
            # The answer is not taken in: the news that the object is gone may be here already.
            await self.cluster.apply_status(resource, _told(status))
        except ClusterError as error:
            if error.status not in _GONE:
                raise

    async def _tell_unreadable(self, resource: Object, problem: str) -> None:
        """Says in the status that this operator does not understand the resource."""
        before = resource.get("status") or {}
        status = status_of_unreadable(before, problem, now=_seconds(self.now()))
        if status != before:
            self.object_cache.put(await self.cluster.apply_status(resource, status))


def _phase(pod: Object) -> str:
    return str(pod.get("status", {}).get("phase"))


def _told(status: Status) -> Manifest:
    return status.model_dump(mode="json", by_alias=True, exclude_none=True)


def _problem(error: ValidationError) -> str:
    found = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
    return "; ".join(found)


def _key(service: VoiceService) -> Key:
    return Key(service.metadata.namespace, service.metadata.name)


def _seconds(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
