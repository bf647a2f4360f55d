"""Sessions of NVIDIA's Speech NIM, as the realtime client of `nvidia-riva-client` has them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.typing import Subprotocol

from nemo_voice_serving.audio.encoding import AudioFormat, encode_whole
from nemo_voice_serving.http.server import DrainingServer
from support.audio.sounds import swell
from support.http.live_client import TRANSCRIPTION, LiveClient, connected, live_service
from support.http.serving import address
from support.http.transcribing import HEARD
from support.http.voice_apps import stt_app
from support.models.live import silence, speech

pytestmark = pytest.mark.timeout(60)
RATE_HZ = 16_000


@pytest.fixture
async def server() -> AsyncIterator[DrainingServer]:
    """The service on a socket."""
    async with live_service(stt_app()) as server:
        yield server


@asynccontextmanager
async def nim_client(
    server: DrainingServer, **changes: Any
) -> AsyncIterator[tuple[LiveClient, dict[str, Any]]]:
    """Yields a client whose session has these changes, and the event that confirms them."""
    async with httpx.AsyncClient() as http:
        path = f"{address(server)}/v1/realtime/transcription_sessions"
        session = (await http.post(path, json={})).raise_for_status().json()
    token = session["client_secret"]["value"]
    offered = [Subprotocol("realtime"), Subprotocol(f"realtime-token.{token}")]
    async with connected(server, greeted=False, subprotocols=offered) as client:
        assert (await client.next())["type"] == "conversation.created"
        session.update(changes)
        await client.send("transcription_session.update", session=session)
        updated = await client.next()
        assert updated["type"] == "transcription_session.updated"
        yield client, updated


async def spoken(client: LiveClient, audio: bytes, *, step: int = 3_200) -> list[dict[str, Any]]:
    """Returns the transcripts of audio that is sent in pieces, a commit after each."""
    for place in range(0, len(audio), step):
        await client.say(audio[place : place + step])
        await client.send("input_audio_buffer.commit")
    await client.send("input_audio_buffer.done")
    completed: list[dict[str, Any]] = []
    while not completed or not completed[-1]["is_last_result"]:
        events = await client.until(f"{TRANSCRIPTION}.completed")
        completed.append(events[-1])
    return completed


async def test_a_microphones_utterances_are_told_one_by_one_and_whole_in_the_end(
    server: DrainingServer,
) -> None:
    words = {"enable_word_time_offsets": True}
    params = {"sample_rate_hz": RATE_HZ, "num_channels": 1}
    async with nim_client(
        server,
        input_audio_format="pcm16",
        input_audio_params=params,
        recognition_config=words,
        endpointing_config={"stop_history": 500},
    ) as (client, updated):
        assert updated["session"]["input_audio_params"] == params
        utterance = speech(1, RATE_HZ) + silence(1, RATE_HZ)
        completed = await spoken(client, utterance * 2)
    assert [one["is_last_result"] for one in completed] == [False, False, True]
    assert [one["transcript"] for one in completed] == [HEARD, HEARD, f"{HEARD} {HEARD}"]
    times = [word["start_time"] for word in completed[-1]["words_info"]["words"]]
    assert len(times) == 12
    assert times == sorted(times)
    assert 1_500 < times[6] < 2_500


@pytest.mark.parametrize("step", [160, 3_200, 10**6])
async def test_a_files_header_says_what_its_samples_are(server: DrainingServer, step: int) -> None:
    wav = encode_whole(AudioFormat.WAV, swell(1.5, 22_050), 22_050)
    async with nim_client(server, input_audio_format="none") as (client, _):
        completed = await spoken(client, wav, step=step)
    assert completed[-1]["transcript"] == HEARD


async def test_a_commit_ends_nothing_and_a_forced_end_does(server: DrainingServer) -> None:
    params = {"sample_rate_hz": RATE_HZ, "num_channels": 1}
    async with nim_client(server, input_audio_params=params) as (client, _):
        await client.say(speech(0.5, RATE_HZ))
        await client.send("input_audio_buffer.commit")
        await client.send(
            "input_audio_buffer.append", audio="", runtime_config={"force_eou": "true"}
        )
        events = await client.until(f"{TRANSCRIPTION}.completed")
    assert events[-1]["transcript"] == HEARD
    assert events[-1]["is_last_result"] is False


async def test_silence_has_an_empty_last_result(server: DrainingServer) -> None:
    async with nim_client(server) as (client, _):
        completed = await spoken(client, silence(1, RATE_HZ))
    assert [one["transcript"] for one in completed] == [""]


async def test_a_client_without_a_token_is_known_by_its_first_message(
    server: DrainingServer,
) -> None:
    async with connected(server) as client:
        session = {"input_audio_format": "none", "input_audio_params": {"sample_rate_hz": 16_000}}
        await client.send("transcription_session.update", session=session)
        assert (await client.next())["type"] == "transcription_session.updated"
        wav = encode_whole(AudioFormat.WAV, swell(1.5), RATE_HZ)
        completed = await spoken(client, wav)
    assert completed[-1]["transcript"] == HEARD


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"input_audio_format": "opus"}, "session.input_audio_format"),
        (
            {"input_audio_params": {"sample_rate_hz": 1}},
            "session.input_audio_params.sample_rate_hz",
        ),
    ],
)
async def test_a_wrong_value_is_named(
    server: DrainingServer, changes: dict[str, Any], param: str
) -> None:
    async with connected(server) as client:
        session = {"recognition_config": {}, **changes}
        await client.send("transcription_session.update", session=session)
        error = await client.next()
    assert (error["type"], error["error"]["param"]) == ("error", param)


async def test_a_file_that_is_no_speech_is_an_error(server: DrainingServer) -> None:
    wav = bytearray(encode_whole(AudioFormat.WAV, swell(1.5), RATE_HZ))
    wav[20:22] = (3).to_bytes(2, "little")  # floats
    async with nim_client(server, input_audio_format="none") as (client, _):
        await client.say(bytes(wav))
        error = await client.next()
    assert error["error"]["code"] == "unsupported_audio"
