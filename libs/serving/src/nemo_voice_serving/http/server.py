"""Runs an application until SIGTERM, and stops it without losing a request.

On SIGTERM the service becomes unready at once and sends `Connection: close` in every response, but
accepts connections during the drain delay: load balancers still send requests until they have
asked whether it is ready. Then it finishes the requests in flight and ends with status 0. A failed
service keeps reporting its reason over HTTP for a while, then ends with 1.
"""

import asyncio
import logging
import signal
import socket
import sys
from types import FrameType

import uvicorn
from fastapi import FastAPI
from typing_extensions import override

from nemo_voice_serving.http.protocol import ServerConfig
from nemo_voice_serving.logs import log_loop_error, private_output
from nemo_voice_serving.runtime.addresses import EVERY_ADDRESS, listen_everywhere
from nemo_voice_serving.runtime.lifecycle import Lifecycle, Phase
from nemo_voice_serving.runtime.memory import (
    freeze_loaded_objects,
    keep_freed_memory,
    unfreeze_objects,
)
from nemo_voice_serving.settings import ServiceSettings

logger = logging.getLogger(__name__)


class DrainingServer(uvicorn.Server):
    """A uvicorn server that drains on the first SIGTERM and stops at once on the second."""

    def __init__(
        self, config: uvicorn.Config, *, lifecycle: Lifecycle, settings: ServiceSettings
    ) -> None:
        super().__init__(config)
        self._lifecycle = lifecycle
        self._settings = settings
        lifecycle.listen(self._phase_entered)

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().set_exception_handler(log_loop_error)
        if sockets is None and self.config.host == EVERY_ADDRESS:
            try:
                sockets = [listen_everywhere(self.config.port)]
            except OSError as error:
                facts = {"port": self.config.port, "error": error.strerror}
                logger.error("the port is not available", extra=facts)  # noqa: TRY400 told whole
                sys.exit(1)
        await super().startup(sockets)

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # uvicorn would record the signal and raise it again, which changes the exit status.
        has_ended = self._lifecycle.is_draining or self._lifecycle.has_failed
        if has_ended or sig == signal.SIGINT:
            self.should_exit = True
        else:
            asyncio.get_running_loop().call_soon_threadsafe(self._drain)

    def _drain(self) -> None:
        logger.info("draining", extra={"delay_s": self._settings.drain.delay_s})
        self._lifecycle.enter(Phase.DRAINING, "the service is stopping")
        asyncio.get_running_loop().call_later(self._settings.drain.delay_s, self._stop)

    def _phase_entered(self, phase: Phase) -> None:
        if phase is Phase.FAILED:
            reason = self._lifecycle.readiness().reason
            logger.error("service failed", extra={"reason": reason})
            asyncio.get_running_loop().call_later(self._settings.failed_linger_s, self._stop)

    def _stop(self) -> None:
        self.should_exit = True


def serve(app: FastAPI, settings: ServiceSettings, *, port: int) -> int:
    """Serves until a signal or a failure stops it, and returns the process's exit status."""
    config = ServerConfig(app, settings, port=port)
    lifecycle: Lifecycle = app.state.service.runtime.lifecycle
    keep_freed_memory()
    lifecycle.listen(freeze_loaded_objects)
    with private_output() as withhold:
        lifecycle.listen(lambda phase: withhold() if phase is Phase.READY else None)
        DrainingServer(config, lifecycle=lifecycle, settings=settings).run()
    unfreeze_objects()
    return 1 if lifecycle.has_failed else 0
