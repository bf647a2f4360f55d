"""Speech as server-sent events: the audio is whole, its end is counted, its failure is an event."""

import asyncio
import base64
import json
from typing import Any

import pytest

from support.http.speech_service import TEXT, BreaksOff, Waits, duration_s, service_of

SPEECH = "/v1/audio/speech"


def body_of(text: str, audio_format: str = "pcm") -> dict[str, str]:
    return {"input": text, "response_format": audio_format, "stream_format": "sse"}


def events_of(response: str) -> list[dict[str, Any]]:
    *events, rest = response.split("\n\n")
    assert rest == ""
    return [json.loads(event.removeprefix("data: ")) for event in events]


@pytest.mark.parametrize("audio_format", ["mp3", "opus", "aac", "flac", "wav", "pcm"])
async def test_events_carry_the_bytes_that_a_plain_stream_has(audio_format: str) -> None:
    body = body_of("One sentence. Another sentence.", audio_format)
    async with service_of() as (client, _service):
        plain = await client.post(SPEECH, json={**body, "stream_format": "audio"})
        framed = await client.post(SPEECH, json=body)
    assert framed.headers["content-type"] == "text/event-stream; charset=utf-8"
    *deltas, last = events_of(framed.text)
    assert len(deltas) >= 2
    assert b"".join(base64.b64decode(delta["audio"]) for delta in deltas) == plain.content
    assert last["type"] == "speech.audio.done"


async def test_the_last_event_counts_characters_and_duration() -> None:
    async with service_of() as (client, _service):
        response = await client.post(SPEECH, json=body_of(TEXT))
    usage = events_of(response.text)[-1]["usage"]
    assert usage["input_tokens"] == len(TEXT)
    assert usage["output_tokens"] == pytest.approx(duration_s(TEXT) * 20, abs=1)
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


async def test_what_is_wrong_before_any_sound_has_its_own_status() -> None:
    async with service_of() as (client, _service):
        response = await client.post(SPEECH, json=body_of("?!"))
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "unspeakable_text"


async def test_a_failure_after_the_first_sound_is_the_last_event_and_the_outcome() -> None:
    async with service_of(BreaksOff()) as (client, _service):
        response = await client.post(SPEECH, json=body_of("Hello there. This is broken."))
        metrics = (await client.get("/metrics")).text
    first, *_, last = events_of(response.text)
    assert (response.status_code, first["type"]) == (200, "speech.audio.delta")
    assert last["type"] == "error"
    assert last["error"]["code"] == "backend_failed"
    assert "secret" not in response.text
    assert f'outcome="backend_failed",route="{SPEECH}"' in metrics
    assert "nemo_voice_queued_work 0.0" in metrics


async def test_a_client_that_leaves_between_events_stops_the_work_behind_them() -> None:
    voice = Waits()
    text = " ".join(f"Sentence number {number}." for number in range(1000))
    async with service_of(voice) as (client, _service):
        async with client.stream("POST", SPEECH, json=body_of(text)) as response:
            async for _chunk in response.aiter_raw():
                break
        while "nemo_voice_in_flight 0.0" not in (await client.get("/metrics")).text:
            await asyncio.sleep(0.01)
        metrics = (await client.get("/metrics")).text
        voice.gate.set()
    assert "nemo_voice_queued_work 0.0" in metrics
    assert len(voice.phrases) < 12
