"""Translations, the language of a request, and what a model cannot do: by fakes of each kind."""

import itertools
from dataclasses import replace
from typing import Any

import httpx
import pytest
from openai.types.audio import Translation, TranslationVerbose
from pydantic import TypeAdapter

from nemo_voice_stt.transcription.port import Abilities
from support.http.transcribing import HEARD, clip, stt_service, transcribed
from support.models.fakes import FakeRecogniser

LANGUAGES = ("en", "de", "es")
CANARY = Abilities(
    confidence=False,
    logprobs=False,
    hotwords=False,
    told_languages=LANGUAGES,
    default_language="en",
    translations=(("en", "de"), ("en", "es"), ("de", "en"), ("es", "en")),
)
"""Of a model that times words, and cannot find out what is spoken."""
FIRST_CANARY = replace(CANARY, word_times=False)


def recogniser(abilities: Abilities = CANARY) -> FakeRecogniser:
    return FakeRecogniser(languages=LANGUAGES, abilities=abilities)


async def translated(client: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    files = {"file": ("a.wav", clip(1.5))}
    return await client.post("/v1/audio/translations", files=files, data=fields)


def error_of(response: httpx.Response) -> tuple[str, str]:
    error = response.json()["error"]
    assert (response.status_code, error["type"]) == (400, "invalid_request_error"), response.text
    return error["param"], error["message"]


async def test_speech_is_translated_to_english() -> None:
    made = recogniser()
    async with stt_service(made) as client:
        made.told.clear()
        response = await translated(client, model="whisper-1", language="es-MX")
    assert response.status_code == 200
    assert TypeAdapter(Translation).validate_json(response.content).text == HEARD
    assert made.told == [("es", "en")]


@pytest.mark.parametrize("field", ["to_language", "target_language"])
async def test_speech_is_translated_to_another_language(field: str) -> None:
    made = recogniser()
    async with stt_service(made) as client:
        made.told.clear()
        response = await translated(client, **{field: "German", "response_format": "verbose_json"})
    assert made.told == [("en", "de")]
    parsed = TypeAdapter(TranslationVerbose).validate_json(response.content)
    assert (parsed.language, parsed.text, parsed.duration) == ("german", HEARD, 1.5)
    assert response.json()["task"] == "translate"
    assert parsed.segments is not None
    assert [segment.text for segment in parsed.segments] == [HEARD]


@pytest.mark.parametrize(
    ("wanted", "content_type", "begins"),
    [
        ("json", "application/json", "{"),
        ("text", "text/plain", HEARD),
        ("srt", "application/x-subrip", "1\n00:00:00"),
        ("vtt", "text/vtt", "WEBVTT"),
    ],
)
async def test_translations_come_in_each_format(
    wanted: str, content_type: str, begins: str
) -> None:
    async with stt_service(recogniser()) as client:
        response = await translated(client, language="de", response_format=wanted)
    assert response.headers["Content-Type"].startswith(content_type)
    assert response.text.startswith(begins)


async def test_english_speech_to_english_is_a_transcript() -> None:
    made = recogniser()
    async with stt_service(made) as client:
        made.told.clear()
        response = await translated(client, language="en", response_format="verbose_json")
    assert made.told == [("en", None)]
    assert (response.json()["language"], response.json()["text"]) == ("english", HEARD)


@pytest.mark.parametrize(
    ("fields", "param", "words"),
    [
        ({}, "language", "Name the language of the audio: to English (en) it translates German"),
        ({"language": "auto"}, "language", "cannot find out what is spoken"),
        ({"language": "fr"}, "language", "does not understand 'fr'. It understands English (en)"),
        ({"language": "fr" * 5000}, "language", f"does not understand '{'fr' * 30}'. It"),
        ({"to_language": "fr"}, "to_language", "does not write 'fr'. It writes German (de)"),
        ({"target_language": "fr"}, "target_language", "target_language: the model does not write"),
        (
            {"to_language": "en", "target_language": "German"},
            "target_language",
            "to_language names another language. Send one of them.",
        ),
        ({"to_language": "fr" * 5000}, "to_language", f"does not write '{'fr' * 30}'. It"),
        (
            {"language": "de", "to_language": "es"},
            "to_language",
            "does not translate German (de) to Spanish (es), but to English (en).",
        ),
        ({"language": "de", "prompt": "Grafana, Helm"}, "prompt", "Leave them out"),
        ({"language": "de", "response_format": "diarized_json"}, "response_format", "apart"),
    ],
)
async def test_what_cannot_be_translated_is_refused(
    fields: dict[str, str], param: str, words: str
) -> None:
    made = recogniser()
    async with stt_service(made) as client:
        made.told.clear()
        blamed, message = error_of(await translated(client, **fields))
    assert (blamed, words in message) == (param, True), message
    assert made.told == []


async def test_setting_of_one_language_is_what_is_spoken() -> None:
    one = replace(
        CANARY, told_languages=("es",), default_language="es", translations=(("es", "en"),)
    )
    spanish = "buenos días cómo está usted hoy"  # what the self-test's clip says
    made = FakeRecogniser(spanish, languages=("es",), abilities=one)
    async with stt_service(made, languages="es") as client:
        made.told.clear()
        assert (await translated(client)).status_code == 200
        heard = await transcribed(client, clip(), response_format="verbose_json")
    assert made.told == [("es", "en"), ("es", None)]
    assert heard.json()["language"] == "spanish"


@pytest.mark.parametrize(
    ("fields", "told", "name"),
    [
        ({}, "en", "english"),
        ({"language": "auto"}, "en", "english"),
        ({"language": "de-AT"}, "de", "german"),
        ({"language": "spanish"}, "es", "spanish"),
        ({"languages[]": ["fr", "es"]}, "es", "spanish"),
    ],
)
async def test_model_is_told_what_a_request_says_is_spoken(
    fields: dict[str, Any], told: str, name: str
) -> None:
    made = recogniser()
    async with stt_service(made) as client:
        made.told.clear()
        verbose = await transcribed(client, clip(), response_format="verbose_json", **fields)
        await transcribed(client, clip(), stream="true", **fields)
    assert made.told == [(told, None)] * 2
    assert verbose.json()["language"] == name


async def test_model_that_only_finds_out_is_told_nothing() -> None:
    made = FakeRecogniser(languages=LANGUAGES)
    async with stt_service(made) as client:
        made.told.clear()
        response = await transcribed(client, clip(), language="de", response_format="verbose_json")
    assert made.told == [(None, None)]
    assert response.json()["language"] == "german"


async def test_other_route_transcribes_in_the_default_language() -> None:
    made = recogniser()
    async with stt_service(made) as client:
        made.told.clear()
        files = {"audio_file": ("a.wav", clip())}
        assert (await client.post("/transcribe", files=files)).json() == {"text": HEARD}
    assert made.told == [(None, None)]


@pytest.mark.parametrize(
    ("fields", "param", "words"),
    [
        ({"keywords[]": "Grafana"}, "keywords", "cannot prefer words"),
        ({"keywords": "Grafana"}, "keywords", "cannot prefer words"),
        ({"prompt": "Grafana, Helm"}, "prompt", "cannot prefer words"),
        ({"include[]": "logprobs"}, "include", "cannot give logprobs"),
        ({"include[]": "logprobs", "stream": "true"}, "include", "cannot give logprobs"),
        ({"response_format": "srt"}, "response_format", "no times of words"),
        ({"response_format": "vtt"}, "response_format", "no times of words"),
        (
            {"response_format": "verbose_json", "timestamp_granularities[]": ["segment", "word"]},
            "timestamp_granularities",
            "no times of words",
        ),
    ],
)
async def test_what_a_model_cannot_do_is_refused_before_it_is_begun(
    fields: dict[str, Any], param: str, words: str
) -> None:
    made = recogniser(FIRST_CANARY)
    async with stt_service(made) as client:
        made.told.clear()
        blamed, message = error_of(await transcribed(client, clip(), **fields))
        good = await transcribed(client, clip())
    assert (blamed, words in message) == (param, True), message
    assert good.status_code == 200
    assert len(made.told) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": "And then he said, what a lovely day it is."},
        {"timestamp_granularities[]": "word"},
        {"response_format": "verbose_json", "timestamp_granularities[]": "segment"},
        {"keywords[]": ""},
    ],
)
async def test_what_has_no_effect_is_not_refused(fields: dict[str, Any]) -> None:
    async with stt_service(recogniser(FIRST_CANARY)) as client:
        response = await transcribed(client, clip(), **fields)
    assert response.status_code == 200, response.text


async def test_segments_of_a_model_without_times_are_the_stretches_between_silences() -> None:
    async with stt_service(recogniser(FIRST_CANARY), piece_s=5) as client:
        response = await transcribed(client, clip(12.0), response_format="verbose_json")
    segments = response.json()["segments"]
    assert len(segments) >= 3
    assert [one["text"] for one in segments] == [HEARD] * len(segments)
    assert [one["id"] for one in segments] == list(range(len(segments)))
    edges = [(one["start"], one["end"]) for one in segments]
    assert (edges[0][0], edges[-1][1]) == (0.0, 12.0)
    assert all(end == start for (_, end), (start, _) in itertools.pairwise(edges))
    assert "words" not in response.json()


async def test_the_model_is_listed_with_its_languages_and_translations() -> None:
    async with stt_service(recogniser()) as client:
        (listed,) = (await client.get("/v1/models")).json()["data"]
    assert listed["languages"] == ["en", "de", "es"]
    assert listed["translations"] == {"en": ["de", "es"], "de": ["en"], "es": ["en"]}


async def test_model_that_does_not_translate_lists_no_translations() -> None:
    async with stt_service() as client:
        (listed,) = (await client.get("/v1/models")).json()["data"]
    assert listed["translations"] == {}
