"""The operator's metrics, as Prometheus reads them."""

import pytest
from prometheus_client import generate_latest

from nemo_voice_operator.inventory import Inventory
from nemo_voice_operator.metrics import OperatorMetrics
from nemo_voice_operator.resource.status import Phase
from support.voice_services import DEMO


@pytest.fixture
def inventory() -> Inventory:
    """What is known of the cluster: nothing yet."""
    return Inventory()


@pytest.fixture
def metrics(inventory: Inventory) -> OperatorMetrics:
    """The metrics of an operator with seven keys in its queue."""
    return OperatorMetrics(inventory, lambda: 7)


def samples(metrics: OperatorMetrics) -> dict[str, float]:
    lines = generate_latest(metrics.registry).decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def test_what_happened_is_counted(metrics: OperatorMetrics) -> None:
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


def test_voice_services_are_counted_by_phase_when_asked(
    metrics: OperatorMetrics, inventory: Inventory
) -> None:
    for number, status in enumerate(({}, None, {"phase": "Ready"}, {"phase": "Ready"})):
        metadata = {"name": f"v{number}", "namespace": "speech", "uid": str(number)}
        resource = {"kind": "VoiceService", "metadata": metadata, "spec": {"model": DEMO}}
        inventory.put({**resource, "status": status})
    found = samples(metrics)
    counts = {
        phase: found[f'nemo_voice_operator_voiceservices{{phase="{phase}"}}'] for phase in Phase
    }
    assert counts == {**dict.fromkeys(Phase, 0), Phase.PENDING: 2, Phase.READY: 2}
