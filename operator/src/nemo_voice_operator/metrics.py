"""What Prometheus is told of the operator."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Gauge, Histogram, start_http_server
from prometheus_client import Counter as CounterMetric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

from nemo_voice_operator.inventory import Inventory
from nemo_voice_operator.resource.status import Phase

_PREFIX = "nemo_voice_operator"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class OperatorMetrics:
    """The operator's metrics, in a registry of their own."""

    def __init__(self, inventory: Inventory, depth: Callable[[], int]) -> None:
        """Takes what the gauges read when they are scraped."""
        self.registry = CollectorRegistry()
        self.reconciles = CounterMetric(
            f"{_PREFIX}_reconciles",
            "Passes over a VoiceService, by outcome: done, failed, refused.",
            ["outcome"],
            registry=self.registry,
        )
        self.reconcile_seconds = Histogram(
            f"{_PREFIX}_reconcile_seconds",
            "Seconds of one pass over a VoiceService.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.scaling_decisions = CounterMetric(
            f"{_PREFIX}_scaling_decisions",
            "Changes of replicas that the load asked for, by direction and reason.",
            ["direction", "reason"],
            registry=self.registry,
        )
        self.leading = Gauge(
            f"{_PREFIX}_leading",
            "1 while this replica leads.",
            registry=self.registry,
        )
        queue = Gauge(
            f"{_PREFIX}_queue_depth",
            "VoiceServices that wait for a pass or are in one.",
            registry=self.registry,
        )
        queue.set_function(depth)
        self.registry.register(_Phases(inventory))

    @contextmanager
    def served(self, port: int) -> Iterator[None]:
        """Answers Prometheus on this port within the block; port 0 answers nobody."""
        if not port:
            yield
            return
        server, thread = start_http_server(port, registry=self.registry)
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class _Phases(Collector):
    """Counts VoiceServices by phase when asked, so that none is ever counted twice."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory

    @override
    def collect(self) -> Iterable[GaugeMetricFamily]:
        counts: Counter[str] = Counter()
        for key in self._inventory.services():
            resource = self._inventory.service(key) or {}
            counts[(resource.get("status") or {}).get("phase") or Phase.PENDING] += 1
        family = GaugeMetricFamily(
            f"{_PREFIX}_voiceservices", "VoiceServices by phase.", labels=["phase"]
        )
        for phase in Phase:
            family.add_metric([phase], counts[phase])
        yield family
