"""When the self-test runs and what its failure does, under faked time."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from nemo_voice_serving.errors import BackendFailed, DeadlineExceeded
from nemo_voice_serving.runtime.lifecycle import Lifecycle, Phase
from nemo_voice_serving.runtime.self_test import SelfTest, SelfTestFailed
from nemo_voice_serving.settings import SelfTestSettings
from support.models.observers import RecordingObserver

pytestmark = pytest.mark.looptime

SETTINGS = SelfTestSettings(idle_s=60, retry_s=5, max_failures=3, timeout_s=10)


class Probe:
    """A probe that remembers when it ran and fails so many times."""

    def __init__(self, failures: int = 0) -> None:
        self.ran_s: list[float] = []
        self._failures = failures

    async def __call__(self) -> dict[str, object]:
        self.ran_s.append(asyncio.get_running_loop().time())
        if len(self.ran_s) <= self._failures:
            raise SelfTestFailed("no sound")
        return {"level": 0.1}


def self_test_of(
    probe: Callable[[], Awaitable[dict[str, object]]],
    lifecycle: Lifecycle,
    idle_s: Callable[[], float] = lambda: float("inf"),
) -> SelfTest:
    observer = RecordingObserver()
    return SelfTest(probe, settings=SETTINGS, lifecycle=lifecycle, observer=observer, idle_s=idle_s)


async def run_until(self_test: SelfTest, time_s: float) -> None:
    task = asyncio.create_task(self_test.run_forever())
    await asyncio.sleep(time_s)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_the_self_test_runs_after_each_idle_stretch() -> None:
    probe, lifecycle = Probe(), Lifecycle()
    self_test = self_test_of(probe, lifecycle)
    await self_test.run_once()
    await run_until(self_test, 130)
    assert probe.ran_s == [0, 60, 120]
    assert lifecycle.readiness().self_test == {
        "passed": True,
        "failure": None,
        "seconds": 0,
        "level": 0.1,
    }


async def test_served_requests_postpone_the_self_test() -> None:
    probe = Probe()
    self_test = self_test_of(probe, Lifecycle())
    await self_test.run_once()
    task = asyncio.create_task(run_until(self_test, 150))
    for _ in range(4):
        await asyncio.sleep(25)
        self_test.request_served()
    await task
    assert probe.ran_s == [0]


async def test_batches_that_end_postpone_the_self_test() -> None:
    probe = Probe()
    await run_until(self_test_of(probe, Lifecycle(), lambda: 3.0), 300)
    assert probe.ran_s == []


async def test_a_model_that_is_idle_is_tested_after_its_last_batch() -> None:
    probe, loop = Probe(), asyncio.get_running_loop()
    ended_s = loop.time() + 40
    await run_until(self_test_of(probe, Lifecycle(), lambda: loop.time() - ended_s), 110)
    assert probe.ran_s == [100]


async def hang() -> dict[str, object]:
    await asyncio.sleep(1000)
    return {}


@pytest.mark.parametrize("error", [None, DeadlineExceeded("waited 60 s")])
async def test_a_probe_that_waits_behind_batches_says_nothing(error: Exception | None) -> None:
    idle_s = [float("inf")]

    async def waits() -> dict[str, object]:
        idle_s[0] = 0.0  # a long batch came first
        if error is not None:
            await asyncio.sleep(5)
            raise error
        return await hang()

    lifecycle = Lifecycle()
    lifecycle.enter(Phase.READY)
    await run_until(self_test_of(waits, lifecycle, lambda: idle_s[0]), 500)
    assert lifecycle.readiness().ready


async def test_a_wrong_result_counts_however_busy_the_model_is() -> None:
    probe, lifecycle = Probe(failures=9), Lifecycle()
    lifecycle.enter(Phase.READY)
    idle_s = iter([float("inf"), float("inf"), *[0.0] * 99])
    await run_until(self_test_of(probe, lifecycle, lambda: next(idle_s)), 30)
    assert lifecycle.has_failed


async def test_a_failed_self_test_is_retried_soon_and_a_pass_restores_readiness() -> None:
    probe, lifecycle = Probe(failures=2), Lifecycle()
    lifecycle.enter(Phase.READY)
    await run_until(self_test_of(probe, lifecycle), 20)
    assert probe.ran_s == [0, 5, 10]
    assert lifecycle.readiness().ready


async def test_too_many_failures_in_a_row_end_the_service() -> None:
    probe, lifecycle = Probe(failures=9), Lifecycle()
    await self_test_of(probe, lifecycle).run_forever()
    assert len(probe.ran_s) == 3
    assert lifecycle.has_failed
    assert "3 times" in (lifecycle.readiness().reason or "")


async def test_a_probe_that_takes_too_long_is_a_failure() -> None:
    lifecycle = Lifecycle()
    assert await self_test_of(hang, lifecycle).run_once()
    assert asyncio.get_running_loop().time() == 10
    assert "within 10 s" in str(lifecycle.readiness().self_test)


async def test_an_error_of_the_model_is_a_failure_with_its_message() -> None:
    async def fail() -> dict[str, object]:
        raise BackendFailed("out of memory")

    lifecycle = Lifecycle()
    assert await self_test_of(fail, lifecycle).run_once()
    assert "out of memory" in str(lifecycle.readiness().self_test)
