"""The operator put together: leader election, a first resync, then watches, workers, autoscaler."""

import asyncio
import logging
import time
import zlib
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import aiohttp

from nemo_voice_operator.clients.api_server import Cluster
from nemo_voice_operator.clients.pod_client import PodReader
from nemo_voice_operator.clients.pod_readiness import PodReadinessClient
from nemo_voice_operator.controller.autoscaler import Autoscaler
from nemo_voice_operator.controller.health import serve_health
from nemo_voice_operator.controller.leader_election import lead
from nemo_voice_operator.controller.lease import LeaseLock
from nemo_voice_operator.controller.metrics import OperatorMetrics
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.controller.reconcile import Reconciler
from nemo_voice_operator.controller.resync import ObjectLister, resync
from nemo_voice_operator.controller.watches import follow_cluster
from nemo_voice_operator.controller.workqueue import WorkQueue
from nemo_voice_operator.errors import Forbidden, OperatorError, Refused
from nemo_voice_operator.kube.kinds import OPTIONAL, WATCHED, Kind
from nemo_voice_operator.kube.objects import Key
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.observed import ScalingDecision
from nemo_voice_operator.state.plan import Capabilities

logger = logging.getLogger(__name__)

RELIST_S = 300.0
"""Seconds between two resyncs, which find what no event reported."""


Follow = Callable[[ObjectCache, WorkQueue[Key], OperatorSettings], Coroutine[Any, Any, None]]
"""Keeps the object cache and the queue up to date, until it is cancelled or ends by a signal."""


class WholeCluster(Cluster, ObjectLister, Protocol):
    """All that the operator needs of a cluster, its Lease aside."""

    async def knows(self, kind: Kind) -> bool:
        """Returns whether the cluster has this kind.

        Raises:
            ClusterError: The API server cannot say.
        """
        ...


class Operator:
    """One replica of the operator."""

    def __init__(
        self,
        cluster: WholeCluster,
        session: aiohttp.ClientSession,
        settings: OperatorSettings,
        follow: Follow = follow_cluster,
    ) -> None:
        """Takes the cluster, an HTTP session for pods, the settings and the source of events."""
        self._settings = settings
        self._cluster = cluster
        self._follow = follow
        self._reader = PodReader(session)
        self.object_cache = ObjectCache()
        self.queue: WorkQueue[Key] = WorkQueue()
        self.metrics = OperatorMetrics(
            self.object_cache,
            self.queue.__len__,
            lambda: len(self.reconciler.claims.elsewhere),
        )
        self.reconciler = Reconciler(
            object_cache=self.object_cache,
            cluster=cluster,
            readiness_client=PodReadinessClient(self._reader),
            settings=settings,
            reporter=settings.identity,
            on_set_back=lambda kind: self.metrics.set_backs.labels(kind.name).inc(),
        )

    async def run(self, lock: LeaseLock) -> None:
        """Waits until this replica leads, then works until it is cancelled.

        Raises:
            LeadershipLost: Another replica may lead now: the process must end.
        """
        settings = self._settings
        with self.metrics.served(settings.metrics_port):
            async with serve_health(settings.health_port, lambda: self._why_not_ready(lock)):
                await lock.find_owner()
                await lead(lock, lease_s=settings.lease_s, work=self.work)

    def _why_not_ready(self, lock: LeaseLock) -> str:
        """Returns which other operator keeps this one off; empty where none does."""
        if other := lock.other_release:
            return (
                f"the Deployment {other} of another release leads in this namespace, and this "
                "operator does nothing: remove one of the releases"
            )
        return self.reconciler.claims.conflict()

    async def work(self) -> None:
        """Runs what only the leader runs, until it is cancelled or kopf ends by a signal."""
        self.metrics.leading.set(1)
        logger.info("became leader", extra={"identity": self._settings.identity})
        await self._discover_kinds()
        await self._resync()
        autoscaler = Autoscaler(
            self.object_cache,
            self._reader,
            time.monotonic,
            self._scaled,
            self.reconciler.claims.holds,
        )
        follow = self._follow(self.object_cache, self.queue, self._settings)
        workers = [self._worker() for _ in range(self._settings.workers)]
        scale = autoscaler.run(self._settings.scaling_interval_s)
        await _until_one_ends(follow, scale, self._resync_periodically(), *workers)

    async def _resync(self) -> None:
        """Lists the cluster again and queues the VoiceServices that changes affect.

        The first time before anything is decided: with half of the owned objects known, the other
        half would be taken for missing.
        """
        affected = await self._relisted(*WATCHED)
        for kind in OPTIONAL:
            if self.reconciler.capabilities.knows(kind):
                try:
                    affected |= await self._relisted(kind)
                except Forbidden as error:
                    # Roles of an older version lack it; only who wants such an object is told.
                    logger.warning("%s not listed: %s", kind.name, error)
        for key in affected:
            self.queue.add(key)

    async def _relisted(self, *kinds: Kind) -> set[Key]:
        return await resync(self._cluster, self.object_cache, kinds, self._settings.watched)

    async def _worker(self) -> None:
        while True:
            key = await self.queue.get()
            await self._reconcile(key)

    async def _reconcile(self, key: Key) -> None:
        """Reconciles once; a failure is logged and requeued, it never ends the worker."""
        where = {"namespace": key.namespace, "voiceservice": key.name}
        outcome = "failed"
        with self.metrics.reconcile_seconds.time():
            try:
                requeue_after_s = await self.reconciler.reconcile(key)
            except OperatorError as error:
                outcome = "refused" if isinstance(error, Refused) else "failed"
                logger.warning("reconcile failed: %s", error, extra=where)
            except Exception:
                logger.exception("reconcile failed", extra=where)
            else:
                outcome = "done"
        self.metrics.reconciles.labels(outcome).inc()
        if outcome != "done":
            resource = self.object_cache.voice_service(key)
            self.queue.failed(key, resource and resource["metadata"].get("generation"))
            return
        self.queue.done(key)
        if self.object_cache.voice_service(key) is None:
            self.queue.forget(key)
        else:
            next_s = next_resync_s(key, asyncio.get_running_loop().time(), self._settings.resync_s)
            self.queue.add_after(key, requeue_after_s or next_s)

    def _scaled(self, key: Key, scaled: ScalingDecision) -> None:
        before = self.reconciler.scaling_decisions.get(key)
        if before is not None and before.replicas != scaled.replicas:
            direction = "up" if scaled.replicas > before.replicas else "down"
            self.metrics.scaling_decisions.labels(direction, scaled.load.reason or "").inc()
        self.reconciler.scaling_decisions[key] = scaled
        self.queue.add(key)

    async def _resync_periodically(self) -> None:
        while True:
            await asyncio.sleep(RELIST_S)
            try:
                await self._discover_kinds()
                await self._resync()
            except OperatorError as error:
                logger.warning("resync failed: %s", error)

    async def _discover_kinds(self) -> None:
        known = frozenset([kind for kind in OPTIONAL if await self._cluster.knows(kind)])
        capabilities = Capabilities(known)
        if capabilities != self.reconciler.capabilities:
            self.reconciler.capabilities = capabilities
            for kind in frozenset(OPTIONAL) - known:
                for gone in self.object_cache.all(kind):
                    self.object_cache.remove(gone)
            for key in self.object_cache.voice_services():
                self.queue.add(key)


def next_resync_s(key: Key, now_s: float, period_s: float) -> float:
    """Returns the seconds until a VoiceService is reconciled without an event.

    Each has its own time in every period: all at once would delay what just changed.
    """
    share = zlib.crc32(f"{key.namespace}/{key.name}".encode()) / 2**32
    return period_s - (now_s - share * period_s) % period_s


async def _until_one_ends(*works: Coroutine[Any, Any, None]) -> None:
    """Runs all until one ends, then cancels the others; raises the error of that one."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
