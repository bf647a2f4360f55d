"""TLS of the services' own ports: HTTP, WebSockets and gRPC, before and after a renewal."""

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from fastapi import FastAPI

from nemo_voice_serving.http.server import DrainingServer, serve
from nemo_voice_serving.runtime.service import StartFailed
from nemo_voice_stt.grpc.protos import riva_asr_pb2 as asr
from nemo_voice_stt.grpc.protos.riva_asr_pb2_grpc import RivaSpeechRecognitionStub
from support.audio.sounds import libsndfile_bytes, swell
from support.certificates import Authority, Pair, authority_in
from support.http.blocking_tls import response_to_much
from support.http.live_client import TRANSCRIPTION, connected, live_service
from support.http.serving import address
from support.http.transcribing import HEARD
from support.http.voice_apps import stt_app, tts_app
from support.models.fakes import FakeVoice
from support.models.live import speech
from support.ports import free_port

pytestmark = pytest.mark.timeout(120)
WAV = libsndfile_bytes(swell(1, 16_000), 16_000, "WAV", "PCM_16")
TEXT = {"text": "Hello there."}
LONG = {"text": "A long story. " * 100}
PATIENCE_S = 20.0
HANDSHAKE = (
    b"GET /v1/realtime?intent=transcription HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
    b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs the certificates."""
    return authority_in(tmp_path_factory.mktemp("authority") / "ca")


@pytest.fixture(scope="module")
def pairs(authority: Authority) -> tuple[Pair, Pair]:
    """A pair, and the one that follows it."""
    return authority.pair("first"), authority.pair("second")


@pytest.fixture
def mounted(tmp_path: Path, pairs: tuple[Pair, Pair]) -> Pair:
    """The first pair, in files that a test may change."""
    return pairs[0].copied_to(tmp_path / "mounted")


@asynccontextmanager
async def client_of(
    server: DrainingServer, authority: Authority
) -> AsyncIterator[httpx.AsyncClient]:
    """Yields a client that verifies the certificate, with a new connection for each request."""
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(
        base_url=address(server), verify=authority.client(), limits=limits, timeout=PATIENCE_S
    ) as client:
        yield client


def grpc_channel(app: FastAPI, authority: Authority) -> grpc.aio.Channel:
    """Returns a channel of its own connection that verifies the certificate."""
    credentials = grpc.ssl_channel_credentials(authority.certificate.read_bytes())
    port = app.state.service.runtime.settings.grpc_port
    alone = [("grpc.use_local_subchannel_pool", 1)]
    return grpc.aio.secure_channel(f"localhost:{port}", credentials, options=alone)


async def shown_by(host: str, port: int, authority: Authority) -> bytes:
    """Returns the certificate that a new connection is shown."""
    context = authority.client()
    context.set_alpn_protocols(["h2", "http/1.1"])
    _, writer = await asyncio.open_connection(host, port, ssl=context)
    found: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    return found


async def until_shown(pair: Pair, *ports: int, authority: Authority) -> None:
    """Waits until new connections to all ports are shown the certificate."""
    async with asyncio.timeout(PATIENCE_S):
        for port in ports:
            while await shown_by("127.0.0.1", port, authority) != pair.der():
                await asyncio.sleep(0.1)


def port_of(server: DrainingServer) -> int:
    """Returns the port of HTTP."""
    port: int = server.servers[0].sockets[0].getsockname()[1]
    return port


async def test_speech_over_https(mounted: Pair, authority: Authority) -> None:
    async with (
        live_service(tts_app(tls=mounted.settings)) as server,
        client_of(server, authority) as client,
    ):
        spoken = await client.post("/synthesize", json=TEXT)
        many = await client.post("/synthesize", json=LONG)
        metrics = (await client.get("/metrics")).text
    assert spoken.content.startswith(b"RIFF")
    assert len(many.content) > 1_000_000
    assert "nemo_voice_tls_refused 0.0" in metrics
    assert "\nnemo_voice_tls_certificate_expiry_timestamp_seconds 1" in metrics


async def test_a_plain_service_has_no_metrics_of_tls() -> None:
    async with live_service(tts_app()) as server, httpx.AsyncClient() as client:
        assert "nemo_voice_tls" not in (await client.get(f"{address(server)}/metrics")).text


async def test_a_live_session_over_wss(mounted: Pair, authority: Authority) -> None:
    app = stt_app(tls=mounted.settings)
    async with (
        live_service(app) as server,
        connected(server, ssl=authority.client()) as live,
    ):
        await live.configure(turn_detection=None)
        await live.say(speech(1))
        await live.send("input_audio_buffer.commit")
        (*_, completed) = await live.until(f"{TRANSCRIPTION}.completed")
    assert completed["transcript"] == HEARD


async def test_a_call_over_grpc(mounted: Pair, authority: Authority) -> None:
    app = stt_app(tls=mounted.settings, grpc_port=free_port())
    async with live_service(app), grpc_channel(app, authority) as channel:
        found = await RivaSpeechRecognitionStub(channel).Recognize(asr.RecognizeRequest(audio=WAV))
        plain = grpc.aio.insecure_channel(
            f"localhost:{app.state.service.runtime.settings.grpc_port}"
        )
        async with plain:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await RivaSpeechRecognitionStub(plain).Recognize(asr.RecognizeRequest(audio=WAV))
    assert found.results[0].alternatives[0].transcript
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_clients_that_trust_somebody_else_do_not_connect(
    mounted: Pair, tmp_path: Path
) -> None:
    stranger = authority_in(tmp_path / "stranger")
    async with (
        live_service(tts_app(tls=mounted.settings)) as server,
        client_of(server, stranger) as client,
    ):
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await client.get("/readyz")


async def keep_calling(call: Callable[[], Awaitable[Any]], over: asyncio.Event) -> int:
    """Returns how often the call succeeded until it is over; a failure is raised."""
    count = 0
    while not over.is_set():
        await call()
        count += 1
    return count


async def test_a_renewal_under_load_fails_no_request_and_no_session(
    mounted: Pair, pairs: tuple[Pair, Pair], authority: Authority
) -> None:
    app = stt_app(tls=mounted.settings, grpc_port=free_port())
    over = asyncio.Event()
    async with (
        live_service(app) as server,
        client_of(server, authority) as client,
        connected(server, ssl=authority.client()) as live,
        grpc_channel(app, authority) as kept,
    ):

        async def transcribe() -> None:
            response = await client.post("/transcribe", files={"audio_file": WAV})
            assert response.status_code == 200

        async def recognise() -> None:
            async with grpc_channel(app, authority) as channel:
                await RivaSpeechRecognitionStub(channel).Recognize(asr.RecognizeRequest(audio=WAV))

        await live.configure(turn_detection=None)
        calls = [asyncio.create_task(keep_calling(call, over)) for call in (transcribe, recognise)]
        ports = port_of(server), app.state.service.runtime.settings.grpc_port
        for pair in (pairs[1], pairs[0], pairs[1]):
            pair.copied_to(mounted.certificate.parent)
            await until_shown(pair, *ports, authority=authority)
        over.set()
        counts = await asyncio.gather(*calls)
        await live.say(speech(1))
        await live.send("input_audio_buffer.commit")
        (*_, completed) = await live.until(f"{TRANSCRIPTION}.completed")
        await RivaSpeechRecognitionStub(kept).Recognize(asr.RecognizeRequest(audio=WAV))
    assert min(counts) >= 3
    assert completed["transcript"] == HEARD


async def test_a_pair_that_cannot_be_used_changes_nothing(
    mounted: Pair, pairs: tuple[Pair, Pair], authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    app = tts_app(tls=mounted.settings, grpc_port=free_port())
    async with live_service(app) as server, client_of(server, authority) as client:
        mounted.key.write_bytes(pairs[1].key.read_bytes())
        async with asyncio.timeout(PATIENCE_S):
            while "nemo_voice_tls_refused 1.0" not in (await client.get("/metrics")).text:
                await asyncio.sleep(0.1)
        ports = port_of(server), app.state.service.runtime.settings.grpc_port
        await until_shown(pairs[0], *ports, authority=authority)
        assert (await client.post("/synthesize", json=TEXT)).status_code == 200
    assert [one.message for one in caplog.records if one.levelno >= logging.ERROR] == [
        "the new certificate cannot be used, the earlier one stays"
    ]


def test_a_pair_that_cannot_be_used_ends_the_start_with_the_reason(
    mounted: Pair, pairs: tuple[Pair, Pair]
) -> None:
    mounted.key.write_bytes(pairs[1].key.read_bytes())
    app = tts_app(tls=mounted.settings)
    settings = app.state.service.runtime.settings
    with pytest.raises(StartFailed, match=r"tls\.key: the key does not belong"):
        serve(app, settings, port=free_port())


async def test_plain_http_is_told_to_come_by_https(
    mounted: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    async with live_service(tts_app(tls=mounted.settings)) as server, httpx.AsyncClient() as client:
        plain = address(server).replace("https", "http")
        refused = await client.get(f"{plain}/readyz")
        posted = await client.post(f"{plain}/synthesize", content=b"x" * 1_000_000)
    for response in (refused, posted):
        assert response.status_code == 400
        assert "https://" in response.json()["error"]["message"]
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []


async def test_a_handshake_that_does_not_come_ends(mounted: Pair) -> None:
    app = tts_app(tls=mounted.settings, grpc_port=free_port(), http={"head_timeout_s": 0.3})
    async with live_service(app) as server:
        for port in (port_of(server), app.state.service.runtime.settings.grpc_port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"\x16\x03\x01\x02\x00\x01")  # the beginning of a ClientHello
            async with asyncio.timeout(PATIENCE_S):
                assert await reader.read() == b""
            writer.close()


async def test_an_early_refusal_is_read_by_a_client_that_sends_everything_first(
    mounted: Pair, authority: Authority
) -> None:
    """A close would reset the connection, and the client would never read the response."""
    app = tts_app(tls=mounted.settings, max_upload_bytes=1024)
    async with live_service(app) as server:
        response = await asyncio.to_thread(response_to_much, port_of(server), authority.client())
    assert response.startswith(b"HTTP/1.1 413 ")


async def test_a_client_that_reads_nothing_is_cut_off(mounted: Pair, authority: Authority) -> None:
    voice = FakeVoice()
    app = tts_app(voice, tls=mounted.settings, http={"send_timeout_s": 0.5})
    async with live_service(app) as server:
        with (
            socket.create_connection(("127.0.0.1", port_of(server))) as plain,
            authority.client().wrap_socket(
                plain, server_hostname="localhost", do_handshake_on_connect=False
            ) as slow,
        ):
            await asyncio.to_thread(slow.do_handshake)
            body = b'{"text": "%s"}' % (b"A long story. " * 6000)
            head = b"POST /synthesize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            sent = b"%sContent-Length: %d\r\n\r\n%s" % (head, len(body), body)
            await asyncio.to_thread(slow.sendall, sent)
            metrics = app.state.service.runtime.metrics
            async with asyncio.timeout(PATIENCE_S):
                while not metrics.in_flight():
                    await asyncio.sleep(0.01)
                while metrics.in_flight():
                    await asyncio.sleep(0.05)


async def test_a_stop_does_not_wait_for_idle_clients_that_do_not_read(
    mounted: Pair, authority: Authority
) -> None:
    app = tts_app(tls=mounted.settings, drain={"delay_s": 0, "timeout_s": 30})
    async with httpx.AsyncClient(verify=authority.client()) as pooled:
        async with live_service(app) as server:
            await pooled.get(f"{address(server)}/readyz")
            began_s = time.monotonic()
        assert time.monotonic() - began_s < 10


async def test_a_live_session_ends_soon_after_its_client_has_hung(
    mounted: Pair, authority: Authority
) -> None:
    app = stt_app(tls=mounted.settings)
    async with live_service(app) as server, client_of(server, authority) as client:
        server.config.ws_ping_interval = server.config.ws_ping_timeout = 0.3
        _, writer = await asyncio.open_connection(
            "localhost", port_of(server), ssl=authority.client(), limit=1
        )
        writer.write(HANDSHAKE)  # and nothing more, not even an answer to a ping

        async def sessions() -> str:
            metrics = (await client.get("/metrics")).text
            return metrics.partition("\nnemo_voice_live_sessions ")[2].partition("\n")[0]

        async with asyncio.timeout(PATIENCE_S):
            while await sessions() != "1.0":
                await asyncio.sleep(0.05)
            while await sessions() != "0.0":
                await asyncio.sleep(0.1)
        writer.transport.abort()


async def test_http_1_1_is_negotiated_and_nothing_older_than_tls_1_2(
    mounted: Pair, authority: Authority
) -> None:
    async with live_service(tts_app(tls=mounted.settings)) as server:
        context = authority.client()
        context.set_alpn_protocols(["h2", "http/1.1"])
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        _, writer = await asyncio.open_connection("localhost", port_of(server), ssl=context)
        found = writer.get_extra_info("ssl_object")
        assert (found.version(), found.selected_alpn_protocol()) == ("TLSv1.2", "http/1.1")
        writer.transport.abort()
