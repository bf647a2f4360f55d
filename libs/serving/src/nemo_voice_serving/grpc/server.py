"""The gRPC server of a process: its services with health and reflection, on a port of its own.

It runs in the event loop of the HTTP server, which starts and stops it (`http/server.py`).
"""

import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from nemo_voice_serving.grpc.credentials import server_credentials
from nemo_voice_serving.grpc.health import ReadinessHealth
from nemo_voice_serving.grpc.interceptors import CallInterceptor
from nemo_voice_serving.runtime.addresses import reserved_for_ipv4
from nemo_voice_serving.runtime.lifecycle import Phase
from nemo_voice_serving.runtime.runtime import Runtime
from nemo_voice_serving.settings import PREFIX, GrpcSettings

logger = logging.getLogger(__name__)

_HEALTH = str(health_pb2.DESCRIPTOR.services_by_name["Health"].full_name)
_KEEPALIVE_MS, _KEEPALIVE_TIMEOUT_MS = 60_000, 20_000
"""After so long without traffic a connection is asked whether it lives, and must answer in time:
the calls of a client that vanished are cancelled."""
_UNCOMPRESSED = 1
"""The bit of no compression."""
_MIN_PING_INTERVAL_MS = 10_000
"""How often clients may ask whether the connection lives; gRPC would close it for the third."""


@dataclass(frozen=True, slots=True)
class GrpcService:
    """A service and how a server gets it."""

    name: str
    """Its full name, such as `nvidia.riva.asr.RivaSpeechRecognition`."""
    add_to: Callable[[grpc.aio.Server], None]


def grpc_server(runtime: Runtime, services: Sequence[GrpcService]) -> "GrpcServer | None":
    """Returns the server of the services; None where the settings want none."""
    return GrpcServer(runtime, services) if runtime.settings.grpc_port else None


class GrpcServer:
    """Serves the services until it is stopped; their health is the readiness of the process."""

    def __init__(self, runtime: Runtime, services: Sequence[GrpcService]) -> None:
        self._runtime = runtime
        self._services = services
        self._server: grpc.aio.Server | None = None
        names = [service.name for service in services]
        self._health = ReadinessHealth(lambda: runtime.lifecycle.readiness().ready, names)
        runtime.lifecycle.listen(self._phase_entered)

    async def start(self) -> None:
        """Starts to serve on the port of the settings.

        Where it is not available, the process ends with status 1, or, if the port is only the
        default one, goes on without gRPC.
        """
        settings = self._runtime.settings
        server = self._made()
        host, port = settings.host, settings.grpc_port
        try:
            with reserved_for_ipv4(host, port):
                self._listen(server, f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        except (OSError, RuntimeError) as error:
            if "grpc_port" in settings.model_fields_set:
                facts = {"host": host, "port": port, "error": str(error)}
                logger.error("the port is not available", extra=facts)  # noqa: TRY400 told whole
                sys.exit(1)
            advice = f"set {PREFIX}GRPC_PORT to another port, or to 0"
            logger.warning("grpc is off: its port is in use", extra={"port": port, "do": advice})
            return
        await server.start()
        self._server = server
        logger.info("grpc started", extra={"port": port})

    async def stop(self, grace_s: float) -> None:
        """Takes no more calls, tells clients to go elsewhere, and waits for those in flight.

        Those that are not done after `grace_s` are cancelled.
        """
        if self._server is not None:
            self._health.end()
            await self._server.stop(grace_s)

    def _listen(self, server: grpc.aio.Server, address: str) -> None:
        certificate = self._runtime.certificate
        if certificate is None:
            server.add_insecure_port(address)
        else:
            server.add_secure_port(address, server_credentials(certificate))

    def _made(self) -> grpc.aio.Server:
        runtime, settings = self._runtime, self._runtime.settings
        names = [service.name for service in self._services]
        interceptor = CallInterceptor(
            metrics=runtime.metrics,
            access=runtime.access,
            services=names,
            idle_s=settings.grpc.stream_idle_s,
        )
        most_bytes = min(settings.grpc.max_message_bytes, settings.max_upload_bytes)
        options = _options(settings.grpc, most_bytes, settings.http.head_timeout_s)
        server = grpc.aio.server(interceptors=[interceptor], options=options)
        for service in self._services:
            service.add_to(server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        reflection.enable_server_reflection([*names, _HEALTH, reflection.SERVICE_NAME], server)
        return server

    def _phase_entered(self, _phase: Phase) -> None:
        self._health.look()


def _options(settings: GrpcSettings, most_bytes: int, handshake_s: float) -> list[tuple[str, int]]:
    return [
        ("grpc.so_reuseport", 0),  # a second process on the port is an error, not a lottery
        ("grpc.server_handshake_timeout_ms", round(handshake_s * 1000)),
        ("grpc.max_concurrent_streams", settings.max_concurrent_streams),
        # Which would refuse calls of clients that keep to the limit, and not only make them wait.
        ("grpc.http.overload_protection", 0),
        ("grpc.max_receive_message_length", most_bytes),
        ("grpc.max_send_message_length", -1),
        # Nothing is unpacked, so that no small message becomes a huge one.
        ("grpc.compression_enabled_algorithms_bitset", _UNCOMPRESSED),
        ("grpc.max_connection_age_ms", round(settings.max_connection_age_s * 1000)),
        ("grpc.keepalive_time_ms", _KEEPALIVE_MS),
        ("grpc.keepalive_timeout_ms", _KEEPALIVE_TIMEOUT_MS),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", _MIN_PING_INTERVAL_MS),
    ]
