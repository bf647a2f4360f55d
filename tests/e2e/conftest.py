"""What the end-to-end tests share: an operator in the session's cluster, a namespace, a hub."""

from collections.abc import Iterator

import pytest

from support.hub.in_cluster import ClusterHub
from support.kubernetes.kubectl import Kubernetes
from support.kubernetes.operator_in_cluster import ClusterOperator, operator_in_cluster
from support.kubernetes.voice_namespace import VoiceNamespace, voice_namespace


@pytest.fixture(scope="module")
def operator(kubernetes: Kubernetes) -> Iterator[ClusterOperator]:
    """An operator at work in the same cluster, which was never denied anything."""
    with operator_in_cluster(kubernetes) as running:
        yield running
        denied = running.denied()
    assert denied == []


@pytest.fixture(scope="module")
def speech(operator: ClusterOperator, request: pytest.FixtureRequest) -> Iterator[VoiceNamespace]:
    """A namespace for the module's VoiceServices."""
    name = request.path.stem.replace("_", "-")
    with voice_namespace(operator.kubernetes, name) as namespace:
        yield namespace


@pytest.fixture(scope="session")
def hub(cluster_hub: ClusterHub) -> ClusterHub:
    """A model hub in the cluster."""
    return cluster_hub
