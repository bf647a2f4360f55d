"""Text in pieces as the realtime client of `nvidia-riva-client` sends it."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from nemo_voice_serving.http.server import DrainingServer
from support.http.live_client import LiveClient, connected, live_service
from support.http.serving import address
from support.http.voice_apps import tts_app
from support.models.fakes import HOP, RATE_HZ

pytestmark = pytest.mark.timeout(60)
PATH = "/v1/realtime?intent=synthesize"
COMPLETED = "conversation.item.speech.completed"


@pytest.fixture
async def server() -> AsyncIterator[DrainingServer]:
    """The service on a socket."""
    async with live_service(tts_app()) as server:
        yield server


@asynccontextmanager
async def nim_client(server: DrainingServer, **changes: Any) -> AsyncIterator[LiveClient]:
    """Yields a client whose session is made as NVIDIA's script makes it, with changes."""
    async with httpx.AsyncClient() as http:
        path = f"{address(server)}/v1/realtime/synthesis_sessions"
        session = (await http.post(path, json={})).raise_for_status().json()
    assert session["object"] == "realtime.synthesize_session"
    session["input_text_synthesis"]["language_code"] = "en-US"
    session["output_audio_params"]["sample_rate_hz"] = 22_050
    async with connected(server, PATH, greeted=False) as client:
        session.update(changes)
        await client.send("synthesize_session.update", session=session)
        assert [(await client.next())["type"] for _ in range(2)] == [
            "conversation.created", "synthesize_session.updated",
        ]  # fmt: skip
        yield client


def audio_of(events: list[dict[str, Any]]) -> bytes:
    """Returns the audio of events."""
    data = [one["audio"] for one in events if one["type"].endswith("speech.data")]
    return b"".join(map(base64.b64decode, data))


async def test_a_text_is_spoken_and_its_words_have_times(server: DrainingServer) -> None:
    async with nim_client(server) as client:
        await client.send("input_text.append", text="They paid $5 ")
        await client.send("input_text.append", text="for it.")
        await client.send("input_text.done")
        events = await client.until(COMPLETED)
    assert events[-1]["is_last_result"] is True
    metadata = events[-1]["synthesis_metadata"]
    assert metadata["text"] == "They paid $5 for it."
    assert [word["word"] for word in metadata["words"]] == ["They", "paid", "$5", "for", "it."]
    ends = [word["end_time"] for word in metadata["words"]]
    assert ends == sorted(ends)
    assert 0 < ends[0] < ends[-1] <= len(audio_of(events)) / 2 / RATE_HZ * 1000 + 1


async def test_each_commit_is_told_and_the_session_goes_on(server: DrainingServer) -> None:
    async with nim_client(server) as client:
        for text in ("One line", "Another line"):
            await client.send("input_text.append", text=text)
            await client.send("input_text.commit")
            events = await client.until(COMPLETED)
            assert events[-1]["is_last_result"] is False
            assert events[-1]["synthesis_metadata"]["text"] == text
            assert len(audio_of(events)) == pytest.approx(2 * 4 * len(text) * HOP, rel=0.05)
        await client.send("input_text.done")
        assert (await client.until(COMPLETED))[-1]["is_last_result"] is True
        await client.send("input_text.append", text="A new text.")
        await client.send("input_text.done")
        assert (await client.until(COMPLETED))[-1]["is_last_result"] is True


async def test_a_listener_who_interrupts_hears_nothing_more(server: DrainingServer) -> None:
    async with nim_client(server) as client:
        await client.send("input_text.append", text="This is held")
        await client.send("input_text.clear")
        await client.until("input_text.cleared")
        await client.send("input_text.append", text="This is spoken.")
        await client.send("input_text.done")
        events = await client.until(COMPLETED)
    assert events[-1]["synthesis_metadata"]["text"] == "This is spoken."


async def test_ogg_begins_anew_with_each_text(server: DrainingServer) -> None:
    params = {"sample_rate_hz": 48_000, "audio_format": "OGGOPUS"}
    async with nim_client(server, output_audio_params=params) as client:
        for _ in range(2):
            await client.send("input_text.append", text="Hello there.")
            await client.send("input_text.done")
            assert audio_of(await client.until(COMPLETED)).startswith(b"OggS")


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"output_audio_params": {"audio_format": "MP4"}}, "session.output_audio_params"),
        ({"output_audio_params": {"sample_rate_hz": 1}}, "session.output_audio_params"),
        ({"input_text_synthesis": {"voice_name": "nobody"}}, "session.voice"),
        ({"input_text_synthesis": {"language_code": "fr-FR"}}, "session.language"),
        ({"custom_dictionary": "word  ʘʘ"}, "session"),
    ],
)
async def test_a_wrong_setting_is_told_and_the_session_goes_on(
    server: DrainingServer, changes: dict[str, Any], param: str
) -> None:
    async with connected(server, PATH) as client:
        await client.send("synthesize_session.update", session=changes)
        told = await client.next()
        assert told["type"] == "error"
        assert told["error"]["param"].startswith(param)
        await client.send("input_text.append", text="Hello there.")
        await client.send("input_text.done")
        assert (await client.until(COMPLETED))[-1]["is_last_result"] is True


async def test_a_copied_voice_is_refused(server: DrainingServer) -> None:
    async with connected(server, PATH) as client:
        config = {"zero_shot_config": {"audio_prompt_bytes": "AAAA"}}
        await client.send("synthesize_session.update", session=config)
        assert "copies no voice" in (await client.next())["error"]["message"]


async def test_unknown_messages_are_told(server: DrainingServer) -> None:
    async with connected(server, PATH) as client:
        await client.send("response.create", event_id="e1")
        told = await client.next()
        assert told["error"]["event_id"] == "e1"
        assert "input_text.append" in told["error"]["message"]


async def test_a_client_of_the_other_direction_is_told(server: DrainingServer) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connected(server, "/v1/realtime?intent=transcription"):
            pass
    assert refused.value.response.status_code == 400
    assert "speech to text" in (refused.value.response.body or b"").decode()
