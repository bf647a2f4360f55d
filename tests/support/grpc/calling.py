"""An application's gRPC server on a loopback socket, with a channel to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from fastapi import FastAPI
from google.rpc import error_details_pb2, status_pb2

from nemo_voice_serving.http.server import SideServer
from nemo_voice_serving.runtime.service import Service

_PATIENCE_S = 30.0


@asynccontextmanager
async def channel_to(app: FastAPI, *, ready: bool = True) -> AsyncIterator[grpc.aio.Channel]:
    """Yields a channel to the application, by default once it is ready; HTTP is not served.

    Args:
        app: The application, with a `grpc_port` of its own.
        ready: Whether to wait for the model.
    """
    service: Service[Any, Any] = app.state.service
    server: SideServer = app.state.side_server
    await service.start()
    await server.start()
    if ready:
        await service.until_ready()
    try:
        async with grpc.aio.insecure_channel(address_of(app)) as channel:
            yield channel
    finally:
        await server.stop(0)
        await service.stop()


async def until_counted(app: FastAPI) -> None:
    """Waits until every call has been counted, which is a little after its client has its end."""
    async with asyncio.timeout(_PATIENCE_S):
        while app.state.service.runtime.metrics.in_flight():
            await asyncio.sleep(0.005)


def address_of(app: FastAPI) -> str:
    """Returns where the application serves gRPC."""
    return f"127.0.0.1:{app.state.service.runtime.settings.grpc_port}"


def details_of(error: grpc.aio.AioRpcError) -> tuple[str, str | None, float | None]:
    """Returns an error's code of ours, the field it is about, and the seconds until a retry."""
    trailers = dict(error.trailing_metadata())
    status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
    assert status.code == error.code().value[0]
    assert status.message == error.details()
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    assert status.details[0].Unpack(info)
    has_retry = len(status.details) > 1 and status.details[1].Unpack(retry)
    retry_s = retry.retry_delay.ToMilliseconds() / 1000 if has_retry else None
    return info.reason, info.metadata.get("param"), retry_s
