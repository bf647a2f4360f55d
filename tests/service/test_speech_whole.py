"""WAV that is sent whole: its true length, its true status, and a limit of what is held."""

import asyncio
import struct

import httpx
import pytest

from nemo_voice_serving.errors import Overloaded
from nemo_voice_tts.http.responses import WHOLE_AUDIO_S
from support.http.speech_service import TEXT, BreaksOff, Waits, duration_s, samples_of, service_of

PLACEHOLDER = 0xFFFFFFFF


def lengths_of(wav: bytes) -> tuple[int, int]:
    """Returns what the header says of the file's length and of the samples' length, in bytes."""
    return struct.unpack("<I", wav[4:8])[0], struct.unpack("<I", wav[40:44])[0]


async def whole(client: httpx.AsyncClient, text: str) -> httpx.Response:
    """Returns the response of the native route without streaming."""
    return await client.post("/synthesize", json={"text": text, "stream": False})


async def test_our_own_route_states_the_true_length_when_nothing_is_to_be_streamed() -> None:
    async with service_of() as (client, _service):
        response = await whole(client, TEXT)
        streamed = await client.post("/synthesize", json={"text": TEXT})
    assert lengths_of(response.content) == (samples_of(TEXT) * 2 + 36, samples_of(TEXT) * 2)
    assert int(response.headers["content-length"]) == len(response.content)
    assert lengths_of(streamed.content) == (PLACEHOLDER, PLACEHOLDER)
    assert streamed.content[44:] == response.content[44:]


@pytest.mark.parametrize("extra_sentences", [-2, 2])
async def test_only_a_speech_that_is_too_long_to_hold_is_streamed(extra_sentences: int) -> None:
    sentence = "This is a sentence."
    count = round(WHOLE_AUDIO_S / duration_s(sentence)) + extra_sentences
    text = " ".join([sentence] * count)
    async with service_of() as (client, _service):
        response = await whole(client, text)
    assert len(response.content) == 44 + samples_of(sentence) * count * 2
    is_whole = extra_sentences < 0
    assert ("content-length" in response.headers) is is_whole
    assert lengths_of(response.content)[1] == (
        len(response.content) - 44 if is_whole else PLACEHOLDER
    )


async def test_a_failure_in_the_middle_is_a_status_and_not_half_a_file() -> None:
    async with service_of(BreaksOff()) as (client, _service):
        response = await whole(client, "Hello there. This is broken.")
        metrics = (await client.get("/metrics")).text
    assert response.status_code == 500
    assert response.json()["error"]["code"] == "backend_failed"
    assert "nemo_voice_queued_work 0.0" in metrics


async def test_a_refusal_in_the_middle_of_a_stream_keeps_its_name_in_the_metrics() -> None:
    voice = BreaksOff(Overloaded("The queue is full."))
    text = "Hello there. " * 20 + "This is broken."
    async with service_of(voice) as (client, _service):
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post("/synthesize", json={"text": text})
        metrics = (await client.get("/metrics")).text
    assert 'outcome="overloaded",route="/synthesize"' in metrics


async def test_a_client_that_leaves_while_its_speech_is_held_stops_the_work() -> None:
    voice = Waits()
    text = " ".join(f"Sentence number {number}." for number in range(50))
    async with service_of(voice) as (client, _service):
        task = asyncio.create_task(whole(client, text))
        while len(voice.phrases) < 4:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        while "nemo_voice_in_flight 0.0" not in (await client.get("/metrics")).text:
            await asyncio.sleep(0.01)
        metrics = (await client.get("/metrics")).text
        voice.gate.set()
    assert 'outcome="client_gone",route="/synthesize"' in metrics
    assert "nemo_voice_queued_work 0.0" in metrics
    assert len(voice.phrases) < 12
