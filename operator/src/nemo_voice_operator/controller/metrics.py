"""The operator's own Prometheus metrics."""

import socket
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, Histogram, start_http_server
from prometheus_client import Counter as CounterMetric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

from nemo_voice_operator.api.status import Phase
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.kube.kinds import OWNED
from nemo_voice_operator.scaling.reasons import ScalingReason
from nemo_voice_operator.status.route_status import ROUTE_ACCEPTED

_PREFIX = "nemo_voice_operator"
_HEALTHY = {"ModelCached": "True", "WarmedUp": "True", "Degraded": "False", ROUTE_ACCEPTED: "True"}
"""Conditions that report a problem, and their status when there is none."""
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class OperatorMetrics:
    """The operator's metrics, in a registry of their own."""

    def __init__(
        self, object_cache: ObjectCache, depth: Callable[[], int], elsewhere: Callable[[], int]
    ) -> None:
        """Takes what the gauges read when they are scraped."""
        self.registry = CollectorRegistry()
        self.reconciles = CounterMetric(
            f"{_PREFIX}_reconciles",
            "Reconciles of a VoiceService, by outcome: done, failed, refused.",
            ["outcome"],
            registry=self.registry,
        )
        self.reconcile_seconds = Histogram(
            f"{_PREFIX}_reconcile_seconds",
            "Seconds of one reconcile of a VoiceService.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.scaling_decisions = CounterMetric(
            f"{_PREFIX}_scaling_decisions",
            "Changes of replicas that the load asked for, by direction and reason.",
            ["direction", "reason"],
            registry=self.registry,
        )
        self.set_backs = _set_backs(self.registry)
        self.leading = Gauge(
            f"{_PREFIX}_leading",
            "1 while this replica leads.",
            registry=self.registry,
        )
        queue = Gauge(
            f"{_PREFIX}_queue_depth",
            "VoiceServices that wait for a reconcile or are in one.",
            registry=self.registry,
        )
        queue.set_function(depth)
        managed_elsewhere = Gauge(
            f"{_PREFIX}_managed_elsewhere",
            "VoiceServices of the watched namespaces that another operator manages.",
            registry=self.registry,
        )
        managed_elsewhere.set_function(elsewhere)
        for family in _families(object_cache):
            self.registry.register(family)

    @contextmanager
    def served(self, port: int) -> Iterator[None]:
        """Serves the metrics on this port within the block; port 0 serves none."""
        if not port:
            yield
            return
        every_address = "::" if socket.has_dualstack_ipv6() else "0.0.0.0"  # noqa: S104 as its pod has
        server, thread = start_http_server(port, addr=every_address, registry=self.registry)
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


_Statuses = Iterable[Mapping[str, Any]]
_Counts = Counter[tuple[str, ...]]


class _Counted(Collector):
    """Counts VoiceServices at each scrape, so that none is counted twice."""

    def __init__(
        self,
        object_cache: ObjectCache,
        name: str,
        documentation: str,
        *,
        labels: list[str],
        count: Callable[[_Statuses], _Counts],
    ) -> None:
        self._object_cache, self._count = object_cache, count
        self._name, self._documentation, self._labels = name, documentation, labels

    @override
    def collect(self) -> Iterable[GaugeMetricFamily]:
        resources = map(self._object_cache.voice_service, self._object_cache.voice_services())
        statuses = [(resource or {}).get("status") or {} for resource in resources]
        family = GaugeMetricFamily(
            f"{_PREFIX}_{self._name}", self._documentation, labels=self._labels
        )
        for values, count in self._count(statuses).items():
            family.add_metric(values, count)
        yield family


def _set_backs(registry: CollectorRegistry) -> CounterMetric:
    counter = CounterMetric(
        f"{_PREFIX}_set_backs",
        "Owned objects that somebody else had changed and that were set back, by kind.",
        ["kind"],
        registry=registry,
    )
    for kind in OWNED:
        # Prometheus sees no increase in a series that begins at 1.
        counter.labels(kind.name)
    return counter


def _families(object_cache: ObjectCache) -> Iterator[_Counted]:
    yield _Counted(
        object_cache, "voiceservices", "VoiceServices by phase.", labels=["phase"], count=_phases
    )
    yield _Counted(
        object_cache,
        "conditions",
        "VoiceServices by unhealthy condition, and its reason.",
        labels=["condition", "reason"],
        count=_conditions,
    )
    yield _Counted(
        object_cache,
        "scaled_voiceservices",
        "VoiceServices that follow their load, by the reason of the last decision.",
        labels=["reason"],
        count=_scaled,
    )


def _phases(statuses: _Statuses) -> _Counts:
    counts: _Counts = Counter({(str(phase),): 0 for phase in Phase})
    counts.update((status.get("phase") or Phase.PENDING,) for status in statuses)
    return counts


def _conditions(statuses: _Statuses) -> _Counts:
    return Counter(
        (one["type"], one["reason"])
        for status in statuses
        for one in status.get("conditions") or ()
        if one["status"] != _HEALTHY.get(one["type"], one["status"])
    )


def _scaled(statuses: _Statuses) -> _Counts:
    counts: _Counts = Counter({(str(reason),): 0 for reason in ScalingReason})
    loads = (status.get("load") or {} for status in statuses)
    counts.update((load["reason"],) for load in loads if load.get("reason"))
    return counts
