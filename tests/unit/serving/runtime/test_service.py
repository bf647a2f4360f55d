"""A service from its start to ready and back, on a model that is a word."""

import asyncio
import threading
from collections.abc import Callable

import pytest
from typing_extensions import override

from nemo_voice_serving.batching.backend import ModelDescription
from nemo_voice_serving.errors import NotReady
from nemo_voice_serving.runtime.lifecycle import Phase
from nemo_voice_serving.runtime.self_test import Facts, SelfTestFailed
from nemo_voice_serving.runtime.service import Service, StartFailed
from nemo_voice_serving.settings import SelfTestSettings, ServiceSettings
from support.models.fakes import description


class Model:
    """A model without any stage."""

    def __init__(self, description: ModelDescription) -> None:
        self.description = description

    def warm_up(self, report: Callable[[str], None]) -> None:
        """Reports one step."""
        report("1 word")


class EchoService(Service[Model, str]):
    """A service whose use case is a word."""

    def __init__(self, *, fetch_error: Exception | None = None, failures: int = 0) -> None:
        settings = ServiceSettings(self_test=SelfTestSettings(max_failures=3))
        super().__init__(settings, name="tts")
        self.gate = asyncio.Event()
        self.gate.set()
        self._fetch_error = fetch_error
        self._failures = failures

    @override
    def fetch_model(self) -> Callable[[], Model]:
        if self._fetch_error is not None:
            raise self._fetch_error
        return lambda: Model(description())

    @override
    async def assemble(self, backend: Model) -> str:
        await self.gate.wait()
        return "echo"

    @override
    async def probe(self, use_case: str) -> Facts:
        assert use_case == "echo"
        self._failures -= 1
        if self._failures >= 0:
            raise SelfTestFailed("no echo")
        return {}


async def test_a_running_service_gives_its_use_case_and_describes_its_model() -> None:
    service = EchoService(failures=2)
    assert (service.runtime.model.source, service.runtime.model.architecture) == ("demo", None)
    async with service.running() as use_case:
        assert use_case == service.use_case() == "echo"
        assert service.runtime.model.architecture == "FakeModel"
        assert service.runtime.lifecycle.readiness().ready


async def test_the_use_case_is_refused_until_the_service_is_ready() -> None:
    service = EchoService()
    service.gate.clear()
    with pytest.raises(NotReady, match="fetching"):
        service.use_case()
    await service.start()
    while service.runtime.lifecycle.phase is not Phase.WARMING:
        await asyncio.sleep(0.001)
    with pytest.raises(NotReady, match="warming"):
        service.use_case()
    await service.stop()


async def test_a_service_that_drains_before_it_was_ready_refuses_requests() -> None:
    service = EchoService()
    service.gate.clear()
    await service.start()
    service.runtime.lifecycle.enter(Phase.DRAINING, "a signal")
    with pytest.raises(NotReady, match="never ready"):
        service.use_case()
    await service.stop()


async def test_a_service_that_stops_while_it_warms_up_runs_no_further_step() -> None:
    begun, released = threading.Event(), threading.Event()
    steps: list[str] = []

    class Slow(Model):
        @override
        def warm_up(self, report: Callable[[str], None]) -> None:
            report("1 word")
            begun.set()
            released.wait(10)
            report("2 words")
            steps.append("2 words")

    class SlowService(EchoService):
        @override
        def fetch_model(self) -> Callable[[], Model]:
            return lambda: Slow(description())

    service = SlowService()
    await service.start()
    await asyncio.to_thread(begun.wait, 10)
    await service.stop()
    released.set()
    await asyncio.to_thread(service.runtime.device._executor.shutdown)
    assert steps == []


@pytest.mark.parametrize(
    ("service_of", "reason"),
    [
        (lambda: EchoService(fetch_error=OSError("no such model")), "OSError: no such model"),
        (lambda: EchoService(failures=3), "the self-test failed: no echo"),
    ],
)
async def test_a_start_that_fails_raises_its_reason(
    service_of: Callable[[], EchoService], reason: str
) -> None:
    service = service_of()
    with pytest.raises(StartFailed, match=reason):
        async with service.running():
            raise AssertionError
    assert service.runtime.lifecycle.has_failed
