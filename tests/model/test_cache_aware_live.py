"""Live sessions with a model of live audio, over the wires, as its clients see them."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import httpx
import numpy as np
import pytest
import soundfile

from nemo_voice_serving.http.server import DrainingServer
from nemo_voice_serving.model_store.progress import Progress
from nemo_voice_stt.app import build, fetch_recogniser
from nemo_voice_stt.backends.cache_aware.recogniser import CacheAwareRecogniser
from nemo_voice_stt.grpc.protos import riva_asr_pb2 as asr
from nemo_voice_stt.grpc.protos.riva_asr_pb2_grpc import RivaSpeechRecognitionStub
from nemo_voice_stt.settings import SttSettings
from nemo_voice_stt.transcription.port import Recogniser
from support.grpc.calling import channel_to
from support.http.live_client import TRANSCRIPTION, LiveClient, connected, live_service
from support.http.serving import address
from support.models.live import loud_detector
from support.models.recognisers import saved
from support.ports import free_port

RATE_HZ = 16_000
FORMAT = {"type": "audio/pcm", "rate": RATE_HZ}
_PIECE = 2 * RATE_HZ // 10


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the look-alike and its files lie."""
    return tmp_path_factory.mktemp("cache-aware-live")


@pytest.fixture(scope="module")
def sounds() -> list[bytes]:
    """Bursts of noise as 16-bit samples: a look-alike writes something else for each."""
    found = []
    for seed in range(6):
        random = np.random.default_rng(seed)
        loudness = np.repeat(random.uniform(0.01, 0.3, 60), 800)
        noise = (random.standard_normal(loudness.size) * loudness).clip(-1, 1)
        found.append((noise * 32_767).astype("<i2").tobytes())
    return found


def settings_of(folder: Path, sound: bytes, **settings: Any) -> SttSettings:
    """Returns those of a service with a look-alike, whose self-test hears the sound."""
    (folder / "self_test.wav").write_bytes(wav_of(sound))
    given = {
        "model": f"file://{saved('nemotron-prompted', folder)}",
        "model_cache": folder / "store",
        "device": "cpu",
        "piece_s": 5.0,
        "self_test": {"clip": folder / "self_test.wav"},
    }
    return SttSettings.model_validate(given | settings)


@asynccontextmanager
async def served(
    folder: Path, sound: bytes, **settings: Any
) -> AsyncIterator[tuple[DrainingServer, CacheAwareRecogniser]]:
    """Yields the service with a look-alike, and what hears its streams."""
    found: list[Recogniser] = []

    def fetched(
        settings: SttSettings, progress: Callable[[Progress], None]
    ) -> Callable[[], Recogniser]:
        load = fetch_recogniser(settings, progress)

        def loaded() -> Recogniser:
            found.append(load())
            return found[0]

        return loaded

    async with live_service(build(settings_of(folder, sound, **settings), fetched)) as server:
        live = found[0].streaming
        assert isinstance(live, CacheAwareRecogniser)
        yield server, live


def wav_of(pcm: bytes) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.frombuffer(pcm, "<i2"), RATE_HZ, format="WAV", subtype="PCM_16")
    return file.getvalue()


async def begun(client: LiveClient, language: str = "es") -> None:
    """Makes the client commit its utterances itself."""
    transcription = {"language": language, "keywords": ["hello"]}
    event = await client.configure(format=FORMAT, turn_detection=None, transcription=transcription)
    assert event["type"] == "session.updated"


async def said(client: LiveClient, sound: bytes, pause_s: float = 0.0) -> tuple[str, str]:
    """Returns the joined deltas of an utterance and its transcript."""
    for place in range(0, len(sound), _PIECE):
        await client.say(sound[place : place + _PIECE])
        await asyncio.sleep(pause_s)
    await client.send("input_audio_buffer.commit")
    events = await client.until(f"{TRANSCRIPTION}.completed")
    deltas = [event["delta"] for event in events if event["type"] == f"{TRANSCRIPTION}.delta"]
    return "".join(deltas), events[-1]["transcript"]


def alone(live: CacheAwareRecogniser, sound: bytes) -> str:
    """Returns what the model says of a stream of its own, between the service's steps."""
    stream = live.open("es")
    stream.add(np.frombuffer(sound, "<i2").astype(np.float32) / np.float32(32_768))
    stream.end()
    heard = None
    while (part := stream.next_part()) is not None:
        heard = live.step([part])[0]
    live.close(stream)
    assert heard is not None
    return heard.text


async def test_sessions_share_steps_and_each_is_written_as_if_it_were_alone(
    folder: Path, sounds: list[bytes]
) -> None:
    async with served(folder, sounds[0], realtime={"lookahead_ms": 80}) as (server, live):
        wanted = [alone(live, sound) for sound in sounds]

        async def session(sound: bytes) -> list[tuple[str, str]]:
            async with connected(server) as client:
                await begun(client)
                return [await said(client, sound, 0.02) for _ in range(2)]

        found = await asyncio.gather(*map(session, sounds))
        async with httpx.AsyncClient(timeout=60) as http:
            metrics = (await http.get(f"{address(server)}/metrics")).text
    for utterances, text in zip(found, wanted, strict=True):
        for shown, transcript in utterances:
            assert transcript == text
            assert shown
            assert transcript.startswith(shown)
    assert len(set(wanted)) == len(wanted)
    assert 'stage="live step"' in metrics


async def test_files_are_written_as_ever_while_sessions_are_open(
    folder: Path, sounds: list[bytes]
) -> None:
    async def transcribed(http: httpx.AsyncClient, server: DrainingServer) -> str:
        files = {"file": ("a.wav", wav_of(sounds[1]))}
        response = await http.post(
            f"{address(server)}/v1/audio/transcriptions",
            files=files,
            data={"model": "x", "language": "es"},
        )
        return str(response.json()["text"])

    async with (
        served(folder, sounds[0], realtime={"lookahead_ms": 0}) as (server, _),
        httpx.AsyncClient(timeout=60) as http,
        connected(server) as client,
    ):
        before = await transcribed(http, server)
        await begun(client)
        (_, live), during = await asyncio.gather(
            said(client, sounds[1], 0.02), transcribed(http, server)
        )
        assert during == before == await transcribed(http, server)
        assert live
        assert before


async def test_a_session_that_goes_away_in_the_middle_leaves_nothing_behind(
    folder: Path, sounds: list[bytes]
) -> None:
    async with served(folder, sounds[0], realtime={"lookahead_ms": 80}) as (server, live):
        for _ in range(3):
            async with connected(server) as client:
                await begun(client)
                for place in range(0, len(sounds[0]), _PIECE):
                    await client.say(sounds[0][place : place + _PIECE])
                await client.until(f"{TRANSCRIPTION}.delta")
        async with connected(server) as client:
            await begun(client)
            await said(client, sounds[1])
            async with asyncio.timeout(20):
                while live.streams:
                    await said(client, sounds[1])


async def test_a_lookahead_that_the_model_lacks_stops_the_start_and_says_what_it_has(
    folder: Path, sounds: list[bytes]
) -> None:
    with pytest.raises(Exception, match=r"NEMO_VOICE_REALTIME__LOOKAHEAD_MS=500: .*0, 80, 480, 10"):
        async with served(folder, sounds[0], realtime={"lookahead_ms": 500}):
            pass


async def test_a_stream_over_grpc_is_shown_words_while_it_is_spoken(
    folder: Path, sounds: list[bytes]
) -> None:
    settings = settings_of(folder, sounds[0], grpc_port=free_port(), realtime={"lookahead_ms": 80})
    app = build(settings, fetch_recogniser, loud_detector)
    given: dict[str, Any] = {"encoding": 1, "sample_rate_hertz": RATE_HZ}
    config = asr.RecognitionConfig(language_code="es-ES", **given)
    streaming = asr.StreamingRecognitionConfig(config=config, interim_results=True)
    async with channel_to(app) as channel:
        call = RivaSpeechRecognitionStub(channel).StreamingRecognize()
        await call.write(asr.StreamingRecognizeRequest(streaming_config=streaming))
        sound = sounds[2]
        for place in range(0, len(sound), _PIECE):
            piece = sound[place : place + _PIECE]
            await call.write(asr.StreamingRecognizeRequest(audio_content=piece))
        (interim,) = (await call.read()).results
        await call.done_writing()
        results = [interim]
        while (response := await call.read()) is not grpc.aio.EOF:
            results += response.results
    assert not interim.is_final
    assert interim.alternatives[0].transcript
    assert results[-1].is_final
    final = results[-1].alternatives[0].transcript
    assert final.startswith(interim.alternatives[0].transcript.rstrip())
