"""Transcripts as events: the first while the rest is in work, errors as clients expect."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from openai.types.audio import TranscriptionTextDeltaEvent, TranscriptionTextDoneEvent
from typing_extensions import override

from nemo_voice_stt.transcription.port import Clip, Recognition
from support.http.transcribing import HEARD, clip, stt_service, transcribed
from support.http.voice_apps import calling, stt_app
from support.models.fakes import FakeRecogniser

PATH = "/v1/audio/transcriptions"


class Gated(FakeRecogniser):
    """A recogniser that recognises so many pieces, then waits for its gate."""

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.gate = threading.Event()
        self._free = pieces + 1  # the self-test's

    @override
    def recognise(self, batch: Sequence[Clip], /) -> Sequence[Recognition]:
        if self._free <= 0:
            self.gate.wait(30)
        self._free -= len(batch)
        return super().recognise(batch)


class BreaksOff(Gated):
    """A recogniser that fails where the other waits."""

    @override
    def recognise(self, batch: Sequence[Clip], /) -> Sequence[Recognition]:
        if self._free <= 0:
            raise RuntimeError("secret path /srv/x")
        return super().recognise(batch)


def events_of(text: str) -> list[Any]:
    """Returns what the events hold, the last one as it is."""
    lines = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
    return [json.loads(line) if line.startswith("{") else line for line in lines]


@asynccontextmanager
async def streaming(
    client: httpx.AsyncClient, audio: bytes, **fields: str
) -> AsyncIterator[httpx.Response]:
    data = {"stream": "true", **fields}
    async with client.stream("POST", PATH, files={"file": ("a.wav", audio)}, data=data) as response:
        yield response


async def counted(client: httpx.AsyncClient, line: str) -> None:
    """Waits for the metrics: a request is counted when its response has been sent."""
    async with asyncio.timeout(20):
        while line not in (await client.get("/metrics")).text:
            await asyncio.sleep(0.02)


async def test_a_short_file_is_a_delta_and_a_done_that_the_clients_models_take() -> None:
    async with stt_service() as client:
        response = await transcribed(client, clip(), stream="true")
    assert response.headers["content-type"].startswith("text/event-stream")
    first, last, end = events_of(response.text)
    delta = TranscriptionTextDeltaEvent.model_validate(first, strict=True)
    done = TranscriptionTextDoneEvent.model_validate(last, strict=True)
    assert (delta.delta, done.text, end) == (HEARD, HEARD, "[DONE]")
    assert done.usage is not None
    assert (done.usage.input_tokens, done.usage.output_tokens) == (15, len(HEARD.split()))
    assert done.usage.total_tokens == 15 + len(HEARD.split())


async def test_the_deltas_of_long_audio_make_up_its_text() -> None:
    async with stt_service() as client:
        response = await transcribed(client, clip(100), stream="true", **{"include[]": "logprobs"})
    *deltas, done, end = events_of(response.text)
    assert len(deltas) >= 4
    assert "".join(delta["delta"] for delta in deltas) == done["text"]
    assert done["text"] == " ".join([HEARD] * len(deltas))
    tokens = [one["token"] for delta in deltas for one in delta["logprobs"]]
    assert "".join(tokens) == done["text"]
    assert [one["token"] for one in done["logprobs"]] == tokens
    assert end == "[DONE]"


async def test_the_first_words_are_sent_while_the_rest_is_recognised() -> None:
    recogniser = Gated(pieces=1)
    async with (
        stt_service(recogniser, batching={"max_items": 1}) as client,
        streaming(client, clip(100)) as response,
    ):
        chunks = response.aiter_text()
        assert events_of(await anext(chunks))[0]["delta"] == HEARD
        recogniser.gate.set()
        rest = "".join([chunk async for chunk in chunks])
    assert events_of(rest)[-1] == "[DONE]"


async def test_a_later_error_is_the_last_event_without_its_details() -> None:
    recogniser = BreaksOff(pieces=1)
    async with stt_service(recogniser, batching={"max_items": 1}) as client:
        response = await transcribed(client, clip(100), stream="true")
        await counted(client, 'outcome="backend_failed"')
    assert response.status_code == 200
    first, last = events_of(response.text)
    assert first["delta"] == HEARD
    assert last["error"]["code"] == "backend_failed"
    assert "secret" not in response.text


async def test_an_error_before_the_first_words_is_a_status() -> None:
    async with stt_service(BreaksOff(pieces=0)) as client:
        failed = await transcribed(client, clip(), stream="true")
        refused = await transcribed(client, b"not audio", stream="true")
    assert (failed.status_code, refused.status_code) == (500, 400)
    assert refused.json()["error"]["code"] == "unsupported_audio"


async def test_silence_is_a_done_without_deltas() -> None:
    async with stt_service() as client:
        silence = clip(1.5)[:44] + bytes(48_000)
        response = await transcribed(client, silence, stream="true")
    done, end = events_of(response.text)
    assert (done["type"], done["text"], end) == ("transcript.text.done", "", "[DONE]")


@pytest.mark.parametrize("response_format", ["verbose_json", "srt", "vtt"])
async def test_formats_of_whole_transcripts_are_sent_whole(response_format: str) -> None:
    async with stt_service() as client:
        streamed = await transcribed(client, clip(), stream="true", response_format=response_format)
        whole = await transcribed(client, clip(), response_format=response_format)
    assert streamed.content == whole.content
    assert streamed.headers["content-type"] == whole.headers["content-type"]


async def test_a_client_that_leaves_stops_the_work_behind_it() -> None:
    recogniser = Gated(pieces=1)
    app = stt_app(recogniser, batching={"max_items": 1}, pieces_ahead=2)
    async with calling(app) as client:
        async with streaming(client, clip(300)) as response:
            await anext(response.aiter_text())
        recogniser.gate.set()
        await counted(client, "nemo_voice_queued_work 0.0")
        heard = sum(map(len, recogniser.batches))
    assert heard <= 5


async def test_streamed_audio_is_counted() -> None:
    async with stt_service() as client:
        await transcribed(client, clip(40), stream="true")
        text = (await client.get("/metrics")).text
    assert "nemo_voice_audio_in_seconds_total 40.0" in text
