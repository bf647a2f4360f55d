"""OpenAI's transcription sessions over WebSockets, on a fake recogniser."""

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter

from nemo_voice_serving.http.server import DrainingServer
from support.http.live_client import PATH, TRANSCRIPTION, LiveClient, connected, live_service
from support.http.transcribing import HEARD
from support.http.voice_apps import stt_app
from support.models.live import silence, speech

pytestmark = pytest.mark.timeout(60)
EVENT: TypeAdapter[RealtimeServerEvent] = TypeAdapter(RealtimeServerEvent)
COMMITTED = [
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
]


@pytest.fixture
async def server() -> AsyncIterator[DrainingServer]:
    """The service on a socket."""
    async with live_service(stt_app()) as server:
        yield server


def kinds(events: list[dict[str, Any]]) -> list[str]:
    """Returns the names of events, but for partials, which come when they come."""
    names = [event["type"] for event in events]
    return [name for name in names if name != f"{TRANSCRIPTION}.delta"]


async def committed(client: LiveClient, pcm: bytes) -> list[dict[str, Any]]:
    """Returns the events that follow samples and their commit."""
    await client.say(pcm)
    await client.send("input_audio_buffer.commit")
    return await client.until(f"{TRANSCRIPTION}.completed")


@pytest.mark.parametrize(
    "path",
    [PATH, f"{PATH}&model=whisper-1", "/v1/realtime", "/v1/realtime?model=gpt-realtime-whisper"],
)
async def test_a_session_is_told_first_whatever_the_address_says(
    server: DrainingServer, path: str
) -> None:
    async with connected(server, path, greeted=False) as client:
        created = await client.next()
    assert created["type"] == "session.created"
    session = created["session"]
    assert session["object"] == "realtime.transcription_session"
    assert session["id"].startswith("sess_")
    assert session["audio"]["input"]["format"] == {"type": "audio/pcm", "rate": 24000}
    assert session["audio"]["input"]["turn_detection"]["type"] == "server_vad"


async def test_a_client_that_commits_gets_the_events_in_openais_order(
    server: DrainingServer,
) -> None:
    async with connected(server) as client:
        updated = await client.configure(
            transcription={"model": "gpt-realtime-whisper", "language": "en"}, turn_detection=None
        )
        assert updated["type"] == "session.updated"
        assert updated["session"]["audio"]["input"]["turn_detection"] is None
        assert updated["session"]["audio"]["input"]["transcription"]["language"] == "en"
        events = await committed(client, speech(1))
    assert kinds(events) == [*COMMITTED, f"{TRANSCRIPTION}.completed"]
    assert events[-1]["transcript"] == HEARD
    assert events[-1]["usage"] == {"type": "duration", "seconds": 1.0}
    assert "logprobs" not in events[-1]
    deltas = [event["delta"] for event in events if event["type"].endswith(".delta")]
    assert "".join(deltas) == HEARD
    ids = {event.get("item_id") or event["item"]["id"] for event in events}
    assert len(ids) == 1


async def test_a_server_that_listens_tells_where_speech_is(server: DrainingServer) -> None:
    async with connected(server) as client:
        for piece in (silence(0.5), speech(1), silence(1)):
            await client.say(piece)
        events = await client.until(f"{TRANSCRIPTION}.completed")
    assert kinds(events) == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        *COMMITTED,
        f"{TRANSCRIPTION}.completed",
    ]
    assert 100 < events[0]["audio_start_ms"] < 300
    stopped = next(e for e in events if e["type"].endswith("speech_stopped"))
    assert 1600 < stopped["audio_end_ms"] < 1800  # with 0.2 s of the silence


async def test_every_event_is_one_of_openais_and_holds_what_its_client_reads(
    server: DrainingServer,
) -> None:
    async with connected(server, greeted=False) as client:
        events = [await client.next(), await client.configure(noise_reduction=None)]
        await client.say(speech(1))
        await client.say(silence(1))
        events += await client.until(f"{TRANSCRIPTION}.completed")
        for kind in ("input_audio_buffer.clear", "nonsense"):
            await client.send(kind)
            events.append(await client.next())
    for event in events:
        read = EVENT.validate_python(event, strict=True)
        assert read.type == event["type"]
    assert len({event["event_id"] for event in events}) == len(events)


async def test_an_update_changes_what_it_names_and_nothing_else(server: DrainingServer) -> None:
    async with connected(server) as client:
        await client.configure(turn_detection={"type": "server_vad", "silence_duration_ms": 350})
        updated = await client.configure(turn_detection={"threshold": 0.8})
        detection = updated["session"]["audio"]["input"]["turn_detection"]
        assert detection == {
            "type": "server_vad",
            "threshold": 0.8,
            "prefix_padding_ms": 300,
            "silence_duration_ms": 350,
        }
        updated = await client.configure(turn_detection={"type": "semantic_vad"})
        detection = updated["session"]["audio"]["input"]["turn_detection"]
        assert detection == {"type": "semantic_vad", "eagerness": "auto"}
        updated = await client.configure(turn_detection=None, format={"type": "audio/pcmu"})
        assert updated["session"]["audio"]["input"]["format"] == {"type": "audio/pcmu"}


@pytest.mark.parametrize("model", ["gpt-realtime-whisper", "gpt-live-transcribe-2026-08-01"])
async def test_a_client_that_names_a_model_without_turns_commits_itself(
    server: DrainingServer, model: str
) -> None:
    async with connected(server) as client:
        updated = await client.configure(transcription={"model": model})
        assert updated["session"]["audio"]["input"]["turn_detection"] is None
        await client.say(speech(1) + silence(1) + speech(1) + silence(1))
        await client.send("input_audio_buffer.commit")
        events = await client.until(f"{TRANSCRIPTION}.completed")
        assert kinds(events) == [*COMMITTED, f"{TRANSCRIPTION}.completed"]
        assert events[-1]["usage"]["seconds"] == 4
        updated = await client.configure(turn_detection={"silence_duration_ms": 400})
        assert updated["session"]["audio"]["input"]["turn_detection"]["type"] == "server_vad"


async def test_turns_that_a_client_asked_for_stay_whatever_model_it_names(
    server: DrainingServer,
) -> None:
    async with connected(server) as client:
        await client.configure(turn_detection={"type": "server_vad", "threshold": 0.7})
        updated = await client.configure(transcription={"model": "gpt-realtime-whisper"})
        assert updated["session"]["audio"]["input"]["turn_detection"]["threshold"] == 0.7


@pytest.mark.parametrize(
    "given",
    [
        {"noise_reduction": {"type": "near_field"}},
        {"transcription": {"model": "any", "prompt": "A long story. And more.", "delay": "low"}},
        {"turn_detection": {"type": "server_vad", "create_response": True, "idle_timeout_ms": 5}},
        {"turn_detection": {"type": "semantic_vad", "eagerness": "low"}},
        {"future": {"field": 1}},
    ],
)
async def test_what_is_not_supported_is_no_error(
    server: DrainingServer, given: dict[str, Any]
) -> None:
    async with connected(server) as client:
        assert (await client.configure(**given))["type"] == "session.updated"


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"format": {"type": "audio/opus"}}, "session.audio.input.format"),
        ({"format": {"type": "audio/pcm", "rate": 1}}, "session.audio.input.format.rate"),
        ({"turn_detection": {"type": "x"}}, "session.audio.input.turn_detection"),
        ({"turn_detection": {"threshold": 2}}, "session.audio.input.turn_detection.threshold"),
        ({"transcription": {"language": "zz"}}, "session.audio.input.transcription.language"),
        ({"transcription": "en"}, "session.audio.input.transcription"),
    ],
)
async def test_a_wrong_value_is_named_and_changes_nothing(
    server: DrainingServer, given: dict[str, Any], param: str
) -> None:
    async with connected(server) as client:
        before = await client.configure()
        error = await client.configure(**given)
        assert error["type"] == "error"
        assert error["error"]["param"] == param
        assert error["error"]["type"] == "invalid_request_error"
        assert (await client.configure())["session"] == before["session"]


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "7", '"text"', "{}", '{"type": 7}', '{"type": "response.create"}'),
        '{"type": "session.update", "session": {"audio": NaN}}',
        "[" * 9999,
        '{"type": "session.update", "session": {"audio": {"input": {"noise_reduction": %s}}}}'
        % ("[" * 900 + "]" * 900),
    ],
)
async def test_a_message_that_is_none_leaves_the_session_open(
    server: DrainingServer, text: str
) -> None:
    async with connected(server) as client:
        await client.socket.send(text)
        assert (await client.next())["type"] == "error"
        await client.socket.send(text.encode())
        assert (await client.next())["type"] == "error"
        await client.configure(turn_detection=None)
        assert (await committed(client, speech(0.5)))[-1]["transcript"] == HEARD


async def test_an_error_names_the_message_that_caused_it(server: DrainingServer) -> None:
    async with connected(server) as client:
        await client.send("input_audio_buffer.commit", event_id="mine")
        error = await client.next()
        assert error["error"]["event_id"] == "mine"
        assert error["error"]["code"] == "input_audio_buffer_commit_empty"
        await client.send("input_audio_buffer.append", audio="???", event_id="other")
        error = await client.next()
        assert (error["error"]["event_id"], error["error"]["param"]) == ("other", "audio")


async def test_probabilities_come_when_they_are_asked_for(server: DrainingServer) -> None:
    async with connected(server) as client:
        await client.send(
            "session.update",
            session={
                "audio": {"input": {"turn_detection": None}},
                "include": ["item.input_audio_transcription.logprobs"],
            },
        )
        assert (await client.next())["session"]["include"]
        completed = (await committed(client, speech(1)))[-1]
    assert [one["token"] for one in completed["logprobs"]][:2] == ["good", " morning"]
    assert completed["logprobs"][0]["bytes"] == list(b"good")


@pytest.mark.parametrize("kind", ["audio/pcmu", "audio/pcma"])
async def test_telephone_audio_has_8000_samples_a_second(server: DrainingServer, kind: str) -> None:
    async with connected(server) as client:
        await client.configure(format={"type": kind}, turn_detection=None)
        completed = (await committed(client, b"\x2a\xaa" * 8_000))[-1]
    assert completed["usage"]["seconds"] == 2.0


async def test_the_older_beta_is_spoken_by_its_names(server: DrainingServer) -> None:
    headers = {"OpenAI-Beta": "realtime=v1"}
    async with connected(server, greeted=False, additional_headers=headers) as client:
        created = await client.next()
        assert created["type"] == "transcription_session.created"
        await client.send(
            "transcription_session.update",
            session={
                "input_audio_format": "g711_ulaw",
                "input_audio_transcription": {"model": "gpt-4o-transcribe", "language": "en"},
                "turn_detection": None,
                "input_audio_noise_reduction": {"type": "far_field"},
            },
        )
        updated = await client.next()
        assert updated["type"] == "transcription_session.updated"
        assert updated["session"]["input_audio_format"] == "g711_ulaw"
        assert updated["session"]["turn_detection"] is None
        events = await committed(client, b"\x2a\xaa" * 4_000)
    assert kinds(events) == [
        "input_audio_buffer.committed",
        "conversation.item.created",
        f"{TRANSCRIPTION}.completed",
    ]


async def test_beta_updates_are_understood_without_the_betas_header(
    server: DrainingServer,
) -> None:
    async with connected(server) as client:
        session = {"input_audio_format": "pcm16", "turn_detection": None}
        await client.send("transcription_session.update", session=session)
        assert (await client.next())["type"] == "transcription_session.updated"
        assert (await committed(client, speech(0.5)))[-1]["transcript"] == HEARD


async def test_sessions_do_not_mix(server: DrainingServer) -> None:
    async def one(seconds: float) -> float:
        async with connected(server) as client:
            await client.configure(turn_detection=None)
            seen = (await committed(client, speech(seconds)))[-1]["usage"]["seconds"]
            assert isinstance(seen, float)
            return seen

    lengths = [0.25 * (place + 1) for place in range(8)]
    assert await asyncio.gather(*map(one, lengths)) == lengths


async def test_a_large_message_is_taken_and_a_larger_one_closes_the_session() -> None:
    app = stt_app(http={"max_message_bytes": 100_000})
    async with live_service(app) as server, connected(server) as client:
        await client.configure(turn_detection=None)
        assert (await committed(client, speech(1)))[-1]["transcript"] == HEARD
        await client.socket.send(base64.b64encode(bytes(100_000)).decode())
        await client.socket.wait_closed()
        assert client.socket.close_code == 1009


@pytest.mark.parametrize("value", [[], {}, {"type": []}, [1], 7, True, "opus"])
async def test_a_format_of_the_beta_that_is_none_is_named(
    server: DrainingServer, value: object
) -> None:
    async with connected(server) as client:
        session = {"input_audio_format": value}
        await client.send("transcription_session.update", session=session)
        error = await client.next()
        assert (error["type"], error["error"]["param"]) == ("error", "session.input_audio_format")
        assert (await client.configure(turn_detection=None))["type"] != "error"


async def test_settings_are_no_place_to_keep_things(server: DrainingServer) -> None:
    async with connected(server) as client:
        error = await client.configure(noise_reduction="x" * 10**6)
        assert error["type"] == "error"
        for place in range(3):
            answer = await client.configure(noise_reduction={str(place): "x" * 30_000})
        assert (answer["type"], answer["error"]["param"]) == ("error", "session")
        await client.send("input_audio_buffer.commit", event_id="x" * 10_000)
        assert (await client.next())["error"]["event_id"] is None
