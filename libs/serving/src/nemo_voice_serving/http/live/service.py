"""What every live connection of a service needs: its limits and its drain."""

import asyncio
from collections.abc import Callable

from nemo_voice_serving.runtime.lifecycle import Phase
from nemo_voice_serving.runtime.runtime import Runtime

_LAST_PART = 0.8
"""Of the drain: then sessions end whether what is open in them has or not."""


class LiveService:
    """One for each application."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        idle_s: float,
        longest_s: float,
        ended: Callable[[int], None],
    ) -> None:
        """Takes what a session may last, and who is told of its close code.

        Args:
            runtime: That of the service.
            idle_s: How long a client may send nothing.
            longest_s: How long a session may be.
            ended: Receives the code that a session's WebSocket was closed with.
        """
        self.runtime = runtime
        self.idle_s = idle_s
        self.longest_s = longest_s
        self.ended = ended
        self.draining = asyncio.Event()
        """Set once the service stops: sessions end after what is open in them."""
        runtime.lifecycle.listen(self._phase_entered)

    @property
    def drain_s(self) -> float:
        """How long a session may take for that."""
        drain = self.runtime.settings.drain
        return drain.delay_s + drain.timeout_s * _LAST_PART

    def _phase_entered(self, phase: Phase) -> None:
        if phase in {Phase.DRAINING, Phase.FAILED}:
            self.draining.set()
