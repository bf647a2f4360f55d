"""The documentation's tables of metrics, made from the families that are registered."""

from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.registry import Collector

from nemo_voice_operator.controller.metrics import OperatorMetrics
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_serving.runtime.metrics import ServiceMetrics
from nemo_voice_serving.tls.server_certificate import TlsMetrics
from nemo_voice_stt.realtime.metrics import LiveMetrics
from nemo_voice_tts.live_text.metrics import LiveTextMetrics
from nemo_voice_tts.text.pronunciation_file import PronunciationMetrics
from tools.generated.markdown import table

_SUFFIXES = {"counter": "_total", "info": "_info"}


def metrics_table() -> str:
    """Returns one row for each metric family, with the names of its labels and its buckets."""
    registry = CollectorRegistry()
    kinds = (PronunciationMetrics, LiveMetrics, LiveTextMetrics, TlsMetrics)
    others = [kind(registry) for kind in kinds]
    parts = [vars(part) for part in (ServiceMetrics(registry, "tts"), *others)]
    members = [member for part in parts for member in part.values()]
    families = [member for member in members if isinstance(member, MetricWrapperBase)]
    return table(("metric", "type", "labels", "what it is"), map(_family_row, families))


def operator_metrics_table() -> str:
    """Returns the same for the operator; some of its metrics are counted at each scrape."""
    registry = OperatorMetrics(ObjectCache(), lambda: 0, lambda: 0).registry
    # A registry has no public list of its collectors.
    collectors = registry._collector_to_names  # noqa: SLF001
    rows = [
        _family_row(one) if isinstance(one, MetricWrapperBase) else _collected_row(one)
        for one in collectors
    ]
    return table(("metric", "type", "labels", "what it is"), rows)


def _family_row(family: MetricWrapperBase) -> tuple[str, ...]:
    described = next(iter(family.describe()))
    # A family without samples has no public list of its labels and buckets.
    labels = ", ".join(f"`{label}`" for label in family._labelnames)  # noqa: SLF001
    bounds = ", ".join(f"{bound:g}" for bound in getattr(family, "_upper_bounds", [])[:-1])
    buckets = f" Buckets: {bounds}." if bounds else ""
    name = described.name + _SUFFIXES.get(described.type, "")
    return f"`{name}`", described.type, labels, described.documentation + buckets


def _collected_row(collector: Collector) -> tuple[str, ...]:
    (family,) = collector.collect()
    labels = ", ".join(f"`{label}`" for label in vars(family)["_labelnames"])
    return f"`{family.name}`", family.type, labels, family.documentation
