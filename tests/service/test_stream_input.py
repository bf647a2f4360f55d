"""Text in pieces in the shape of `stream-input`: clauses with times, flushed, ended, refused."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from nemo_voice_serving.http.server import DrainingServer
from nemo_voice_serving.runtime.lifecycle import Phase
from support.http.live_client import live_service
from support.http.serving import address
from support.http.text_client import audio_of, text_client, text_of
from support.http.voice_apps import calling, tts_app
from support.models.fakes import HOP, RATE_HZ, FakeVoice

pytestmark = pytest.mark.timeout(60)
FRAMES = 4
"""Of the fake's sound for each character."""


@pytest.fixture
async def server() -> AsyncIterator[DrainingServer]:
    """The service on a socket."""
    async with live_service(tts_app()) as server:
        yield server


async def test_a_text_is_spoken_with_the_times_of_its_characters(server: DrainingServer) -> None:
    async with text_client(server) as client:
        await client.send(text=" ", voice_settings={"stability": 0.5})
        for piece in ("Hello the", "re, my fri", "end. How are", " you today? "):
            await client.send(text=piece)
        await client.send(text="")
        messages = await client.until_final()
        _, code = await client.until_closed()
    assert code == 1000
    assert " ".join(text_of(messages).split()) == "Hello there, my friend. How are you today?"
    assert text_of(messages, "normalizedAlignment").split() == text_of(messages).split()
    seconds = len(audio_of(messages)) / 2 / RATE_HZ
    assert seconds > 30 * FRAMES * HOP / RATE_HZ
    ends_ms = 0
    for one in (message["alignment"] for message in messages if message["alignment"]):
        starts, lengths = one["charStartTimesMs"], one["charDurationsMs"]
        assert len(one["chars"]) == len(starts) == len(lengths)
        assert starts == sorted(starts)
        assert starts[0] == 0
        ends_ms += starts[-1] + lengths[-1]
    assert ends_ms / 1000 == pytest.approx(seconds, abs=0.01)


async def test_times_count_from_the_start_where_they_are_to_be_in_step(
    server: DrainingServer,
) -> None:
    async with text_client(server, "output_format=pcm_16000&sync_alignment=true") as client:
        await client.send(text="One sentence is here. Another one is there. ")
        await client.send(text="")
        messages = await client.until_final()
    starts = [start for one in messages if one["alignment"]
              for start in one["alignment"]["charStartTimesMs"]]  # fmt: skip
    assert starts == sorted(starts)
    assert starts[-1] / 1000 < len(audio_of(messages)) / 2 / 16_000


async def test_the_first_clause_is_spoken_before_the_rest_is_written(
    server: DrainingServer,
) -> None:
    async with text_client(server) as client:
        await client.send(text="Well, to be honest with you, I have not the ")
        first = await client.next()
        assert first["audio"]
        assert text_of([first]).strip() == "Well, to be honest with you,"
        await client.send(text="least idea.")
        await client.send(text="")
        rest = await client.until_final()
    assert " ".join(text_of(rest).split()) == "I have not the least idea."


async def test_a_flush_speaks_half_a_clause(server: DrainingServer) -> None:
    async with text_client(server) as client:
        await client.send(text="Half a clause", flush=True)
        first = await client.next()
        assert text_of([first]).strip() == "Half a clause"
        await client.send(text="")
        await client.until_final()


async def test_words_that_were_held_for_long_are_spoken_up_to_the_last_blank() -> None:
    async with (
        live_service(tts_app(live_text={"hold_s": 0.1})) as server,
        text_client(server) as client,
    ):
        await client.send(text="This sentence stops in the mid")
        first = await client.next()
        assert text_of([first]).strip() == "This sentence stops in the"
        await client.send(text="dle.")
        await client.send(text="")
        assert text_of(await client.until_final()).strip() == "middle."


async def test_contexts_are_spoken_beside_each_other_and_closed(server: DrainingServer) -> None:
    async with text_client(server, path="multi-stream-input") as client:
        for name in ("one", "two"):
            await client.send(text=" ", context_id=name, voice_settings={})
            await client.send(text=f"This is context {name}. ", context_id=name)
            await client.send(text="", context_id=name, flush=True)
        await client.send(text="")
        await client.send(context_id="two", close_context=True)
        second = await client.until_final("two")
        assert text_of(second).strip() == "This is context two."
        await client.send(close_socket=True)
        _, code = await client.until_closed()
    assert code == 1000


async def test_a_closed_context_stops_where_it_was_not_flushed() -> None:
    gate = threading.Event()
    voice = FakeVoice(gate=gate)
    app = tts_app(voice, self_test={"idle_s": 3600})
    gate.set()
    async with (
        live_service(app) as server,
        text_client(server, path="multi-stream-input") as client,
    ):
        gate.clear()
        said = len(voice.phrases)
        await client.send(text="This will not be heard, for somebody speaks. Nor this. ",
                          context_id="a")  # fmt: skip
        await client.send(context_id="a", close_context=True)
        assert (await client.until_final("a"))[-1]["audio"] is None
        gate.set()
        await client.send(text="But this is. ", context_id="b", flush=True)
        await client.send(context_id="b", close_context=True)
        assert text_of(await client.until_final("b")).strip() == "But this is."
        assert len(voice.phrases) - said <= 2
        metrics = await _metrics(server)
    assert "nemo_voice_live_text_interruptions_total 1.0" in metrics
    assert "nemo_voice_live_text_first_audio_seconds_count 1.0" in metrics


async def _metrics(server: DrainingServer) -> str:
    async with httpx.AsyncClient() as http:
        return (await http.get(f"{address(server)}/metrics")).text


@pytest.mark.parametrize(
    ("query", "voice", "param"),
    [
        ("output_format=flac", "default", "output_format"),
        ("output_format=mp3_44000", "default", "output_format"),
        ("output_format=pcm_24000_64", "default", "output_format"),
        ("inactivity_timeout=soon", "default", "inactivity_timeout"),
        ("language_code=fr", "default", "language"),
        ("", "hpp4J3VqNfWAUOO0d1Us", "voice_id"),
    ],
)
async def test_a_wrong_address_is_refused_before_the_handshake(
    server: DrainingServer, query: str, voice: str, param: str
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with text_client(server, query, voice=voice):
            pass
    assert refused.value.response.status_code == 400
    assert f'"param":"{param}"' in (refused.value.response.body or b"").decode()


@pytest.mark.parametrize(
    ("message", "part"),
    [
        ({"text": 5}, "text: send it as a string"),
        ({"voice": "x"}, "no text"),
        ({"text": " ", "voice_settings": {"speed": 9}}, "voice_settings.speed"),
        ({"text": "a " * 20_000}, "characters wait"),
    ],
)
async def test_a_wrong_message_is_told_and_nothing_else_happens(
    server: DrainingServer, message: dict[str, object], part: str
) -> None:
    async with text_client(server) as client:
        await client.send(**message)
        assert part in (await client.next())["error"]
        await client.send(text="")
        assert (await client.until_final())[-1]["isFinal"]


async def test_a_text_that_no_voice_says_is_an_error_and_ends_the_connection(
    server: DrainingServer,
) -> None:
    async with text_client(server) as client:
        await client.send(text="你好世界你好世界")
        await client.send(text="")
        told = await client.next()
        assert told["code"] == "unspeakable_text"
        _, code = await client.until_closed()
    assert code == 1008


@pytest.mark.parametrize(
    ("name", "begins"),
    [("mp3_22050_32", b"\xff"), ("opus_48000_64", b"OggS"), ("wav_24000", b"RIFF")],
)
async def test_audio_comes_in_the_format_that_was_asked_for(
    server: DrainingServer, name: str, begins: bytes
) -> None:
    async with text_client(server, f"output_format={name}") as client:
        await client.send(text="Hello there. ")
        await client.send(text="")
        messages = await client.until_final()
    assert audio_of(messages).startswith(begins)
    assert text_of(messages).strip() == "Hello there."


@pytest.mark.parametrize("name", ["ulaw_8000", "alaw_8000"])
async def test_a_telephone_gets_eight_bits_a_sample(server: DrainingServer, name: str) -> None:
    async with text_client(server, f"output_format={name}") as client:
        await client.send(text="Hello there. ")
        await client.send(text="")
        audio = audio_of(await client.until_final())
    seconds = len("Hello there.") * FRAMES * HOP / RATE_HZ
    assert len(audio) == pytest.approx(seconds * 8_000, rel=0.01)


async def test_a_stop_lets_the_clause_end_and_closes_with_1012() -> None:
    gate = threading.Event()
    gate.set()
    app = tts_app(FakeVoice(gate=gate), drain={"delay_s": 0.1})
    async with live_service(app) as server, text_client(server) as client:
        gate.clear()
        await client.send(
            text="This clause is spoken. This one is not, since it stops. ", flush=True
        )
        await asyncio.sleep(0.1)
        app.state.service.runtime.lifecycle.enter(Phase.DRAINING, "the service is stopping")
        gate.set()
        messages, code = await client.until_closed()
    assert code == 1012
    assert text_of(messages).strip() == "This clause is spoken."


async def test_a_key_comes_in_the_header_of_these_clients(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("sesame")
    async with live_service(tts_app(api_keys_file=keys)) as server:
        with pytest.raises(InvalidStatus) as refused:
            async with text_client(server):
                pass
        assert refused.value.response.status_code == 401
        async with text_client(server, additional_headers={"xi-api-key": "sesame"}) as client:
            await client.send(text="Hello. ")
            await client.send(text="")
            assert audio_of(await client.until_final())


async def test_a_page_sends_its_key_as_a_subprotocol(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("sesame")
    offered = [Subprotocol("realtime"), Subprotocol("openai-insecure-api-key.sesame")]
    async with (
        live_service(tts_app(api_keys_file=keys)) as server,
        text_client(server, subprotocols=offered) as client,
    ):
        assert client.socket.subprotocol == "realtime"
        await client.send(text="Hello. ")
        await client.send(text="")
        assert audio_of(await client.until_final())


async def test_too_many_connections_are_refused() -> None:
    async with live_service(tts_app(live_text={"max_sessions": 1})) as server:
        async with text_client(server):
            with pytest.raises(InvalidStatus) as refused:
                async with text_client(server):
                    pass
        assert refused.value.response.status_code == 503
        assert refused.value.response.headers["Retry-After"] == "5"


async def test_pages_of_other_origins_are_refused(server: DrainingServer) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with text_client(server, additional_headers={"Origin": "https://other.example"}):
            pass
    assert refused.value.response.status_code == 400


async def test_a_plain_request_is_told_that_this_is_a_websocket() -> None:
    async with calling(tts_app()) as client:
        for path in ("stream-input", "multi-stream-input"):
            response = await client.get(f"/v1/text-to-speech/default/{path}")
            assert response.status_code == 426
        assert (await client.get("/v1/realtime")).status_code == 426
