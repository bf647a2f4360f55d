"""The operator put together: election, a first look, then watches, workers and scaler."""

import asyncio
import logging
import time
import zlib
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import aiohttp

from nemo_voice_operator.clients.api_server import Cluster
from nemo_voice_operator.clients.pod_client import PodReader
from nemo_voice_operator.clients.pod_readiness import Asking
from nemo_voice_operator.controller.autoscaler import Autoscaler
from nemo_voice_operator.controller.health import live
from nemo_voice_operator.controller.leader_election import lead
from nemo_voice_operator.controller.lease import LeaseLock
from nemo_voice_operator.controller.metrics import OperatorMetrics
from nemo_voice_operator.controller.object_cache import Inventory
from nemo_voice_operator.controller.reconcile import Reconciler
from nemo_voice_operator.controller.resync import Lists, survey
from nemo_voice_operator.controller.watches import follow_cluster
from nemo_voice_operator.controller.workqueue import WorkQueue
from nemo_voice_operator.errors import OperatorError, Refused
from nemo_voice_operator.kube.kinds import SERVICE_MONITOR, WATCHED, Kind
from nemo_voice_operator.kube.objects import Key
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.observed import Scaled
from nemo_voice_operator.state.plan import Capabilities

logger = logging.getLogger(__name__)

LOOK_S = 300.0
"""Seconds between two looks for what no event told of."""


Follow = Callable[[Inventory, WorkQueue[Key], OperatorSettings], Coroutine[Any, Any, None]]
"""What keeps the inventory and the queue up to date, until it is cancelled or told to stop."""


class WholeCluster(Cluster, Lists, Protocol):
    """All that the operator asks of a cluster, its Lease aside."""

    async def knows(self, kind: Kind) -> bool:
        """Returns whether the cluster has this kind.

        Raises:
            ClusterError: Nobody knows.
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
        """Takes the cluster, an HTTP client for pods, the settings and the source of events."""
        self._settings = settings
        self._cluster = cluster
        self._follow = follow
        self._reader = PodReader(session)
        self.inventory = Inventory()
        self.queue: WorkQueue[Key] = WorkQueue()
        self.metrics = OperatorMetrics(self.inventory, self.queue.__len__)
        self.reconciler = Reconciler(
            inventory=self.inventory,
            cluster=cluster,
            asks=Asking(self._reader),
            settings=settings,
            reporter=settings.identity,
        )

    async def run(self, lock: LeaseLock) -> None:
        """Waits for the lead, then works until it is cancelled.

        Raises:
            LeadershipLost: Another replica may lead now: the process must end.
        """
        settings = self._settings
        with self.metrics.served(settings.metrics_port):
            async with live(settings.health_port):
                await lead(lock, lease_s=settings.lease_s, work=self.work)

    async def work(self) -> None:
        """Does what a leader does, until it is cancelled or kopf is told to stop."""
        self.metrics.leading.set(1)
        logger.info("leading", extra={"identity": self._settings.identity})
        await self._discover()
        await self._look()
        autoscaler = Autoscaler(self.inventory, self._reader, time.monotonic, self._scaled)
        follow = self._follow(self.inventory, self.queue, self._settings)
        workers = [self._work_off() for _ in range(self._settings.workers)]
        scale = autoscaler.run(self._settings.scaling_interval_s)
        await _until_one_ends(follow, scale, self._keep_looking(), *workers)

    async def _look(self) -> None:
        """Learns all that is there and is not told by events.

        At first before anything is decided: who knows half of the children would take the other
        half for missing.
        """
        optional = [SERVICE_MONITOR] if self.reconciler.capabilities.service_monitor else []
        kinds = (*WATCHED, *optional)
        for key in await survey(self._cluster, self.inventory, kinds, self._settings.watched):
            self.queue.add(key)

    async def _work_off(self) -> None:
        while True:
            key = await self.queue.get()
            await self._pass(key)

    async def _pass(self, key: Key) -> None:
        """Makes one pass; a failure is logged and comes back later, it never ends the worker."""
        where = {"namespace": key.namespace, "voiceservice": key.name}
        outcome = "failed"
        with self.metrics.reconcile_seconds.time():
            try:
                again_s = await self.reconciler.reconcile(key)
            except OperatorError as error:
                outcome = "refused" if isinstance(error, Refused) else "failed"
                logger.warning("a pass failed: %s", error, extra=where)
            except Exception:
                logger.exception("a pass failed", extra=where)
            else:
                outcome = "done"
        self.metrics.reconciles.labels(outcome).inc()
        if outcome != "done":
            self.queue.failed(key)
            return
        self.queue.done(key)
        if self.inventory.service(key) is None:
            self.queue.forget(key)
        else:
            turn_s = next_turn_s(key, asyncio.get_running_loop().time(), self._settings.resync_s)
            self.queue.add_after(key, again_s or turn_s)

    def _scaled(self, key: Key, scaled: Scaled) -> None:
        before = self.reconciler.scaled.get(key)
        if before is not None and before.replicas != scaled.replicas:
            direction = "up" if scaled.replicas > before.replicas else "down"
            self.metrics.scaling_decisions.labels(direction, scaled.load.reason or "").inc()
        self.reconciler.scaled[key] = scaled
        self.queue.add(key)

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self._discover()
                await self._look()
            except OperatorError as error:
                logger.warning("the cluster cannot be read: %s", error)

    async def _discover(self) -> None:
        knows_monitors = await self._cluster.knows(SERVICE_MONITOR)
        capabilities = Capabilities(service_monitor=knows_monitors)
        if capabilities != self.reconciler.capabilities:
            self.reconciler.capabilities = capabilities
            if not knows_monitors:
                for gone in self.inventory.all(SERVICE_MONITOR):
                    self.inventory.remove(gone)
            for key in self.inventory.services():
                self.queue.add(key)


def next_turn_s(key: Key, now_s: float, period_s: float) -> float:
    """Returns the seconds until a VoiceService is looked at though nothing happens.

    Each has its own turn in every period: all at once would keep waiting what just changed.
    """
    share = zlib.crc32(f"{key.namespace}/{key.name}".encode()) / 2**32
    return period_s - (now_s - share * period_s) % period_s


async def _until_one_ends(*works: Coroutine[Any, Any, None]) -> None:
    """Runs all until one ends, then cancels the others; raises what the one raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
