"""Messages of live sessions that no client should send: none ends a session or the service."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import websockets
from hypothesis import strategies as st

from nemo_voice_serving.http.server import DrainingServer
from support.http.live_client import PATH, TRANSCRIPTION, connected, live_service
from support.http.serving import address
from support.http.transcribing import HEARD
from support.http.voice_apps import stt_app
from support.models.live import speech

pytestmark = pytest.mark.timeout(600)

TYPES = st.sampled_from(
    [
        "session.update",
        "transcription_session.update",
        "input_audio_buffer.append",
        "input_audio_buffer.commit",
        "input_audio_buffer.clear",
        "input_audio_buffer.done",
        "response.create",
    ]
)
WRITTEN = ["audio/pcm", "audio/pcmu", "server_vad", "semantic_vad", "none", "pcm16", "\ud800"]
NAMES = st.sampled_from(
    [
        *("audio", "input", "session", "format", "type", "rate"),
        *("turn_detection", "threshold", "transcription", "language", "prompt", "keywords"),
        *(
            "include",
            "input_audio_format",
            "input_audio_params",
            "recognition_config",
            "word_boosting",
            "endpointing_config",
        ),
        *(
            "silence_duration_ms",
            "prefix_padding_ms",
            "runtime_config",
            "event_id",
            "noise_reduction",
        ),
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(WRITTEN)
    | st.binary(max_size=40).map(lambda data: data.hex())
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4)
)
MESSAGES = st.builds(
    lambda kind, fields: json.dumps({**fields, "type": kind}),
    TYPES | SCALARS,
    st.dictionaries(NAMES, VALUES, max_size=5),
) | st.text(max_size=50)
SHORT, WHOLE = 300, 5_000
_IN_ONE_SESSION = 50


@pytest.fixture
async def server() -> AsyncIterator[DrainingServer]:
    """The service on a fake recogniser."""
    async with live_service(stt_app()) as server:
        yield server


def messages(seed: int) -> list[str]:
    """Returns messages, the same ones for each seed."""
    from hypothesis import HealthCheck, Phase, given, settings  # noqa: PLC0415
    from hypothesis import seed as seeded  # noqa: PLC0415

    made: list[str] = []

    @seeded(seed)
    @settings(
        max_examples=_IN_ONE_SESSION,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(MESSAGES)
    def make(message: str) -> None:
        made.append(message)

    make()
    return made


@pytest.mark.parametrize("count", [SHORT, pytest.param(WHOLE, marks=pytest.mark.long)])
async def test_any_message_gets_an_event_or_silence_and_the_service_goes_on(
    server: DrainingServer, count: int
) -> None:
    url = address(server).replace("http://", "ws://") + PATH
    for seed in range(count // _IN_ONE_SESSION):
        async with websockets.connect(url, proxy=None, max_queue=None) as socket:
            for message in messages(seed):
                await socket.send(message)
            await socket.send(json.dumps({"type": "response.create", "event_id": "the end"}))
            async with asyncio.timeout(30):
                while True:
                    event = json.loads(await socket.recv(), parse_constant=pytest.fail)
                    assert event["type"]
                    if event["type"] == "error" and event["error"]["event_id"] == "the end":
                        break
    async with connected(server) as client:
        await client.configure(turn_detection=None)
        await client.say(speech(1))
        await client.send("input_audio_buffer.commit")
        assert (await client.until(f"{TRANSCRIPTION}.completed"))[-1]["transcript"] == HEARD


@pytest.mark.parametrize(
    "frame",
    [b"\x81\x05\0\0\0\0hello", b"\xff\xff", b"\x81\xfe\xff\xff\0\0\0\0", b"\x83\x80\0\0\0\0"],
    ids=["not whole", "reserved bits", "cut short", "unknown kind"],
)
async def test_a_malformed_frame_ends_its_own_session_alone(
    server: DrainingServer, frame: bytes
) -> None:
    async with connected(server) as client, connected(server) as other:
        client.socket.transport.write(frame)
        client.socket.transport.abort()
        assert (await other.configure())["type"] == "session.updated"
