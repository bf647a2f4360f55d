"""The operator reads what a service really says: its metrics' names, its readiness' fields."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, generate_latest

from nemo_voice_operator.api.service_contract import READY_PATH
from nemo_voice_operator.clients.pod_client import load_of, readiness_of
from nemo_voice_operator.state.pod_reports import PodLoad, PodPhase, PodReadiness
from nemo_voice_serving.batching.device_thread import DeviceThread
from nemo_voice_serving.http.routes.health import health_router
from nemo_voice_serving.runtime.lifecycle import Lifecycle, Phase
from nemo_voice_serving.runtime.metrics import ServiceMetrics
from nemo_voice_stt.realtime.metrics import LiveMetrics
from nemo_voice_tts.live_text.metrics import LiveTextMetrics


@pytest.fixture
def lifecycle() -> Lifecycle:
    """A service's phases."""
    return Lifecycle()


@pytest.fixture
async def service(lifecycle: Lifecycle) -> AsyncIterator[httpx.AsyncClient]:
    """The health routes of a service, called without a socket."""
    app = FastAPI()
    app.include_router(health_router(lifecycle, DeviceThread()))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://pod") as client:
        yield client


def test_a_service_s_load_is_understood() -> None:
    registry = CollectorRegistry()
    metrics = ServiceMetrics(registry, "tts")
    assert load_of(200, generate_latest(registry)) == PodLoad(0, 0)
    for _ in range(3):
        metrics.request_started()
    metrics.work_changed(120, 2.5)
    assert load_of(200, generate_latest(registry)) == PodLoad(3, 2.5)


def test_live_sessions_of_a_service_are_understood() -> None:
    registry = CollectorRegistry()
    ServiceMetrics(registry, "stt")
    LiveMetrics(registry).sessions_changed(7)
    assert load_of(200, generate_latest(registry)) == PodLoad(0, 0, 7)


def test_sessions_of_text_in_pieces_are_understood() -> None:
    registry = CollectorRegistry()
    ServiceMetrics(registry, "tts")
    LiveTextMetrics(registry).sessions_changed(3)
    assert load_of(200, generate_latest(registry)) == PodLoad(0, 0, 3)


def test_the_phases_have_the_same_words() -> None:
    assert [phase.value for phase in PodPhase] == [phase.value for phase in Phase]


async def test_a_service_s_readiness_is_understood(
    lifecycle: Lifecycle, service: httpx.AsyncClient
) -> None:
    lifecycle.enter(Phase.LOADING, "reading the model")
    response = await service.get(READY_PATH)
    readiness = readiness_of(response.status_code, response.content)
    assert isinstance(readiness, PodReadiness)
    assert (readiness.phase, readiness.ready) == (PodPhase.LOADING, False)
    assert readiness.reason == "reading the model"
    assert set(readiness.seconds) == {PodPhase.FETCHING, PodPhase.LOADING}

    lifecycle.enter(Phase.READY)
    response = await service.get(READY_PATH)
    readiness = readiness_of(response.status_code, response.content)
    assert isinstance(readiness, PodReadiness)
    assert (readiness.phase, readiness.ready, readiness.reason) == (PodPhase.READY, True, None)

    lifecycle.self_test_finished("the level is 0")
    response = await service.get(READY_PATH)
    readiness = readiness_of(response.status_code, response.content)
    assert isinstance(readiness, PodReadiness)
    assert (readiness.phase, readiness.ready) == (PodPhase.READY, False)
    assert readiness.reason == "the level is 0"
