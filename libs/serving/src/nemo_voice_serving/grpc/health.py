"""gRPC's health service: SERVING while the service is ready, as `/v1/health/ready` says it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection

import grpc
from grpc.aio import ServicerContext
from grpc_health.v1 import health_pb2

_POLL_S = 1.0
"""How often a watched readiness is looked at: a failed self-test is no change of phase."""

Status = health_pb2.HealthCheckResponse


class ReadinessHealth:
    """Reports the readiness of the process for each of its services, and for all by an empty name.

    The ready-made servicer of grpcio-health-checking holds what it was told; this one looks, and
    ends what its clients watch when the server stops, so that no watcher delays the end.
    """

    def __init__(self, is_ready: Callable[[], bool], services: Collection[str]) -> None:
        self._is_ready = is_ready
        self._services = frozenset({"", *services})
        self._changed = asyncio.Event()
        self._has_ended = False

    async def Check(  # noqa: N802 gRPC's names
        self, request: health_pb2.HealthCheckRequest, context: ServicerContext
    ) -> health_pb2.HealthCheckResponse:
        """Returns the present status; NOT_FOUND for a service that is not here."""
        status = self._status_of(request.service)
        if status == Status.SERVICE_UNKNOWN:
            message = f"There is no service {request.service[:100]!r} here."
            await context.abort(grpc.StatusCode.NOT_FOUND, message)
        return health_pb2.HealthCheckResponse(status=status)

    async def List(  # noqa: N802 same
        self, _request: health_pb2.HealthListRequest, _context: ServicerContext
    ) -> health_pb2.HealthListResponse:
        """Returns the present status of every service."""
        statuses = {
            name: health_pb2.HealthCheckResponse(status=self._status_of(name))
            for name in self._services
        }
        return health_pb2.HealthListResponse(statuses=statuses)

    async def Watch(  # noqa: N802 same
        self, request: health_pb2.HealthCheckRequest, context: ServicerContext
    ) -> None:
        """Sends the status now and at each change, until the client or the server ends."""
        async for status in self._statuses(request.service):
            await context.write(health_pb2.HealthCheckResponse(status=status))

    def look(self) -> None:
        """Makes watchers look at once."""
        self._changed.set()
        self._changed = asyncio.Event()

    def end(self) -> None:
        """Tells watchers once more, and ends what they watch."""
        self._has_ended = True
        self.look()

    def _status_of(self, service: str) -> int:
        if service not in self._services:
            return int(Status.SERVICE_UNKNOWN)
        return int(Status.SERVING if self._is_ready() else Status.NOT_SERVING)

    async def _statuses(self, service: str) -> AsyncIterator[int]:
        last: int | None = None
        while True:
            status = self._status_of(service)
            if status != last:
                yield status
            if self._has_ended:
                return
            last = status
            try:
                async with asyncio.timeout(_POLL_S):
                    await self._changed.wait()
            except TimeoutError:
                continue
