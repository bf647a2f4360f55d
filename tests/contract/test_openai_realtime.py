"""Live sessions by OpenAI's own client, unmodified."""

import asyncio
import base64
from collections.abc import AsyncIterator

import openai
import pytest
from fastapi import FastAPI
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from openai.types.realtime import (
    ConversationItemInputAudioTranscriptionCompletedEvent,
    ConversationItemInputAudioTranscriptionDeltaEvent,
    InputAudioBufferSpeechStartedEvent,
    InputAudioBufferSpeechStoppedEvent,
    RealtimeErrorEvent,
    RealtimeServerEvent,
    SessionCreatedEvent,
    SessionUpdatedEvent,
)
from openai.types.websocket_reconnection import ReconnectingEvent

from nemo_voice_serving.http.server import DrainingServer
from nemo_voice_serving.runtime.lifecycle import Phase
from support.chaos.network import delaying
from support.http.live_client import live_service
from support.http.serving import address
from support.http.transcribing import HEARD
from support.http.voice_apps import stt_app
from support.models.fakes import FakeRecogniser
from support.models.live import silence, speech

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def app() -> FastAPI:
    """The service on a fake recogniser."""
    return stt_app()


@pytest.fixture
async def server(app: FastAPI) -> AsyncIterator[DrainingServer]:
    """Its server."""
    async with live_service(app) as server:
        yield server


@pytest.fixture
async def client(server: DrainingServer) -> AsyncIterator[openai.AsyncOpenAI]:
    """OpenAI's client of the service."""
    made = openai.AsyncOpenAI(base_url=f"{address(server)}/v1", api_key="none", max_retries=0)
    async with made:
        yield made


async def say(live: AsyncRealtimeConnection, pcm: bytes) -> None:
    """Sends samples in pieces of a tenth of a second."""
    for place in range(0, len(pcm), 4_800):
        piece = base64.b64encode(pcm[place : place + 4_800]).decode()
        await live.input_audio_buffer.append(audio=piece)


async def until_completed(live: AsyncRealtimeConnection) -> list[RealtimeServerEvent]:
    """Returns the events up to the first transcript."""
    events: list[RealtimeServerEvent] = []
    async with asyncio.timeout(20):
        async for event in live:
            events.append(event)
            if isinstance(event, ConversationItemInputAudioTranscriptionCompletedEvent):
                break
    return events


async def test_a_live_session_is_configured_and_committed_by_the_client(
    client: openai.AsyncOpenAI,
) -> None:
    async with client.realtime.connect(extra_query={"intent": "transcription"}) as live:
        assert isinstance(await live.recv(), SessionCreatedEvent)
        await live.session.update(
            session={
                "type": "transcription",
                "audio": {
                    "input": {
                        "format": {"type": "audio/pcm", "rate": 24_000},
                        "transcription": {"model": "gpt-realtime-whisper", "language": "en"},
                        "turn_detection": None,
                    }
                },
                "include": ["item.input_audio_transcription.logprobs"],
            }
        )
        assert isinstance(await live.recv(), SessionUpdatedEvent)
        await say(live, speech(1))
        await live.input_audio_buffer.commit()
        events = await until_completed(live)
    completed = events[-1]
    assert isinstance(completed, ConversationItemInputAudioTranscriptionCompletedEvent)
    assert completed.transcript == HEARD
    assert completed.usage.type == "duration"
    assert completed.logprobs
    deltas = [
        event.delta or ""
        for event in events
        if isinstance(event, ConversationItemInputAudioTranscriptionDeltaEvent)
    ]
    assert "".join(deltas) == HEARD


async def test_a_live_session_finds_speech_by_itself(client: openai.AsyncOpenAI) -> None:
    async with client.realtime.connect(model="gpt-realtime-whisper") as live:
        await say(live, silence(0.5) + speech(1) + silence(1))
        events = await until_completed(live)
    started, stopped = (
        next(event for event in events if isinstance(event, kind))
        for kind in (InputAudioBufferSpeechStartedEvent, InputAudioBufferSpeechStoppedEvent)
    )
    assert started.item_id == stopped.item_id


async def test_an_error_in_a_live_session_is_the_clients_own_event(
    client: openai.AsyncOpenAI,
) -> None:
    async with client.realtime.connect(extra_query={"intent": "transcription"}) as live:
        await live.recv()
        await live.input_audio_buffer.commit(event_id="mine")
        error = await live.recv()
    assert isinstance(error, RealtimeErrorEvent)
    assert error.error.event_id == "mine"


async def test_a_client_secret_is_parsed_and_opens_a_live_session(
    client: openai.AsyncOpenAI, server: DrainingServer
) -> None:
    made = await client.realtime.client_secrets.create(
        expires_after={"anchor": "created_at", "seconds": 60},
        session={"type": "transcription", "audio": {"input": {"turn_detection": None}}},
    )
    assert made.session.type == "transcription"
    page = openai.AsyncOpenAI(base_url=f"{address(server)}/v1", api_key=made.value, max_retries=0)
    async with page, page.realtime.connect(extra_query={"intent": "transcription"}) as live:
        created = await live.recv()
        assert isinstance(created, SessionCreatedEvent)
        await say(live, speech(1))
        await live.input_audio_buffer.commit()
        assert (await until_completed(live))[-1].type.endswith("completed")


async def test_a_live_session_goes_on_with_another_replica_when_one_stops() -> None:
    codes: list[int] = []

    def reconnecting(event: ReconnectingEvent) -> None:
        codes.append(event.close_code)

    other = FakeRecogniser()
    async with live_service(stt_app()) as first, live_service(stt_app(other)) as second:
        other.text = "said to another replica"  # after its self-test
        with delaying(address(first)) as proxy:
            client = openai.AsyncOpenAI(base_url=f"{proxy.address}/v1", api_key="none")
            async with (
                client,
                client.realtime.connect(
                    extra_query={"intent": "transcription"}, on_reconnecting=reconnecting
                ) as live,
            ):
                await live.recv()
                proxy.to = address(second)
                first._lifecycle.enter(Phase.DRAINING, "test")
                async with asyncio.timeout(20):
                    created = await anext(aiter(live))  # it connects again only as it iterates
                assert isinstance(created, SessionCreatedEvent)
                await say(live, speech(1))
                await live.input_audio_buffer.commit()
                completed = (await until_completed(live))[-1]
    assert isinstance(completed, ConversationItemInputAudioTranscriptionCompletedEvent)
    assert completed.transcript == "said to another replica"
    assert codes == [1012]
