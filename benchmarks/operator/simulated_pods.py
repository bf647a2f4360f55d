"""The simulated pods: each responds over HTTP like a service that is ready and idle."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from typing_extensions import override

from nemo_voice_operator.api.service_contract import METRICS_PATH, READY_PATH
from nemo_voice_operator.api.spec import Task, container_port
from nemo_voice_serving.runtime.metrics import ServiceMetrics

_READY = b'{"status": "ready", "phase": "ready", "reason": null, "seconds": {"loading": 4.2}}'


@contextlib.contextmanager
def simulated_pods() -> Iterator[None]:
    """Serves for every pod on the loopback within the block, each task on its own port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        for task in Task:
            asyncio.run_coroutine_threadsafe(_listen(task), loop).result()
        yield
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _listen(task: Task) -> None:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    listener.bind(("", container_port(task)))
    metrics = generate_latest(ServiceMetrics(CollectorRegistry(), task).registry)
    responses = {METRICS_PATH.encode(): metrics, READY_PATH.encode(): _READY}
    await asyncio.get_running_loop().create_server(
        lambda: _Pod(responses), sock=listener, backlog=1024
    )


class _Pod(asyncio.Protocol):
    """One connection: the part of HTTP that the operator uses."""

    def __init__(self, responses: dict[bytes, bytes]) -> None:
        self._responses = responses
        self._transport: asyncio.Transport | None = None
        self._asked = b""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 of a stream
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        assert self._transport is not None  # noqa: S101 the connection was made
        *questions, self._asked = (self._asked + data).split(b"\r\n\r\n")
        for question in questions:
            body = self._responses.get(question.split(b" ", 2)[1])
            status = b"404 Not Found" if body is None else b"200 OK"
            head = b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status, len(body or b""))
            self._transport.write(head + (body or b""))
