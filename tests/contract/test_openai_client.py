"""The official OpenAI client against both services, by changing the base URL alone."""

import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import openai
import pytest
from openai.types.audio import TranscriptionTextDeltaEvent, TranscriptionTextDoneEvent

from support.audio.sounds import libsndfile_bytes, speech_like
from support.http.served import served
from support.http.voice_apps import calling, stt_app, tts_app

HEARD = "good morning how are you today"


@pytest.fixture
async def tts() -> AsyncIterator[openai.AsyncOpenAI]:
    """OpenAI's client, talking to the text-to-speech service."""
    async with (
        calling(tts_app()) as http,
        openai.AsyncOpenAI(base_url=f"{http.base_url}/v1", api_key="none", max_retries=0) as client,
    ):
        yield client


@pytest.fixture
async def stt() -> AsyncIterator[openai.AsyncOpenAI]:
    """OpenAI's client, talking to the speech-to-text service."""
    async with (
        calling(stt_app()) as http,
        openai.AsyncOpenAI(base_url=f"{http.base_url}/v1", api_key="none", max_retries=0) as client,
    ):
        yield client


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A file with the key that is valid."""
    file = tmp_path / "keys"
    file.write_text("sesame")
    return file


@pytest.fixture
def blocking(keys: Path) -> Iterator[openai.OpenAI]:
    """OpenAI's client without asyncio, talking to a speech-to-text service that counts audio."""
    app = stt_app(api_keys_file=keys, key_limits={"audio_s_per_minute": 120})
    with (
        served(app) as address,
        openai.OpenAI(base_url=f"{address}/v1", api_key="sesame", max_retries=0) as client,
    ):
        yield client


def clip(duration_s: float = 1.0) -> io.BytesIO:
    """Returns a recording with something in it."""
    sound = speech_like([(0.1, duration_s - 0.1)], duration_s, 16000)
    file = io.BytesIO(libsndfile_bytes(sound, 16000, "WAV", "PCM_16"))
    file.name = "clip.wav"
    return file


async def test_the_clients_key_is_checked_where_there_are_keys(keys: Path) -> None:
    async with (
        calling(stt_app(api_keys_file=keys)) as http,
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
    assert transcript.text == HEARD


async def test_a_refusal_is_the_clients_own_error_class(tts: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        await tts.audio.speech.create(model="tts-1", voice="alloy", input="")
    assert refused.value.code == "unspeakable_text"
    assert refused.value.param == "input"
    assert refused.value.request_id


async def test_models_are_listed(tts: openai.AsyncOpenAI) -> None:
    assert [model.id async for model in tts.models.list()] == ["demo"]
    assert (await tts.models.retrieve("demo")).object == "model"
    with pytest.raises(openai.NotFoundError):
        await tts.models.retrieve("whisper-1")


async def test_a_transcript_is_parsed(stt: openai.AsyncOpenAI) -> None:
    transcript = await stt.audio.transcriptions.create(model="whisper-1", file=clip())
    assert transcript.text == HEARD


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


@pytest.mark.parametrize(
    ("response_format", "start"),
    [("text", HEARD), ("srt", "1\n00:00:00,"), ("vtt", "WEBVTT\n")],
)
async def test_a_plain_transcript_is_a_string(
    stt: openai.AsyncOpenAI, response_format: str, start: str
) -> None:
    transcript = await stt.audio.transcriptions.create(
        model="whisper-1",
        file=clip(),
        response_format=response_format,  # type: ignore[call-overload] # any of the three
    )
    assert str(transcript).startswith(start)


async def test_a_transcript_streams_as_the_clients_own_events(stt: openai.AsyncOpenAI) -> None:
    stream = await stt.audio.transcriptions.create(model="whisper-1", file=clip(), stream=True)
    *deltas, last = [event async for event in stream]
    assert all(isinstance(event, TranscriptionTextDeltaEvent) for event in deltas)
    assert isinstance(last, TranscriptionTextDoneEvent)
    assert last.text == HEARD


async def test_the_response_can_be_raw_and_streamed(stt: openai.AsyncOpenAI) -> None:
    raw = await stt.audio.transcriptions.with_raw_response.create(model="whisper-1", file=clip())
    assert raw.parse().text == HEARD
    assert raw.headers["x-request-id"] == raw.request_id
    streaming = stt.audio.transcriptions.with_streaming_response
    async with streaming.create(model="whisper-1", file=clip()) as response:
        assert (await response.parse()).text == HEARD


def test_the_client_without_asyncio_does_the_same(blocking: openai.OpenAI) -> None:
    transcript = blocking.audio.transcriptions.create(model="whisper-1", file=clip())
    stream = blocking.audio.transcriptions.create(model="whisper-1", file=clip(), stream=True)
    assert transcript.text == HEARD
    assert [event.type for event in stream][-1] == "transcript.text.done"
    assert [model.id for model in blocking.models.list()] == ["demo"]
    with pytest.raises(openai.BadRequestError, match="not recognised"):
        blocking.audio.transcriptions.create(model="whisper-1", file=("a.wav", b"noise"))


def test_a_limit_is_the_clients_own_error_and_states_when_to_retry(
    blocking: openai.OpenAI,
) -> None:
    blocking.audio.transcriptions.create(model="whisper-1", file=clip(120.0))
    with pytest.raises(openai.RateLimitError) as refused:
        blocking.audio.transcriptions.create(model="whisper-1", file=clip())
    headers = refused.value.response.headers
    assert refused.value.code == "rate_limit_exceeded"
    assert 0 < int(headers["retry-after-ms"]) <= 1000
    assert headers["x-ratelimit-limit-audio-seconds"] == "120"
    patient = blocking.with_options(max_retries=2)
    transcript = patient.audio.transcriptions.create(model="whisper-1", file=clip())
    assert transcript.text == HEARD
