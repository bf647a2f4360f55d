"""What the trials share: an operator, a namespace, a VoiceService of two pods."""

from collections.abc import Iterator

import pytest

from support.chaos.subjects import SMALL, wait_until_whole
from support.kubernetes.kubectl import Kubernetes
from support.kubernetes.operator_in_cluster import ClusterOperator, operator_in_cluster
from support.kubernetes.voice_namespace import VoiceNamespace, voice_namespace

LISTENER = "listener"


@pytest.fixture(scope="module")
def operator(kubernetes: Kubernetes) -> Iterator[ClusterOperator]:
    """An operator at work in the session's cluster."""
    with operator_in_cluster(kubernetes) as running:
        yield running


@pytest.fixture(scope="module")
def voices(operator: ClusterOperator, request: pytest.FixtureRequest) -> Iterator[VoiceNamespace]:
    """A namespace for the module's VoiceServices."""
    name = request.path.stem.replace("test_", "chaos-").replace("_", "-")
    with voice_namespace(operator.kubernetes, name) as namespace:
        yield namespace


@pytest.fixture(scope="module")
def created_listener(voices: VoiceNamespace) -> str:
    """The name of a recogniser of two small pods."""
    voices.create_voice(LISTENER, replicas=2, **SMALL)
    return LISTENER


@pytest.fixture
def listener(created_listener: str, voices: VoiceNamespace) -> str:
    """The same recogniser, of which both pods are ready, whatever the trial before did to it."""
    wait_until_whole(voices, created_listener)
    return created_listener
