"""The recurring self-test of the model, which readiness depends on.

A probe is the service's own: it runs real work through the same batchers as a request and raises
`SelfTestFailed` when the result is wrong. Batches that succeed show that the model works, too:
while they do, the probe would only wait behind them.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from nemo_voice_serving.errors import DeadlineExceeded, VoiceError
from nemo_voice_serving.runtime.lifecycle import Lifecycle, Phase
from nemo_voice_serving.settings import SelfTestSettings

logger = logging.getLogger(__name__)

Facts = dict[str, object]
Probe = Callable[[], Awaitable[Facts]]
"""Runs one check and returns what was measured; raises `SelfTestFailed` when it is wrong."""


class SelfTestFailed(Exception):
    """The model computed a wrong result; the message says what is wrong with it."""


class SelfTestObserver(Protocol):
    """Receives the results of self-tests: the metrics."""

    def self_test_finished(self, *, passed: bool, seconds: float) -> None:
        """Receives whether a self-test passed, and how long it took."""
        ...


@dataclass(frozen=True, slots=True)
class _Result:
    failure: str | None
    seconds: float
    facts: Facts = field(default_factory=Facts)
    has_expired: bool = False


class SelfTest:
    """Runs the probe at start and whenever the model has been idle, and reports the result."""

    def __init__(
        self,
        probe: Probe,
        *,
        settings: SelfTestSettings,
        lifecycle: Lifecycle,
        observer: SelfTestObserver,
        idle_s: Callable[[], float] = lambda: float("inf"),
    ) -> None:
        """Takes the probe.

        Args:
            probe: Runs one check.
            settings: When it runs, and what a failure does.
            lifecycle: Receives the results; readiness depends on them.
            observer: Receives the results, too.
            idle_s: Returns the seconds since a batch succeeded, 0 while one runs.
        """
        self._probe = probe
        self._settings = settings
        self._lifecycle = lifecycle
        self._observer = observer
        self._model_idle_s = idle_s
        self._passed_s = float("-inf")

    def request_served(self) -> None:
        """Counts a good response as a passed self-test, which postpones the next one."""
        self._passed_s = asyncio.get_running_loop().time()

    async def run_once(self) -> str | None:
        """Runs the probe once and returns the failure, or None when it passed."""
        result = await self._probed()
        self._record(result)
        return result.failure

    async def run_first(self) -> str | None:
        """Runs the probe until it passes, at most `max_failures` times; returns a last failure."""
        failure = await self.run_once()
        for _ in range(1, self._settings.max_failures):
            if failure is None:
                break
            failure = await self.run_once()
        return failure

    async def run_forever(self) -> None:
        """Repeats the probe after each idle stretch, and soon after a failure."""
        failures = 0
        while not self._lifecycle.has_failed:
            pause_s = self._settings.retry_s if failures else self._idle_left_s()
            await asyncio.sleep(pause_s)
            if failures == 0 and self._idle_left_s() > 0:
                continue
            result = await self._probed()
            if result.has_expired and self._model_idle_s() < result.seconds:
                # It waited behind other batches: how long one may run is for liveness to judge.
                logger.info("self-test undecided", extra={"reason": result.failure})
                continue
            self._record(result)
            failures = 0 if result.failure is None else failures + 1
            if failures >= self._settings.max_failures:
                reason = f"the self-test failed {failures} times in a row"
                self._lifecycle.enter(Phase.FAILED, reason)

    async def _probed(self) -> _Result:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                facts = await self._probe()
        except SelfTestFailed as error:
            return _Result(str(error), loop.time() - began_s)
        except TimeoutError:
            failure = f"no result within {self._settings.timeout_s:g} s (self_test.timeout_s)"
            return _Result(failure, loop.time() - began_s, has_expired=True)
        except VoiceError as error:
            has_expired = isinstance(error, DeadlineExceeded)
            return _Result(error.message, loop.time() - began_s, has_expired=has_expired)
        return _Result(None, loop.time() - began_s, facts)

    def _record(self, result: _Result) -> None:
        seconds = round(result.seconds, 3)
        self._lifecycle.self_test_finished(result.failure, seconds=seconds, **result.facts)
        self._observer.self_test_finished(passed=result.failure is None, seconds=result.seconds)
        if result.failure is None:
            self._passed_s = asyncio.get_running_loop().time()
            logger.info("self-test passed", extra={"seconds": seconds, **result.facts})
        else:
            logger.error("self-test failed", extra={"failure": result.failure})

    def _idle_left_s(self) -> float:
        passed_s = asyncio.get_running_loop().time() - self._passed_s
        return max(0.0, self._settings.idle_s - min(passed_s, self._model_idle_s()))
