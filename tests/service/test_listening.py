"""Which addresses a service listens on."""

import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from nemo_voice_serving.http.protocol import ServerConfig
from nemo_voice_serving.http.server import DrainingServer
from support.http.service_process import PROGRAM
from support.http.serving import listening
from support.http.voice_apps import tts_app
from support.not_run import not_run
from support.ports import free_port

LOOPBACKS = ("127.0.0.1", "[::1]")
EXPECTED = {
    "::": [True, True],
    "0.0.0.0": [True, False],
    "127.0.0.1": [True, False],
    "::1": [False, True],
}
"""Whether a service with this host is reached by each of them."""


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


@pytest.mark.parametrize(("host", "expected"), EXPECTED.items())
async def test_a_service_listens_where_its_host_says(host: str, expected: list[bool]) -> None:
    if not socket.has_dualstack_ipv6():
        not_run("NOT RUN: the kernel has no IPv6")
    assert await answered(host) == expected


async def test_every_address_is_ipv4s_alone_where_the_kernel_has_no_ipv6(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "has_ipv6", False)
    assert await answered("::") == [True, False]


@pytest.mark.parametrize("host", ["::", "127.0.0.1", "localhost"])
async def test_a_port_in_use_ends_the_start(host: str, caplog: pytest.LogCaptureFixture) -> None:
    app = tts_app(host=host)
    runtime = app.state.service.runtime
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = ServerConfig(app, runtime.settings, port=taken.getsockname()[1])
        server = DrainingServer(config, lifecycle=runtime.lifecycle, settings=runtime.settings)
        with pytest.raises(SystemExit):
            await server.startup()
    assert "the port is not available" in caplog.messages


@pytest.mark.parametrize("host", ["::", "0.0.0.0", "127.0.0.1", "::1"])
async def test_grpc_listens_where_http_does(host: str) -> None:
    if not socket.has_dualstack_ipv6():
        not_run("NOT RUN: the kernel has no IPv6")
    app = tts_app(host=host, grpc_port=free_port())
    port = app.state.service.runtime.settings.grpc_port
    async with listening(app):
        found = []
        for loopback in ("127.0.0.1", "::1"):
            try:
                _, writer = await asyncio.open_connection(loopback, port)
            except OSError:
                found.append(False)
            else:
                found.append(True)
                writer.close()
    assert found == EXPECTED[host]


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_a_process_whose_port_is_taken_says_so_in_one_line(protocol: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ports = (port, free_port()) if protocol == "http" else (free_port(), port)
        settings = json.dumps({"grpc_port": ports[1]})
        ran = subprocess.run(
            [sys.executable, str(PROGRAM), "tts", str(ports[0]), settings],
            cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    lines = [json.loads(line) for line in ran.stderr.splitlines()]
    assert ran.returncode == 1
    assert [(line["event"], line["port"]) for line in lines if line["level"] != "info"] == [
        ("the port is not available", port)
    ]
