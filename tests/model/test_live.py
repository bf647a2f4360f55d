"""Live speech to text with the real models: Silero finds speech, the demo recogniser writes it."""

import io
import subprocess
import sys
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile
import soxr
import torch

from nemo_voice_serving.http.server import DrainingServer
from nemo_voice_stt.app import build, fetch_recogniser
from nemo_voice_stt.backends.silero.detector import CHUNK, Heard, SileroModel, StreamState
from nemo_voice_stt.settings import SttSettings
from support.http.live_client import TRANSCRIPTION, connected, live_service
from support.http.serving import address
from support.models.demo_models import Samples
from support.not_run import not_run

RATE_HZ = 24_000
SENTENCES = ("Good morning, how are you today?", "The train to the north leaves at nine.")


def said_by_espeak(text: str, folder: Path) -> Samples:
    """Returns a sentence at 24 kHz, in a voice that no model here was trained with."""
    path = folder / "said.wav"
    try:
        subprocess.run(["espeak-ng", "-w", str(path), text], check=True, capture_output=True)
    except FileNotFoundError:
        not_run("speech by espeak-ng was not recognised: it is not installed")
    sound, rate_hz = soundfile.read(path, dtype="float32")
    return np.asarray(soxr.resample(sound, rate_hz, RATE_HZ), np.float32)


def pcm_of(sound: Samples) -> bytes:
    """Returns samples of 16 bits."""
    return (np.clip(sound, -1, 1) * 32_767).astype("<i2").tobytes()


@pytest.fixture(scope="module")
def silero() -> SileroModel:
    """The network that finds speech."""
    return SileroModel()


@pytest.fixture
async def server() -> AsyncIterator[DrainingServer]:
    """The service with the demo model."""
    async with live_service(build(SttSettings(device="cpu"), fetch_recogniser)) as server:
        yield server


@pytest.fixture
def threads() -> Iterator[int]:
    """A number of torch's threads that nobody would choose."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield 3
    torch.set_num_threads(before)


def test_loading_the_detector_leaves_torchs_threads_as_they_are(threads: int) -> None:
    program = (
        "import torch\n"
        f"torch.set_num_threads({threads})\n"
        "from nemo_voice_stt.backends.silero.detector import SileroModel\n"
        "SileroModel()\n"
        "print(torch.get_num_threads())\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    assert ran.stdout.split() == [str(threads)]
    SileroModel()  # once imported, nothing is set any more
    assert torch.get_num_threads() == threads


def test_each_stream_of_a_batch_is_heard_as_if_it_were_alone(
    silero: SileroModel, speech: list[Samples]
) -> None:
    import silero_vad  # noqa: PLC0415 it would set torch's threads while tests are collected

    chunked = [sound[: len(sound) // CHUNK * CHUNK].reshape(-1, CHUNK) for sound in speech]
    states = [StreamState() for _ in chunked]
    together = silero.probabilities(
        [Heard(state, chunks) for state, chunks in zip(states, chunked, strict=True)]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        own = silero_vad.load_silero_vad()
    for chunks, found in zip(chunked, together, strict=True):
        own.reset_states()
        with torch.inference_mode():
            wanted = [float(own(torch.from_numpy(chunk.copy()), 16_000)) for chunk in chunks]
        assert np.allclose(found, wanted, atol=1e-3)
    assert max(together[0]) > 0.9
    quiet = silero.probabilities([Heard(StreamState(), np.zeros((30, CHUNK), np.float32))])[0]
    assert max(quiet) < 0.1


async def test_what_is_spoken_is_written_while_it_is_spoken_and_in_the_end_as_of_a_file(
    server: DrainingServer, speech: list[Samples]
) -> None:
    pause = np.zeros(RATE_HZ, np.float32)
    resampled = [np.asarray(soxr.resample(sound, 16_000, RATE_HZ)) for sound in speech[:3]]
    pcm = pcm_of(np.concatenate([part for sound in resampled for part in (pause, sound)] + [pause]))
    completed: list[str] = []
    spans: list[dict[str, Any]] = []
    async with connected(server) as client:
        for place in range(0, len(pcm), 9_600):
            await client.say(pcm[place : place + 9_600])
        while len(completed) < len(resampled):
            events = await client.until(f"{TRANSCRIPTION}.completed")
            completed.append(events[-1]["transcript"])
            spans += [event for event in events if event["type"].startswith("input_audio_buffer.s")]
    starts = [event["audio_start_ms"] for event in spans if "audio_start_ms" in event]
    stops = [event["audio_end_ms"] for event in spans if "audio_end_ms" in event]
    assert completed[0] == "good morning how are you today"
    async with httpx.AsyncClient(timeout=60) as http:
        for text, start_ms, stop_ms in zip(completed, starts, stops, strict=True):
            samples = pcm[start_ms * 48 : stop_ms * 48]
            assert await transcribed(http, server, samples) == text


async def test_what_is_begun_in_the_silence_is_the_text_of_the_same_samples_as_a_file(
    server: DrainingServer, speech: list[Samples]
) -> None:
    sound = np.asarray(soxr.resample(speech[0], 16_000, RATE_HZ))
    pcm = pcm_of(np.concatenate([sound, np.zeros(round(0.4 * RATE_HZ), np.float32)]))
    async with connected(server) as client, httpx.AsyncClient(timeout=60) as http:
        await client.configure(turn_detection={"type": "server_vad", "silence_duration_ms": 2000})
        await client.say(pcm)
        begins_ms = (await client.until("input_audio_buffer.speech_started"))[-1]["audio_start_ms"]
        shown = ""
        while shown != "good morning how are you today":  # known before the turn is over
            shown += (await client.until(f"{TRANSCRIPTION}.delta"))[-1]["delta"]
        await client.say(bytes(2 * 2 * RATE_HZ))
        events = await client.until(f"{TRANSCRIPTION}.completed")
        (stopped,) = (event for event in events if event["type"].endswith("speech_stopped"))
        samples = pcm[begins_ms * 48 : stopped["audio_end_ms"] * 48]
        assert events[-1]["transcript"] == await transcribed(http, server, samples) == shown
        metrics = (await http.get(f"{address(server)}/metrics")).text
    assert 'nemo_voice_live_early_finals_total{used="yes"} 1.0' in metrics
    assert "nemo_voice_live_behind_seconds_count 2.0" in metrics


async def test_the_final_transcript_of_a_commit_is_that_of_the_same_samples_as_a_file(
    server: DrainingServer, tmp_path: Path
) -> None:
    async with connected(server) as client, httpx.AsyncClient(timeout=60) as http:
        await client.configure(turn_detection=None)
        for sentence in SENTENCES:
            pcm = pcm_of(said_by_espeak(sentence, tmp_path))
            for place in range(0, len(pcm), 4_800):
                await client.say(pcm[place : place + 4_800])
            await client.send("input_audio_buffer.commit")
            completed = (await client.until(f"{TRANSCRIPTION}.completed"))[-1]
            assert completed["transcript"] == await transcribed(http, server, pcm)
            assert completed["transcript"]


async def transcribed(http: httpx.AsyncClient, server: DrainingServer, pcm: bytes) -> str:
    """Returns what the service writes of samples that are sent as a file."""
    file = io.BytesIO()
    soundfile.write(file, np.frombuffer(pcm, "<i2"), RATE_HZ, format="WAV", subtype="PCM_16")
    path = f"{address(server)}/v1/audio/transcriptions"
    response = await http.post(path, files={"file": ("said.wav", file.getvalue())})
    text: str = response.raise_for_status().json()["text"]
    return text
