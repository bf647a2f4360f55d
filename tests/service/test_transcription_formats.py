"""Every shape of a transcript, held against the models of OpenAI's own client."""

import itertools
import re
from typing import Any

import httpx
import pytest
from openai.types.audio import Transcription, TranscriptionVerbose
from pydantic import TypeAdapter

from support.http.transcribing import HEARD, clip, stt_service, transcribed
from support.models.fakes import FakeRecogniser

LONG = "this is what somebody says again and again until the subtitles are full of it"


async def test_the_json_shape_is_that_of_the_client() -> None:
    async with stt_service() as client:
        response = await transcribed(client, clip())
    parsed = strictly(Transcription, response)
    assert parsed.text == HEARD
    assert parsed.usage is not None
    assert parsed.logprobs is None


async def test_logprobs_are_the_models_own() -> None:
    async with stt_service() as client:
        response = await transcribed(client, clip(), **{"include[]": "logprobs"})
    parsed = strictly(Transcription, response)
    assert parsed.logprobs is not None
    assert "".join(one.token or "" for one in parsed.logprobs) == HEARD
    assert {one.logprob for one in parsed.logprobs} == {-0.25}
    assert bytes(map(int, parsed.logprobs[1].bytes or [])) == b" morning"


async def test_logprobs_come_with_json_alone() -> None:
    async with stt_service() as client:
        response = await transcribed(client, clip(), include="logprobs", response_format="text")
    assert (response.status_code, response.json()["error"]["param"]) == (400, "include")


async def test_the_verbose_shape_is_that_of_the_client() -> None:
    async with stt_service() as client:
        response = await transcribed(
            client,
            clip(),
            response_format="verbose_json",
            **{"timestamp_granularities[]": ["word", "segment"]},
        )
    parsed = strictly(TranscriptionVerbose, response)
    assert (parsed.language, parsed.duration) == ("english", 1.5)
    assert parsed.segments is not None
    (segment,) = parsed.segments
    assert segment.tokens == list(range(len(HEARD.split())))
    assert segment.avg_logprob == -0.25
    assert segment.compression_ratio < 2.4
    assert [word["confidence"] for word in response.json()["words"]] == [0.9] * len(HEARD.split())


async def test_subtitles_come_as_srt() -> None:
    recogniser = FakeRecogniser()
    async with stt_service(recogniser) as client:
        recogniser.text = LONG  # the self-test has passed
        response = await transcribed(client, clip(28), response_format="srt")
    assert response.headers["content-type"] == "application/x-subrip; charset=utf-8"
    blocks = response.text.strip().split("\n\n")
    assert [block.split("\n")[0] for block in blocks] == [
        str(number) for number, _ in enumerate(blocks, start=1)
    ]
    times = re.findall(r"^(\S+) --> (\S+)$", response.text, re.MULTILINE)
    assert times[0][0] == "00:00:00,000"
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(times))
    lines = [line for block in blocks for line in block.split("\n")[2:]]
    assert " ".join(lines) == LONG
    assert max(map(len, lines)) <= 42


async def test_subtitles_come_as_vtt_in_the_size_of_the_request() -> None:
    recogniser = FakeRecogniser()
    async with stt_service(recogniser) as client:
        recogniser.text = LONG  # the self-test has passed
        response = await transcribed(
            client, clip(28), response_format="vtt", max_line_chars=20, max_lines=1
        )
    assert response.headers["content-type"] == "text/vtt; charset=utf-8"
    head, *blocks = response.text.strip().split("\n\n")
    assert head == "WEBVTT"
    assert all(len(block.split("\n")) == 2 for block in blocks)
    assert max(len(block.split("\n")[1]) for block in blocks) <= 20


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("max_lines", 0),
        ("max_lines", 4),
        ("max_line_chars", 5),
        ("temperature", 1.5),
        ("temperature", "hot"),
        ("language", "de"),
        ("languages[]", "fr"),
        ("response_format", "docx"),
        ("response_format", "diarized_json"),
        ("timestamp_granularities[]", "minute"),
        ("include[]", "everything"),
        ("stream", "perhaps"),
        ("keywords[]", "x" * 100),
        ("known_speaker_names[]", "agent"),
        ("known_speaker_references[]", "data:audio/wav;base64,AAA="),
    ],
)
async def test_what_cannot_be_is_a_400_that_names_the_field(field: str, value: Any) -> None:
    async with stt_service() as client:
        response = await transcribed(client, clip(), **{field: value})
    error = response.json()["error"]
    assert response.status_code == 400
    assert error["type"] == "invalid_request_error"
    assert error["param"].removesuffix("[]") == field.removesuffix("[]")


async def test_a_request_for_speakers_is_refused() -> None:
    async with stt_service() as client:
        response = await transcribed(client, clip(), response_format="diarized_json")
    assert "does not tell speakers apart" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    "fields",
    [
        {"temperature": "0.8", "chunking_strategy": "auto", "model": "gpt-4o-transcribe"},
        {"chunking_strategy[type]": "server_vad", "chunking_strategy[threshold]": "0.5"},
        {"language": "en", "prompt": "Hello, welcome to my lecture."},
        {"language": "", "prompt": "", "temperature": "", "response_format": "", "stream": ""},
        {"speech_contexts": "[]", "hotwords": "x", "diarize": "false", "translate": "false"},
        {"language": "en-US", "automatic_punctuation": "true", "word_time_offsets": "true"},
    ],
)
async def test_what_clients_send_along_is_no_matter(fields: dict[str, str]) -> None:
    async with stt_service() as client:
        response = await client.post(
            "/v1/audio/transcriptions", files={"file": ("a.wav", clip())}, data=fields
        )
    assert response.json()["text"] == HEARD


async def test_a_nim_client_needs_no_model() -> None:
    async with stt_service() as client:
        files = {"file": ("a.wav", clip(), "audio/wav")}
        for response_format, expected in (("json", HEARD), ("text", HEARD)):
            data = {"language": "en-US", "response_format": response_format}
            response = await client.post("/v1/audio/transcriptions", files=files, data=data)
            text = response.json()["text"] if response_format == "json" else response.text.strip()
            assert text == expected


@pytest.mark.parametrize(
    "fields",
    [
        {"keywords[]": ["Kubernetes", "etcd"]},
        {"keywords": ["Kubernetes", "etcd"]},
        {"keywords": "Kubernetes, etcd"},
        {"prompt": "Kubernetes, etcd"},
    ],
)
async def test_keywords_reach_the_model_with_every_piece(fields: dict[str, Any]) -> None:
    recogniser = FakeRecogniser()
    async with stt_service(recogniser) as client:
        recogniser.hotwords.clear()
        await transcribed(client, clip(40), **fields)
    assert set(recogniser.hotwords) == {("Kubernetes", "etcd")}
    assert len(recogniser.hotwords) >= 2


async def test_the_settings_name_the_languages_of_a_model() -> None:
    async with stt_service(languages="en,de") as client:
        response = await transcribed(client, clip(), language="de", response_format="verbose_json")
    assert response.json()["language"] == "german"


async def test_a_model_that_knows_its_languages_needs_no_setting() -> None:
    recogniser = FakeRecogniser(languages=("en-US", "es-US", "es-ES"))
    async with stt_service(recogniser) as client:
        spanish = await transcribed(client, clip(), language="es", response_format="verbose_json")
        german = await transcribed(client, clip(), language="de")
        either = await transcribed(client, clip(), response_format="verbose_json")
    assert spanish.json()["language"] == "spanish"
    assert "English (en), Spanish (es)." in german.json()["error"]["message"]
    assert either.json()["language"] == "unknown"


async def test_the_settings_may_name_fewer_languages_than_the_model_has() -> None:
    recogniser = FakeRecogniser("buenos días cómo está usted hoy", languages=("en", "es"))
    async with stt_service(recogniser, languages="es") as client:
        response = await transcribed(client, clip(), language="en")
    assert "It understands Spanish (es)." in response.json()["error"]["message"]


@pytest.mark.parametrize("size", [0, 3_000_000])
async def test_translations_are_refused_in_the_one_shape(size: int) -> None:
    async with stt_service() as client:
        response = await client.post(
            "/v1/audio/translations",
            files={"file": ("a.wav", bytes(size))},
            data={"model": "whisper-1"},
        )
        again = await transcribed(client, clip())
    error = response.json()["error"]
    assert (response.status_code, error["type"], error["param"]) == (
        404,
        "invalid_request_error",
        "model",
    )
    assert "/v1/audio/transcriptions" in error["message"]
    assert again.status_code == 200


def strictly(model: Any, response: httpx.Response) -> Any:
    """Returns the response as the client's model, having checked every required field's type."""
    assert response.status_code == 200
    return TypeAdapter(model).validate_json(response.content, strict=True)
