"""The operator's metrics, as Prometheus reads them."""

import socket
from typing import Any

import httpx
import pytest
from prometheus_client import generate_latest

from nemo_voice_operator.api.status import Phase
from nemo_voice_operator.controller.metrics import OperatorMetrics
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.kube.kinds import OWNED
from nemo_voice_operator.scaling.reasons import ScalingReason
from support.operator.voice_services import DEMO
from support.ports import free_port


@pytest.fixture
def object_cache() -> ObjectCache:
    """What is known of the cluster: nothing yet."""
    return ObjectCache()


@pytest.fixture
def metrics(object_cache: ObjectCache) -> OperatorMetrics:
    """The metrics of an operator with seven keys in its queue."""
    return OperatorMetrics(object_cache, lambda: 7, lambda: 2)


def samples(metrics: OperatorMetrics) -> dict[str, float]:
    lines = generate_latest(metrics.registry).decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def test_reconciles_and_decisions_are_counted(metrics: OperatorMetrics) -> None:
    metrics.reconciles.labels("done").inc()
    metrics.scaling_decisions.labels("up", "LoadRose").inc()
    metrics.leading.set(1)
    with metrics.reconcile_seconds.time():
        pass
    found = samples(metrics)
    assert found['nemo_voice_operator_reconciles_total{outcome="done"}'] == 1
    name = 'nemo_voice_operator_scaling_decisions_total{direction="up",reason="LoadRose"}'
    assert found[name] == 1
    assert found["nemo_voice_operator_leading"] == 1
    assert found["nemo_voice_operator_reconcile_seconds_count"] == 1
    assert found["nemo_voice_operator_queue_depth"] == 7
    assert found["nemo_voice_operator_managed_elsewhere"] == 2


def test_set_backs_of_every_kind_are_there_before_the_first(metrics: OperatorMetrics) -> None:
    found = samples(metrics)
    for kind in OWNED:
        assert found[f'nemo_voice_operator_set_backs_total{{kind="{kind.name}"}}'] == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_metrics_are_served_on_addresses_of_both_families(
    metrics: OperatorMetrics, host: str
) -> None:
    if ":" in host and not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    port = free_port()
    with metrics.served(port):
        response = httpx.get(f"http://{host}:{port}/metrics", trust_env=False)
    assert "nemo_voice_operator_queue_depth 7.0" in response.text


def put(object_cache: ObjectCache, *statuses: dict[str, Any] | None) -> None:
    for number, status in enumerate(statuses):
        metadata = {"name": f"v{number}", "namespace": "speech", "uid": str(number)}
        resource = {"kind": "VoiceService", "metadata": metadata, "spec": {"model": DEMO}}
        object_cache.put({**resource, "status": status})


def test_voice_services_are_counted_by_phase(
    metrics: OperatorMetrics, object_cache: ObjectCache
) -> None:
    put(object_cache, {}, None, {"phase": "Ready"}, {"phase": "Ready"})
    found = samples(metrics)
    counts = {
        phase: found[f'nemo_voice_operator_voiceservices{{phase="{phase}"}}'] for phase in Phase
    }
    assert counts == {**dict.fromkeys(Phase, 0), Phase.PENDING: 2, Phase.READY: 2}


def test_unhealthy_conditions_are_counted_with_their_reasons(
    metrics: OperatorMetrics, object_cache: ObjectCache
) -> None:
    bad = [
        {"type": "ModelCached", "status": "False", "reason": "HubUnauthorized"},
        {"type": "WarmedUp", "status": "False", "reason": "NoPods"},
        {"type": "Ready", "status": "False", "reason": "HubUnauthorized"},
        {"type": "Degraded", "status": "True", "reason": "HubUnauthorized"},
        {"type": "RouteAccepted", "status": "Unknown", "reason": "Pending"},
    ]
    good = [
        {"type": "ModelCached", "status": "True", "reason": "Cached"},
        {"type": "Degraded", "status": "False", "reason": "AsExpected"},
        {"type": "RouteAccepted", "status": "True", "reason": "Accepted"},
    ]
    put(object_cache, {"conditions": bad}, {"conditions": bad}, {"conditions": good}, {})
    name = "nemo_voice_operator_conditions"
    assert {sample: n for sample, n in samples(metrics).items() if sample.startswith(name)} == {
        f'{name}{{condition="ModelCached",reason="HubUnauthorized"}}': 2,
        f'{name}{{condition="WarmedUp",reason="NoPods"}}': 2,
        f'{name}{{condition="Degraded",reason="HubUnauthorized"}}': 2,
        f'{name}{{condition="RouteAccepted",reason="Pending"}}': 2,
    }


def test_scaled_voice_services_are_counted_by_reason(
    metrics: OperatorMetrics, object_cache: ObjectCache
) -> None:
    put(object_cache, {"load": {"reason": "NotEnoughGPUs"}}, {"load": None}, {"load": {}}, {})
    found = samples(metrics)
    name = "nemo_voice_operator_scaled_voiceservices"
    counts = {reason: found[f'{name}{{reason="{reason}"}}'] for reason in ScalingReason}
    assert counts == {**dict.fromkeys(ScalingReason, 0), ScalingReason.NOT_ENOUGH_GPUS: 1}
