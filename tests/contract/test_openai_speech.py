"""Speech by the official OpenAI client: files, streams and events."""

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import av
import openai
import pytest

from support.http.speech_service import TEXT, BreaksOff, duration_s, service_of
from support.models.fakes import FakeVoice


@asynccontextmanager
async def client_of(voice: FakeVoice | None = None) -> AsyncIterator[openai.AsyncOpenAI]:
    """Yields OpenAI's client, which knows of the service its address alone."""
    async with (
        service_of(voice) as (http, _service),
        openai.AsyncOpenAI(base_url=f"{http.base_url}/v1", api_key="none", max_retries=0) as client,
    ):
        yield client


async def events_of(
    client: openai.AsyncOpenAI, text: str, seen: list[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Returns `seen` with the events as the client's own stream parses them."""
    body = {"model": "m", "voice": "alloy", "input": text, "response_format": "pcm"}
    stream = await client.post(
        "/audio/speech",
        body={**body, "stream_format": "sse"},
        cast_to=object,
        stream=True,
        stream_cls=openai.AsyncStream[object],
    )
    async for event in stream:
        assert isinstance(event, Mapping)
        seen.append(event)
    return seen


async def test_pcm_streams_at_the_rate_that_the_client_plays() -> None:
    async with (
        client_of() as client,
        client.audio.speech.with_streaming_response.create(
            model="tts-1", voice="alloy", input=TEXT, response_format="pcm"
        ) as response,
    ):
        sound = b"".join([chunk async for chunk in response.iter_bytes()])
    assert len(sound) == round(duration_s(TEXT) * 24_000) * 2


async def test_the_client_saves_a_file_that_plays(tmp_path: Path) -> None:
    async with client_of() as client:
        response = await client.audio.speech.create(
            model="gpt-4o-mini-tts",
            voice={"id": "marin"},
            input=TEXT,
            instructions="Speak in a cheerful tone.",
            speed=1.0,
        )
        response.write_to_file(tmp_path / "speech.mp3")
    with av.open(tmp_path / "speech.mp3") as file:
        heard_s = sum(frame.samples / frame.sample_rate for frame in file.decode(audio=0))
    assert heard_s == pytest.approx(duration_s(TEXT), abs=0.09)


def test_the_client_without_asyncio_streams_to_a_file(tmp_path: Path) -> None:
    async def saved() -> None:
        async with service_of() as (http, _service):
            await asyncio.to_thread(save, f"{http.base_url}/v1")

    def save(address: str) -> None:
        with (
            openai.OpenAI(base_url=address, api_key="none", max_retries=0) as client,
            client.audio.speech.with_streaming_response.create(
                model="tts-1", voice="echo", input=TEXT, response_format="opus"
            ) as response,
        ):
            response.stream_to_file(tmp_path / "speech.opus")

    asyncio.run(saved())
    with av.open(tmp_path / "speech.opus") as file:
        heard_s = sum(frame.samples / frame.sample_rate for frame in file.decode(audio=0))
    assert heard_s == pytest.approx(duration_s(TEXT), abs=0.02)


async def test_events_are_parsed_by_the_clients_own_stream() -> None:
    async with client_of() as client:
        *deltas, last = await events_of(client, TEXT, [])
    sound = b"".join(base64.b64decode(delta["audio"]) for delta in deltas)
    assert len(sound) == round(duration_s(TEXT) * 24_000) * 2
    assert last["type"] == "speech.audio.done"
    assert last["usage"].keys() == {"input_tokens", "output_tokens", "total_tokens"}


async def test_a_failure_between_events_is_the_clients_own_error() -> None:
    seen: list[Mapping[str, Any]] = []
    async with client_of(BreaksOff()) as client:
        with pytest.raises(openai.APIError) as failed:
            await events_of(client, "Hello there. This is broken.", seen)
    assert {event["type"] for event in seen} == {"speech.audio.delta"}
    assert failed.value.code == "backend_failed"


async def test_an_unknown_voice_is_the_clients_own_error() -> None:
    async with client_of() as client:
        with pytest.raises(openai.BadRequestError, match="default") as refused:
            await client.audio.speech.create(model="m", voice="nobody", input=TEXT)
    assert refused.value.param == "voice"
