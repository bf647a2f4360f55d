"""The recurring self-test of the model, which readiness depends on.

A probe is the service's own: it runs real work through the same batchers as a request and raises
`SelfTestFailed` when the result is wrong.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from nemo_voice_serving.errors import VoiceError
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


class SelfTest:
    """Runs the probe at start and whenever the service has been idle, and reports the result."""

    def __init__(
        self,
        probe: Probe,
        *,
        settings: SelfTestSettings,
        lifecycle: Lifecycle,
        observer: SelfTestObserver,
    ) -> None:
        self._probe = probe
        self._settings = settings
        self._lifecycle = lifecycle
        self._observer = observer
        self._passed_s = float("-inf")

    def request_served(self) -> None:
        """Counts a good response as a passed self-test, which postpones the next one."""
        self._passed_s = asyncio.get_running_loop().time()

    async def run_once(self) -> str | None:
        """Runs the probe once and returns the failure, or None when it passed."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        failure, facts = None, Facts()
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                facts = await self._probe()
        except SelfTestFailed as error:
            failure = str(error)
        except TimeoutError:
            failure = f"no result within {self._settings.timeout_s:g} s"
        except VoiceError as error:
            failure = error.message
        seconds = loop.time() - began_s
        self._lifecycle.self_test_finished(failure, seconds=round(seconds, 3), **facts)
        self._observer.self_test_finished(passed=failure is None, seconds=seconds)
        if failure is None:
            self._passed_s = loop.time()
            logger.info("self-test passed", extra={"seconds": round(seconds, 3), **facts})
        else:
            logger.error("self-test failed", extra={"failure": failure})
        return failure

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
            failures = 0 if await self.run_once() is None else failures + 1
            if failures >= self._settings.max_failures:
                reason = f"the self-test failed {failures} times in a row"
                self._lifecycle.enter(Phase.FAILED, reason)

    def _idle_left_s(self) -> float:
        since_s = asyncio.get_running_loop().time() - self._passed_s
        return max(0.0, self._settings.idle_s - since_s)
