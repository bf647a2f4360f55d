"""Runs an application until SIGTERM, and stops it without losing a request.

On SIGTERM the service becomes unready at once and sends `Connection: close` in every response, but
accepts connections during the drain delay: load balancers still send requests until they have
asked whether it is ready. Then it finishes the requests in flight and ends with status 0. A failed
service keeps reporting its reason over HTTP for a while, then ends with 1.

A server of another protocol, in the same event loop, starts and ends with it.
"""

import asyncio
import logging
import signal
import socket
import sys
from types import FrameType
from typing import Any, Protocol

import uvicorn
from fastapi import FastAPI
from typing_extensions import override
from uvicorn.config import STARTUP_FAILURE

from nemo_voice_serving.http.protocol import ServerConfig
from nemo_voice_serving.logs import log_loop_error, private_output
from nemo_voice_serving.runtime.addresses import listen
from nemo_voice_serving.runtime.lifecycle import Lifecycle, Phase
from nemo_voice_serving.runtime.memory import (
    freeze_loaded_objects,
    keep_freed_memory,
    unfreeze_objects,
)
from nemo_voice_serving.runtime.runtime import Runtime
from nemo_voice_serving.runtime.service import StartFailed
from nemo_voice_serving.settings import ServiceSettings
from nemo_voice_serving.tls.key_pair import UnusableCertificate

logger = logging.getLogger(__name__)


class SideServer(Protocol):
    """The server of another protocol of the same process."""

    async def start(self) -> None:
        """Starts to serve; ends the process where it must and cannot."""
        ...

    async def stop(self, grace_s: float) -> None:
        """Takes no more requests, and waits so long for those in flight; may be called again."""
        ...


class DrainingServer(uvicorn.Server):
    """A uvicorn server that drains on the first SIGTERM and stops at once on the second."""

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        lifecycle: Lifecycle,
        settings: ServiceSettings,
        side_server: SideServer | None = None,
    ) -> None:
        super().__init__(config)
        self._side_server = side_server
        self._side_server_stops: asyncio.Task[None] | None = None
        self._lifecycle = lifecycle
        self._settings = settings
        lifecycle.listen(self._phase_entered)

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listens, with the other protocol's server first; no port is taken by half a service."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(log_loop_error)
        listening = sockets or self._listening()
        if self._side_server is not None:
            await self._side_server.start()
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            sys.exit(STARTUP_FAILURE)
        self.servers = [
            await loop.create_server(self._protocol, sock=one, **self._tls_options())
            for one in listening
        ]
        self._log_started_message(listening)
        self.started = True

    def _listening(self) -> list[socket.socket]:
        host, port = self.config.host, self.config.port
        try:
            return listen(host, port)
        except OSError as error:
            facts = {"host": host, "port": port, "error": error.strerror}
            logger.error("the port is not available", extra=facts)  # noqa: TRY400 told whole
            sys.exit(1)

    def _protocol(self) -> asyncio.Protocol:
        protocol: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg] # uvicorn's own
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol

    def _tls_options(self) -> dict[str, Any]:
        options: dict[str, Any] = {"backlog": self.config.backlog, "ssl": self.config.ssl}
        if self.config.ssl is not None:
            limits = self._settings.http
            options["ssl_handshake_timeout"] = limits.head_timeout_s
            options["ssl_shutdown_timeout"] = limits.send_timeout_s
        return options

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._side_server is not None:
            stop = self._side_server.stop(self._settings.drain.timeout_s)
            self._side_server_stops = asyncio.create_task(stop)
        await super().shutdown(sockets)

    @override
    async def _wait_tasks_to_complete(self) -> None:
        # Both end within one time limit, and before the application stops the model.
        await super()._wait_tasks_to_complete()
        if self._side_server_stops is not None:
            await asyncio.shield(self._side_server_stops)

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
    """Serves until a signal or a failure stops it, and returns the process's exit status.

    Raises:
        StartFailed: The certificate cannot be used.
    """
    runtime: Runtime = app.state.service.runtime
    try:
        certificate = runtime.certificate
    except UnusableCertificate as error:
        raise StartFailed(str(error)) from None
    config = ServerConfig(app, settings, port=port, certificate=certificate)
    lifecycle = runtime.lifecycle
    keep_freed_memory()
    lifecycle.listen(freeze_loaded_objects)
    with private_output() as withhold:
        lifecycle.listen(lambda phase: withhold() if phase is Phase.READY else None)
        DrainingServer(
            config,
            lifecycle=lifecycle,
            settings=settings,
            side_server=getattr(app.state, "side_server", None),
        ).run()
    unfreeze_objects()
    return 1 if lifecycle.has_failed else 0
