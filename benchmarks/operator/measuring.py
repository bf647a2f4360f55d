"""The parts of the operator's benchmark, in the order in which they run."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.operator.observing import (
    ANNOTATION,
    Arrivals,
    change,
    count,
    phases,
    places,
    processor_s,
    processors_s,
    reconciles,
    unobserved,
)
from benchmarks.operator.population import children_of, is_cached, place_of
from benchmarks.operator.results import Changes, Convergence, Rest, Resync
from nemo_voice_operator.clients.api_server import KubernetesCluster
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.controller.operator import RELIST_S
from nemo_voice_operator.controller.resync import resync
from nemo_voice_operator.kube.kinds import POD, WATCHED, Kind
from support.kubernetes.api_server import ApiServer
from support.operator.operating import connected

PATIENCE_S = 600.0
_POLL_S = 0.5
_REST_RECONCILES_PER_S = 5.0
"""Fewer reconciles than this mean that nothing is left to do but periodic resyncs."""
_BETWEEN_CHANGES_S = 0.5
_ARRIVAL_S = 30.0


class NotReached(Exception):
    """The cluster did not reach a state in time; the message has the state that it reached."""


@dataclass(frozen=True)
class Subject:
    """What is measured: a running operator, the cluster it runs on, and its VoiceServices."""

    server: ApiServer
    process: psutil.Process
    metrics_port: int
    services: list[dict[str, Any]]
    user: str
    """The operator's name in the audit log."""
    log: Path

    def rest(self) -> None:
        """Returns when the operator has nothing to do any more."""
        self.until("rest", self._is_at_rest)

    def until(self, what: str, holds: Callable[[], object]) -> None:
        """Returns once something holds.

        Raises:
            NotReached: It did not in time, or the operator ended.
        """
        if not _wait(lambda: self._has_ended() or holds(), PATIENCE_S, _POLL_S):
            raise NotReached(f"{what}: not after {PATIENCE_S:g} s")
        if self._has_ended():
            raise NotReached(f"{what}: the operator ended; {self.log} says why")

    def _has_ended(self) -> bool:
        return bool(self.process.status() == psutil.STATUS_ZOMBIE)

    def _is_at_rest(self) -> object:
        if phases(self.server) != {"Ready": len(self.services)}:
            return False
        before, began_s = reconciles(self.metrics_port), time.monotonic()
        time.sleep(2)
        made = reconciles(self.metrics_port) - before
        return made / (time.monotonic() - began_s) < _REST_RECONCILES_PER_S


@dataclass(frozen=True)
class Start:
    """What there was just before the operator was started."""

    counts: dict[Kind, int]
    processors_s: dict[str, float]
    time_s: float

    @classmethod
    def of(cls, server: ApiServer) -> "Start":
        """Returns what there is now."""
        counts = {kind: count(server, kind) for kind in children_of([])}
        return cls(counts, processors_s(), time.monotonic())


def converge(subject: Subject, start: Start) -> Convergence:
    """Returns how long everything took since the operator was started.

    Raises:
        NotReached: Something is missing in the end.
    """
    server, services = subject.server, subject.services
    wanted = {kind: start.counts[kind] + len(all_) for kind, all_ in children_of(services).items()}
    subject.until("owned objects", lambda: {kind: count(server, kind) for kind in wanted} == wanted)
    subject.until("statuses", lambda: not unobserved(server))
    applied_s = time.monotonic() - start.time_s
    subject.until("Ready", lambda: phases(server) == {"Ready": len(services)})
    ready_s = time.monotonic() - start.time_s
    computed_s = {
        name: all_s - start.processors_s.get(name, 0.0)
        for name, all_s in processors_s(subject.process.pid).items()
    }
    made = reconciles(subject.metrics_port)
    for kind, names in children_of(services).items():
        if missing := names - places(server, kind):
            raise NotReached(f"{kind.name}: {len(missing)} are missing, {min(missing)} for one")
    return Convergence(
        services=len(services),
        cached=sum(map(is_cached, services)),
        applied_s=applied_s,
        ready_s=ready_s,
        processors_s=computed_s,
        requests=len(server.requests(subject.user)),
        reconciles=made,
        resident_bytes=subject.process.memory_info().rss,
        load=os.getloadavg()[0],
    )


def rested(subject: Subject, seconds: float, *, scaled: int = 0) -> Rest:
    """Returns what the operator takes while nothing changes and it only follows events.

    A resync is rare and is measured by itself: a time with a resync in it is measured
    again.
    """
    while True:
        resyncs = _resyncs(subject)
        rest = _rested(subject, seconds, scaled=scaled)
        if _resyncs(subject) == resyncs:
            return rest


def _resyncs(subject: Subject) -> int:
    """Returns how often the operator has listed the pods."""
    requests = subject.server.requests(subject.user)
    return sum(one.verb == "list" and one.path.startswith(POD.path()) for one in requests)


def _rested(subject: Subject, seconds: float, *, scaled: int) -> Rest:
    subject.rest()
    before_s, made, began_s = (
        processor_s(subject.process),
        reconciles(subject.metrics_port),
        time.monotonic(),
    )
    time.sleep(seconds)
    return Rest(
        scaled=scaled,
        seconds=time.monotonic() - began_s,
        processor_s=processor_s(subject.process) - before_s,
        reconciles=reconciles(subject.metrics_port) - made,
        resident_bytes=subject.process.memory_info().rss,
        load=os.getloadavg()[0],
    )


def scaled(subject: Subject, number: int, seconds: float) -> Rest:
    """Returns what the operator takes when so many VoiceServices have `scaling`."""
    chosen = [place_of(one) for one in subject.services[:number]]
    change(subject.server, chosen, {"scaling": {"min": 1, "max": 2}})
    return rested(subject, seconds, scaled=number)


def changed(subject: Subject, number: int) -> Changes:
    """Returns how soon changes of single VoiceServices reach their Deployments."""
    subject.rest()
    before_s = processor_s(subject.process)
    # Spread over all of them, so that tasks and namespaces alternate.
    step = max(1, len(subject.services) // number)
    chosen = [place_of(one) for one in subject.services[::step][:number]]
    arrivals = Arrivals(subject.server, seconds=number * 2 * _BETWEEN_CHANGES_S + _ARRIVAL_S)
    sent_s = {}
    for index, place in enumerate(chosen):
        mark = (place, str(index))
        sent_s[mark] = time.monotonic()
        change(subject.server, [place], {"podAnnotations": {ANNOTATION: mark[1]}})
        time.sleep(max(0.0, sent_s[mark] + _BETWEEN_CHANGES_S - time.monotonic()))
    _wait(lambda: sent_s.keys() <= arrivals.seen_s.keys(), _ARRIVAL_S)
    seen = {mark: arrivals.seen_s[mark] for mark in sent_s if mark in arrivals.seen_s}
    return Changes(
        latencies_s=tuple(at_s - sent_s[mark] for mark, at_s in seen.items()),
        lost=len(sent_s) - len(seen),
        processor_s=processor_s(subject.process) - before_s,
        load=os.getloadavg()[0],
    )


def measured_resync(kubeconfig: Path) -> Resync:
    """Returns the cost of a resync when nothing is new."""
    return asyncio.run(_measured_resync(kubeconfig))


async def _measured_resync(kubeconfig: Path) -> Resync:
    object_cache = ObjectCache()
    async with connected(kubeconfig) as client:
        cluster = KubernetesCluster(client)
        await resync(cluster, object_cache, WATCHED, ())
        before_s = time.thread_time()
        await resync(cluster, object_cache, WATCHED, ())
        return Resync(time.thread_time() - before_s, RELIST_S)


def _wait(holds: Callable[[], object], patience_s: float, poll_s: float = 0.05) -> bool:
    """Returns whether something came to hold in time."""
    deadline_s = time.monotonic() + patience_s
    while not holds():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(poll_s)
    return True
