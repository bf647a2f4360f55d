"""What OpenAI's own client offers for transcription, asked of the service as its users do."""

import asyncio
from collections.abc import AsyncIterator

import openai
import pytest
from openai.types.audio import TranscriptionTextDeltaEvent, TranscriptionTextDoneEvent

from support.http.transcribing import HEARD, clip
from support.http.voice_apps import calling, stt_app
from support.models.fakes import FakeRecogniser

FILE = ("clip.wav", clip(40), "audio/wav")


@pytest.fixture
def recogniser() -> FakeRecogniser:
    """What hears for the service."""
    return FakeRecogniser()


@pytest.fixture
async def client(recogniser: FakeRecogniser) -> AsyncIterator[openai.AsyncOpenAI]:
    """OpenAI's client of the service."""
    app = stt_app(recogniser, batching={"max_items": 1}, pieces_ahead=1)
    async with (
        calling(app) as http,
        openai.AsyncOpenAI(base_url=f"{http.base_url}/v1", api_key="none", max_retries=0) as made,
    ):
        yield made


async def test_a_stream_is_iterated_to_its_end(client: openai.AsyncOpenAI) -> None:
    stream = await client.audio.transcriptions.create(
        model="gpt-4o-transcribe", file=FILE, stream=True, include=["logprobs"]
    )
    events = [event async for event in stream]
    deltas = [event for event in events if isinstance(event, TranscriptionTextDeltaEvent)]
    done = events[-1]
    assert len(deltas) == len(events) - 1
    assert isinstance(done, TranscriptionTextDoneEvent)
    assert "".join(event.delta for event in deltas) == done.text
    assert done.logprobs


async def test_an_error_in_the_stream_is_raised_with_its_message(
    client: openai.AsyncOpenAI, recogniser: FakeRecogniser
) -> None:
    stream = await client.audio.transcriptions.create(
        model="gpt-4o-transcribe", file=("a.wav", clip(100)), stream=True
    )
    events = aiter(stream)
    assert isinstance(await anext(events), TranscriptionTextDeltaEvent)
    recogniser.error = RuntimeError("boom")
    with pytest.raises(openai.APIError, match="model failed"):
        _ = [event async for event in events]


@pytest.mark.parametrize("response_format", ["srt", "vtt"])
async def test_subtitles_are_a_string(client: openai.AsyncOpenAI, response_format: str) -> None:
    subtitles = await client.audio.transcriptions.create(
        model="whisper-1",
        file=("a.wav", clip()),
        response_format=response_format,  # type: ignore[call-overload] # either of two literals
    )
    assert "00:00:00" in str(subtitles)
    assert HEARD in str(subtitles).replace("\n", " ")


async def test_every_field_is_taken(client: openai.AsyncOpenAI, recogniser: FakeRecogniser) -> None:
    transcript = await client.audio.transcriptions.create(
        model="gpt-transcribe",
        file=FILE,
        language="en",
        languages=["en", "de"],
        keywords=["Kubernetes", "etcd"],
        prompt="Helm",
        temperature=0.2,
        include=["logprobs"],
        chunking_strategy={"type": "server_vad", "threshold": 0.4},
    )
    assert transcript.logprobs
    assert transcript.usage is not None
    assert recogniser.hotwords[-1] == ("Kubernetes", "etcd", "Helm")


async def test_what_the_model_cannot_is_the_clients_own_error(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="does not understand 'de'"):
        await client.audio.transcriptions.create(model="whisper-1", file=FILE, language="de")
    with pytest.raises(openai.BadRequestError, match="tell speakers apart"):
        await client.audio.transcriptions.create(
            model="gpt-4o-transcribe-diarize", file=FILE, response_format="diarized_json"
        )


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
async def test_translations_are_the_clients_own_error(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="does not translate") as refused:
        await client.audio.translations.create(model="whisper-1", file=FILE)
    assert refused.value.param == "model"


async def test_an_old_prompt_is_no_error(client: openai.AsyncOpenAI) -> None:
    transcript = await client.audio.transcriptions.create(
        model="whisper-1", file=FILE, prompt="And then he said, what a lovely day it is."
    )
    assert transcript.text.startswith(HEARD)


async def test_the_client_without_asyncio_iterates_a_stream(client: openai.AsyncOpenAI) -> None:
    def read() -> list[str]:
        with openai.OpenAI(base_url=client.base_url, api_key="none", max_retries=0) as sync:
            stream = sync.audio.transcriptions.create(model="x", file=FILE, stream=True)
            return [event.type for event in stream]

    types = await asyncio.to_thread(read)
    assert types[-1] == "transcript.text.done"
    assert set(types[:-1]) == {"transcript.text.delta"}
