"""How live sessions end, and which are never begun."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import websockets
from typing_extensions import override
from websockets.exceptions import ConnectionClosed, InvalidStatus

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.errors import BackendFailed
from nemo_voice_serving.http.server import DrainingServer
from nemo_voice_serving.runtime.lifecycle import Phase
from nemo_voice_serving.runtime.runtime import Runtime
from nemo_voice_stt.app import build
from nemo_voice_stt.realtime.engine import SpeechDetector
from nemo_voice_stt.settings import SttSettings
from support.http.live_client import PATH, TRANSCRIPTION, LiveClient, connected, live_service
from support.http.serving import address, listening
from support.http.transcribing import HEARD
from support.http.voice_apps import stt_app, tts_app
from support.models.fakes import FakeRecogniser
from support.models.live import LoudDetector, LoudStream, silence, speech

pytestmark = pytest.mark.timeout(60)
_MANY = 5_000
"""Messages whose answers no buffer on the way holds."""


@asynccontextmanager
async def client_of(
    recogniser: FakeRecogniser | None = None, **settings: object
) -> AsyncIterator[tuple[LiveClient, DrainingServer]]:
    """Yields a client of a service with these settings, and the server."""
    app = stt_app(recogniser, **settings)
    async with live_service(app) as server, connected(server) as client:
        yield client, server


async def closed(client: LiveClient) -> int | None:
    """Returns the code that the server closes with, once it does."""
    with contextlib.suppress(ConnectionClosed):
        async with asyncio.timeout(20):
            while True:
                await client.next()
    return client.socket.close_code


async def refused(server: DrainingServer, **options: object) -> InvalidStatus:
    """Returns how a handshake is refused."""
    with pytest.raises(InvalidStatus) as raised:
        async with connected(server, **options):  # type: ignore[arg-type] # any option by name
            pass
    return raised.value


async def test_a_service_that_stops_lets_the_utterance_end_and_says_come_again() -> None:
    async with client_of() as (client, server):
        await client.say(speech(0.5))
        await client.until("input_audio_buffer.speech_started")
        server._lifecycle.enter(Phase.DRAINING, "test")
        status = (await refused(server)).response
        assert status.status_code == 503
        assert status.headers["Retry-After"] == "1"
        for piece in (speech(0.5), silence(1)):
            await client.say(piece)
        completed = (await client.until(f"{TRANSCRIPTION}.completed"))[-1]
        assert completed["transcript"] == HEARD
        assert await closed(client) == 1012


async def test_an_idle_session_ends_at_once_when_the_service_stops() -> None:
    async with client_of() as (client, server):
        server._lifecycle.enter(Phase.DRAINING, "test")
        async with asyncio.timeout(10):
            assert await closed(client) == 1012


async def test_a_client_that_never_commits_is_committed_for_before_the_service_is_gone() -> None:
    drain = {"delay_s": 0.0, "timeout_s": 1.0}
    async with client_of(drain=drain) as (client, server):
        await client.configure(turn_detection=None)
        await client.say(speech(1))
        await asyncio.sleep(0.1)
        server._lifecycle.enter(Phase.DRAINING, "test")
        assert (await client.until(f"{TRANSCRIPTION}.completed"))[-1]["transcript"] == HEARD
        assert await closed(client) == 1012


async def test_the_server_waits_for_its_sessions_and_not_for_longer() -> None:
    app = stt_app(drain={"delay_s": 0.0, "timeout_s": 1.0})
    async with live_service(app) as server, connected(server) as client:
        await client.configure(turn_detection=None)
        await client.say(speech(1))
        await asyncio.sleep(0.1)
        server.handle_exit(15, None)
        assert (await client.until(f"{TRANSCRIPTION}.completed"))[-1]["transcript"] == HEARD
        assert await closed(client) == 1012


async def test_a_session_that_sends_nothing_is_closed() -> None:
    async with client_of(realtime={"idle_s": 1}) as (client, _):
        assert await closed(client) == 1008


async def test_a_session_is_as_long_as_one_may_be_and_ends_after_its_utterance() -> None:
    async with client_of(realtime={"max_session_s": 1}) as (client, _):
        for _ in range(3):
            await client.say(speech(0.5))
            await asyncio.sleep(0.4)
        await client.say(silence(1))
        assert (await client.until(f"{TRANSCRIPTION}.completed"))[-1]["transcript"] == HEARD
        assert await closed(client) == 1001


async def test_a_client_that_does_not_read_is_disconnected() -> None:
    app = stt_app(http={"send_timeout_s": 2.0})
    async with live_service(app) as server:
        url = address(server).replace("http://", "ws://") + PATH
        session = {"audio": {"input": {"transcription": {"prompt": "x" * 50_000}}}}
        update = json.dumps({"type": "session.update", "session": session})
        sent = 0
        async with websockets.connect(url, proxy=None, max_queue=1, ping_interval=None) as socket:
            with contextlib.suppress(ConnectionClosed, TimeoutError):
                async with asyncio.timeout(30):
                    while sent < _MANY:
                        await socket.send(update)
                        sent += 1
            socket.transport.abort()
        metrics = await metrics_when(server, "nemo_voice_live_sessions 0.0")
        assert "nemo_voice_live_sessions 0.0" in metrics
        assert sent < _MANY


async def test_more_sessions_than_the_service_may_have_are_refused_before_they_begin() -> None:
    async with client_of(realtime={"max_sessions": 1}) as (_, server):
        response = (await refused(server)).response
        assert response.status_code == 503
        assert response.headers["Retry-After"] == "5"
        assert json.loads(response.body or b"")["error"]["code"] == "no_capacity"
    # The place is free again once the session has ended.
    async with client_of(realtime={"max_sessions": 1}) as (_, server):
        assert (await refused(server)).response.status_code == 503


async def test_a_service_that_is_not_ready_refuses_sessions() -> None:
    app = stt_app()
    app.state.service.fetch_model = lambda: (_ for _ in ()).throw(RuntimeError("no model"))
    async with listening(app) as server:
        response = (await refused(server)).response
    assert response.status_code == 503
    assert json.loads(response.body or b"")["error"]["code"] == "not_ready"


async def test_a_service_that_speaks_listens_to_nobody() -> None:
    async with live_service(tts_app()) as server:
        response = (await refused(server)).response
    assert response.status_code == 400
    assert json.loads(response.body or b"")["error"]["param"] == "intent"


async def test_a_handshake_that_a_proxy_took_apart_is_told() -> None:
    async with live_service(stt_app()) as server, httpx.AsyncClient() as client:
        response = await client.get(address(server) + PATH)
    assert response.status_code == 426
    assert response.json()["error"]["code"] == "upgrade_required"
    assert response.headers["Upgrade"] == "websocket"


async def test_an_utterance_that_the_model_fails_on_fails_alone() -> None:
    recogniser = FakeRecogniser()
    async with client_of(recogniser, realtime={"partial_share": 0}) as (client, _):
        await client.configure(turn_detection=None)
        recogniser.error = RuntimeError("secret")
        await client.say(speech(1))
        await client.send("input_audio_buffer.commit")
        failed = (await client.until(f"{TRANSCRIPTION}.failed"))[-1]
        assert failed["error"]["code"] == "backend_failed"
        assert "secret" not in json.dumps(failed)
        recogniser.error = None
        await client.say(speech(1))
        await client.send("input_audio_buffer.commit")
        assert (await client.until(f"{TRANSCRIPTION}.completed"))[-1]["transcript"] == HEARD


async def test_a_session_whose_speech_cannot_be_found_ends_and_may_begin_again() -> None:
    class Broken(LoudDetector):
        @override
        def open(self) -> LoudStream:
            return BrokenStream()

    class BrokenStream(LoudStream):
        @override
        async def follow(self, samples: Samples) -> list[float]:
            raise BackendFailed("secret")

    async def broken(_runtime: Runtime) -> SpeechDetector:
        return Broken()

    app = build(SttSettings(), lambda _settings, _progress: FakeRecogniser, broken)
    async with live_service(app) as server, connected(server) as client:
        await client.say(speech(0.5))
        assert await closed(client) == 1011
        assert "secret" not in (client.socket.close_reason or "")
        metrics = await metrics_when(server, 'nemo_voice_live_sessions_ended_total{code="1011"} 1')
        assert 'nemo_voice_live_sessions_ended_total{code="1011"} 1' in metrics


async def test_what_a_client_closes_with_makes_no_metric_of_its_own() -> None:
    async with client_of() as (client, server):
        await client.socket.close(4321)
        metrics = await metrics_when(server, 'sessions_ended_total{code="other"} 1')
    assert 'nemo_voice_live_sessions_ended_total{code="other"} 1' in metrics
    assert "4321" not in metrics


async def test_batches_are_short_while_somebody_speaks() -> None:
    async with live_service(stt_app()) as server:
        (batcher,) = server.config.app.state.service.runtime._batchers  # type: ignore[union-attr] # the application
        usual_s = batcher.speed.max_run_s
        async with connected(server), connected(server) as client:
            await client.configure()
            assert batcher.speed.max_run_s == 0.5
        await metrics_when(server, "nemo_voice_live_sessions 0.0")
        assert batcher.speed.max_run_s == usual_s == 30


@pytest.mark.parametrize("audio", [b"", speech(0.5), speech(0.5) + silence(1)])
async def test_a_client_that_leaves_at_any_time_leaves_nothing_behind(audio: bytes) -> None:
    async with live_service(stt_app()) as server:
        before = len(asyncio.all_tasks())
        for _ in range(5):
            async with connected(server) as client:
                await client.say(audio)
                client.socket.transport.abort()
        metrics = await metrics_when(server, "nemo_voice_live_sessions 0.0")
        assert "nemo_voice_live_sessions 0.0" in metrics
        async with asyncio.timeout(5):
            while len(asyncio.all_tasks()) > before:
                await asyncio.sleep(0.02)


async def metrics_when(server: DrainingServer, line: str) -> str:
    """Returns the metrics once they have this line, or as they are after a while."""
    async with httpx.AsyncClient() as client:
        for _ in range(100):
            text = (await client.get(f"{address(server)}/metrics")).text
            if line in text:
                break
            await asyncio.sleep(0.05)
        return text
