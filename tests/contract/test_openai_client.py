"""The official OpenAI client against both services, by changing the base URL alone."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import openai
import pytest

from nemo_voice_serving.codecs import AudioFormat, encode_whole
from nemo_voice_stt.app import build as build_stt
from nemo_voice_stt.settings import SttSettings
from nemo_voice_tts.app import build as build_tts
from nemo_voice_tts.settings import TtsSettings
from support.fakes import FakeNormaliser, FakeRecogniser, FakeVoice
from support.serving import client_of


@pytest.fixture
async def tts() -> AsyncIterator[openai.AsyncOpenAI]:
    """OpenAI's client, talking to the text-to-speech service."""
    app = build_tts(TtsSettings(), lambda _settings, _progress: FakeVoice(), FakeNormaliser())
    async with (
        client_of(app, app.state.service.runtime) as http,
        openai.AsyncOpenAI(base_url=f"{http.base_url}/v1", api_key="none", max_retries=0) as client,
    ):
        yield client


@pytest.fixture
async def stt() -> AsyncIterator[openai.AsyncOpenAI]:
    """OpenAI's client, talking to the speech-to-text service."""
    app = build_stt(SttSettings(), lambda _settings, _progress: FakeRecogniser())
    async with (
        client_of(app, app.state.service.runtime) as http,
        openai.AsyncOpenAI(base_url=f"{http.base_url}/v1", api_key="none", max_retries=0) as client,
    ):
        yield client


async def test_the_clients_key_is_checked_where_there_are_keys(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("sesame")
    app = build_stt(SttSettings(api_keys_file=file), lambda _settings, _progress: FakeRecogniser())
    async with (
        client_of(app, app.state.service.runtime) as http,
        openai.AsyncOpenAI(
            base_url=f"{http.base_url}/v1", api_key="wrong", max_retries=0
        ) as client,
    ):
        with pytest.raises(openai.AuthenticationError) as refused:
            await client.audio.transcriptions.create(model="whisper-1", file=clip())
        with pytest.raises(openai.AuthenticationError):
            await client.models.list()
        welcome = client.with_options(api_key="sesame")
        transcript = await welcome.audio.transcriptions.create(model="whisper-1", file=clip())
    assert refused.value.code == "invalid_api_key"
    assert refused.value.type == "invalid_request_error"
    assert transcript.text == "good morning how are you today"


def clip() -> io.BytesIO:
    times = np.arange(16000) / 16000
    file = io.BytesIO(
        encode_whole(
            AudioFormat.WAV, (0.3 * np.sin(times * 1400) * times).astype(np.float32), 16000
        )
    )
    file.name = "clip.wav"
    return file


async def test_speech_streams(tts: openai.AsyncOpenAI) -> None:
    async with tts.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input="Hello there.", response_format="pcm"
    ) as answer:
        sound = b"".join([chunk async for chunk in answer.iter_bytes()])
    assert len(sound) == len("Hello there.") * 4 * 256 * 2


async def test_a_refusal_is_the_clients_own_error_class(tts: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        await tts.audio.speech.create(model="tts-1", voice="alloy", input="")
    assert refused.value.code == "unspeakable_text"
    assert refused.value.param == "input"
    assert refused.value.request_id


async def test_models_are_listed(tts: openai.AsyncOpenAI) -> None:
    assert [model.id async for model in tts.models.list()] == ["demo"]


async def test_a_transcript_is_parsed(stt: openai.AsyncOpenAI) -> None:
    transcript = await stt.audio.transcriptions.create(model="whisper-1", file=clip())
    assert transcript.text == "good morning how are you today"


async def test_a_verbose_transcript_is_parsed_with_words_and_segments(
    stt: openai.AsyncOpenAI,
) -> None:
    transcript = await stt.audio.transcriptions.create(
        model="whisper-1",
        file=clip(),
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
    )
    assert transcript.duration == 1.0
    assert [word.word for word in transcript.words or []] == transcript.text.split()
    assert transcript.segments is not None
    assert transcript.segments[0].id == 0


async def test_a_text_transcript_is_a_string(stt: openai.AsyncOpenAI) -> None:
    transcript = await stt.audio.transcriptions.create(
        model="whisper-1", file=clip(), response_format="text"
    )
    assert str(transcript).strip() == "good morning how are you today"
