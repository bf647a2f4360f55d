"""Observes a VoiceService in two steps: what the cluster holds of it, and what its pods report."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.clients.api_server import Cluster
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.desired.preflight_job import is_preflight
from nemo_voice_operator.desired.routes import known_routes
from nemo_voice_operator.errors import ClusterError
from nemo_voice_operator.kube.kinds import (
    CLAIM,
    CONTROLLER_REVISION,
    DEPLOYMENT,
    JOB,
    POD,
    Reference,
)
from nemo_voice_operator.kube.objects import Object, is_leaving, is_over, is_running
from nemo_voice_operator.kube.ownership import is_ours
from nemo_voice_operator.state.observed import Observed, Preflight, ScalingDecision
from nemo_voice_operator.state.plan import Capabilities, Plan
from nemo_voice_operator.state.pod_reports import CacheProgress, PodReadiness, PodReports
from nemo_voice_operator.state.resolved import Resolved
from nemo_voice_operator.status.unexplained import unexplained

logger = logging.getLogger(__name__)


class ReadinessClient(Protocol):
    """What the reconciler requests from pods over HTTP."""

    async def readiness(self, pods: Sequence[Object]) -> dict[str, PodReadiness]:
        """Returns the readiness that each pod reports, by name, of those that respond."""
        ...

    async def progress(self, pods: Sequence[Object]) -> CacheProgress | None:
        """Returns the progress that a cache Job's pod reports."""
        ...


def observe(
    object_cache: ObjectCache,
    resolved: Resolved,
    capabilities: Capabilities,
    decision: ScalingDecision | None,
) -> Observed:
    """Returns what the cluster holds of a VoiceService."""
    key, service = resolved.key, resolved.service
    job_pods: list[Object] = []
    claim = job = None
    if resolved.job is not None:
        claim = object_cache.get(CLAIM, key.namespace, resolved.claim)
        job = object_cache.get(JOB, key.namespace, resolved.job)
        job_pods = object_cache.pods_of_job(key.namespace, resolved.job)
    deployment = object_cache.get(DEPLOYMENT, key.namespace, key.name)
    if deployment is not None and not is_ours(deployment, service):
        deployment = None
    preflights = filter(is_preflight, object_cache.jobs_of(service.metadata.uid))
    pods = [pod for pod in object_cache.of(key, POD) if not is_leaving(pod)]
    records = object_cache.of(key, CONTROLLER_REVISION)
    good = max(records, key=lambda record: int(record["revision"]), default=None)
    return Observed(
        deployment=deployment,
        claim=claim,
        job=job,
        job_pods=tuple(job_pods),
        preflights={
            str(one["metadata"]["name"]): Preflight(one, tuple(object_cache.pods_of(one)))
            for one in preflights
        },
        pods=tuple(pods),
        good_template=good["data"]["template"] if good else None,
        capabilities=capabilities,
        scaling_decision=decision,
    )


async def with_routes(cluster: Cluster, service: VoiceService, observed: Observed) -> Observed:
    """Returns what was observed with the Routes as they are now, of which no event tells."""
    metadata = service.metadata
    kinds = known_routes(service, observed.capabilities)
    found = await asyncio.gather(
        *(_read(cluster, Reference(kind, metadata.namespace, metadata.name)) for kind in kinds)
    )
    routes = {
        kind.name: route
        for kind, route in zip(kinds, found, strict=True)
        if route is not None and is_ours(route, service)
    }
    return replace(observed, routes=routes)


async def _read(cluster: Cluster, reference: Reference) -> Object | None:
    try:
        return await cluster.read(reference)
    except ClusterError as error:
        logger.info("%s not read: %s", reference.kind.name, error)
        return None


async def with_events(cluster: Cluster, plan: Plan, observed: Observed, now: datetime) -> Observed:
    """Returns what was observed with the Events of what waits or fails for an untold reason."""
    things = unexplained(plan, observed, now)
    found = await asyncio.gather(*(_events_of(cluster, thing) for thing in things))
    uids = (str(thing["metadata"]["uid"]) for thing in things)
    return replace(observed, events=dict(zip(uids, found, strict=True)))


async def _events_of(cluster: Cluster, thing: Object) -> tuple[Object, ...]:
    try:
        return tuple(await cluster.events_of(thing))
    except ClusterError as error:
        # The status is written without them: they only explain.
        logger.info("Events not read: %s", error)
        return ()


async def pod_reports(client: ReadinessClient, observed: Observed) -> PodReports:
    """Returns what the pods report: readiness where they serve, progress where they download."""
    # The addresses of those that are over may have been given to others.
    alive = [pod for pod in observed.pods if not is_over(pod)]
    running = [pod for pod in observed.job_pods if is_running(pod)]
    return PodReports(
        readiness=await client.readiness(alive) if alive else {},
        progress=await client.progress(running) if running else None,
    )
