"""Hostile handshakes: old versions, renegotiation, and floods of what is no handshake."""

import asyncio
import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from support.certificates import Authority, authority_in
from support.http.service_process import ServiceProcess, bystander, service_process
from support.ports import free_port
from support.waiting import until

COUNTS = [150, pytest.param(2000, marks=pytest.mark.long)]
GROWTH_MB = 280.0
"""More than 2,000 connections need, each with the buffers in which an event loop does TLS."""
SLOWEST_S = 5.0
HELLO = bytes.fromhex("16030100c8010000c40303")
"""How a ClientHello of 200 bytes begins."""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signed the service's certificate."""
    return authority_in(tmp_path_factory.mktemp("authority") / "ca")


@pytest.fixture(scope="module")
def grpc_port() -> int:
    """The port of gRPC."""
    return free_port()


@pytest.fixture(scope="module")
def service(
    authority: Authority, grpc_port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceProcess]:
    """A service with TLS that is impatient, so that attacks end soon."""
    with service_process(
        "tts",
        tmp_path_factory.mktemp("service"),
        tls=authority.pair("service").settings,
        grpc_port=grpc_port,
        http={"head_timeout_s": 2.0},
    ) as made:
        yield made


def s_client(port: int, *options: str) -> str:
    """Returns what OpenSSL's own client says of a connection."""
    ran = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *options],
        input=b"", capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    return (ran.stdout + ran.stderr).decode(errors="replace")


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_old_versions_are_refused(
    version: str, protocol: str, service: ServiceProcess, grpc_port: int
) -> None:
    port = service.port if protocol == "http" else grpc_port
    said = s_client(port, version, "-cipher", "ALL:@SECLEVEL=0")
    assert "Cipher is (NONE)" in said
    # gRPC closes without a word.
    assert protocol == "grpc" or "alert protocol version" in said


def assert_both_protocols_are_served(
    authority: Authority, service: ServiceProcess, grpc_port: int
) -> None:
    """Asserts that the next client of either protocol gets its response."""
    with httpx.Client(verify=authority.client(), timeout=60) as client:
        assert client.get(f"{service.address}/readyz").status_code == 200
    credentials = grpc.ssl_channel_credentials(authority.certificate.read_bytes())
    with grpc.secure_channel(f"localhost:{grpc_port}", credentials) as channel:
        found = health_pb2_grpc.HealthStub(channel).Check(
            health_pb2.HealthCheckRequest(), timeout=60
        )
    assert found.status == health_pb2.HealthCheckResponse.SERVING


def renegotiates(port: int, log: Path) -> bool:
    """Returns whether a client got as far as to ask for another handshake; logs all messages.

    Its standard input stays open: OpenSSL's client would end at once with it.
    """
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_2", "-msg"]
    command += ["-alpn", "h2,http/1.1"]
    with (
        contextlib.suppress(BrokenPipeError),  # an idle connection ends after a while
        log.open("wb") as file,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=file, stderr=file) as client,
    ):
        assert client.stdin is not None
        try:
            until("the handshake is over", lambda: "Verify return code" in said(log))
            client.stdin.write(b"R\n")
            client.stdin.flush()
            until(
                "another handshake succeeded or failed",
                lambda: said(log).count("ServerHello\n") > 1 or client.poll() is not None,
            )
        finally:
            client.kill()
    return "RENEGOTIATING" in said(log)


def said(log: Path) -> str:
    """Returns what a client has written so far."""
    return log.read_text(errors="replace")


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_a_client_cannot_renegotiate(
    protocol: str, service: ServiceProcess, authority: Authority, grpc_port: int, tmp_path: Path
) -> None:
    port = service.port if protocol == "http" else grpc_port
    log = tmp_path / "log"
    until("a client asks for another handshake", lambda: renegotiates(port, log))
    messages = said(log).partition("RENEGOTIATING")
    # How it fails depends on what else is on its way: gRPC's server begins to speak by itself.
    assert [part.count("ClientHello\n") for part in messages] == [1, 0, 1]
    assert [part.count("ServerHello\n") for part in messages] == [1, 0, 0]
    assert_both_protocols_are_served(authority, service, grpc_port)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize(
    "data",
    [
        HELLO,
        HELLO + os.urandom(500),
        b"\x16\x03\x01\xff\xff" + b"x" * 70_000,
        os.urandom(20_000),
        b"",
    ],
    ids=["half", "garbage inside", "too long a record", "noise", "silence"],
)
def test_malformed_handshakes_end_while_others_are_served(
    data: bytes, count: int, service: ServiceProcess, grpc_port: int
) -> None:
    async def attack(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(ConnectionError):
            writer.write(data)
            async with asyncio.timeout(60):
                while await reader.read(4096):
                    pass
        writer.transport.abort()

    async def flood() -> None:
        ports = (service.port, grpc_port)
        await asyncio.gather(*(attack(ports[number % 2]) for number in range(count)))

    lines = service.written().count("\n")
    began_s = time.monotonic()
    with (
        service.growing_less_than(GROWTH_MB),
        bystander(lambda client: client.get(f"{service.address}/v1/models")) as others,
    ):
        asyncio.run(flood())
    assert others.failures == []
    assert others.slowest_s < SLOWEST_S
    # A line a second at most, not one for each connection.
    assert service.written().count("\n") - lines < 5 + (time.monotonic() - began_s) * 3


def test_both_protocols_are_served_after_all_this(
    authority: Authority, service: ServiceProcess, grpc_port: int
) -> None:
    assert_both_protocols_are_served(authority, service, grpc_port)


def test_nothing_of_keys_is_logged(service: ServiceProcess, authority: Authority) -> None:
    key = (authority.folder / "service.key").read_text().splitlines()[1]
    assert key not in service.written()
    assert str(Path(authority.folder / "service.crt")) in service.written()
