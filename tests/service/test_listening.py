"""Which addresses a service listens on."""

import socket

import httpx
import pytest

from nemo_voice_serving.http.protocol import ServerConfig
from nemo_voice_serving.http.server import DrainingServer
from support.http.serving import listening
from support.http.voice_apps import tts_app
from support.not_run import not_run

LOOPBACKS = ("127.0.0.1", "[::1]")


async def answered(host: str) -> list[bool]:
    """Whether a service with this host answers on each family's loopback."""
    async with listening(tts_app(host=host)) as server, httpx.AsyncClient(timeout=30) as client:
        port = server.servers[0].sockets[0].getsockname()[1]
        found = []
        for loopback in LOOPBACKS:
            try:
                response = await client.get(f"http://{loopback}:{port}/v1/health/live")
            except httpx.ConnectError:
                found.append(False)
            else:
                found.append(response.status_code == 200)
        return found


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("::", [True, True]),
        ("0.0.0.0", [True, False]),
        ("127.0.0.1", [True, False]),
        ("::1", [False, True]),
    ],
)
async def test_a_service_listens_where_its_host_says(host: str, expected: list[bool]) -> None:
    if not socket.has_dualstack_ipv6():
        not_run("NOT RUN: the kernel has no IPv6")
    assert await answered(host) == expected


async def test_every_address_is_ipv4s_alone_where_the_kernel_has_no_ipv6(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "has_ipv6", False)
    assert await answered("::") == [True, False]


async def test_a_port_in_use_ends_the_start(caplog: pytest.LogCaptureFixture) -> None:
    app = tts_app(host="::")
    runtime = app.state.service.runtime
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = ServerConfig(app, runtime.settings, port=taken.getsockname()[1])
        server = DrainingServer(config, lifecycle=runtime.lifecycle, settings=runtime.settings)
        with pytest.raises(SystemExit):
            await server.startup()
    assert "the port is not available" in caplog.messages
