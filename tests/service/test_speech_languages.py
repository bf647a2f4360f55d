"""A voice reads every text in its own language, whatever the route."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from typing_extensions import override

from nemo_voice_tts.app import build
from nemo_voice_tts.settings import TtsSettings
from nemo_voice_tts.text.phonemes import Pronunciation, ipa, unknown_phoneme
from support.http.serving import client_of
from support.models.fakes import FakeNormaliser, FakeVoice

SPANISH, GERMAN = "Cuesta 25 euros", "Das kostet 25 Euro"
IN_WORDS = {"es": "Cuesta veinticinco euros", "de": "Das kostet fünfundzwanzig Euro"}


class NotStarted(FakeNormaliser):
    """The English grammars, which no other language must ask."""

    @override
    async def start(self) -> None:
        raise AssertionError("the English grammars were started")

    @override
    async def normalise(self, text: str) -> str:
        raise AssertionError(f"the English grammars were asked: {text}")


def voice_of(*languages: str) -> FakeVoice:
    """Returns a voice whose checkpoint says these languages."""
    voice = FakeVoice()
    voice.description = replace(voice.description, languages=languages)
    return voice


@asynccontextmanager
async def service_of(voice: FakeVoice, **settings: object) -> AsyncIterator[httpx.AsyncClient]:
    """Yields a client of a service with this voice, once it is ready."""
    made = TtsSettings.model_validate(settings)
    app = build(made, lambda _settings, _progress: lambda: voice, NotStarted())
    async with client_of(app) as client:
        yield client


def said_by(voice: FakeVoice) -> str:
    """Returns what the voice was last told to say."""
    return "".join(map(chr, voice.phrases[-1].tokens))


@pytest.mark.parametrize(("code", "text"), [("es", SPANISH), ("de", GERMAN)])
async def test_every_route_reads_in_the_language_of_the_checkpoint(code: str, text: str) -> None:
    voice = voice_of(code)
    async with service_of(voice) as client:
        asked = (
            client.post("/synthesize", json={"text": text}),
            client.post("/v1/audio/speech", json={"input": text, "response_format": "pcm"}),
            client.post("/v1/audio/synthesize", files={"text": (None, text)}),
            client.post("/v1/audio/synthesize_online", files={"text": (None, text)}),
        )
        for request in asked:
            response = await request
            assert response.status_code == 200
            assert said_by(voice) == IN_WORDS[code]
        reading = await client.post("/v1/audio/reading", json={"text": text})
    assert [phrase["text"] for phrase in reading.json()["phrases"]] == [IN_WORDS[code]]


async def test_setting_says_the_language_where_the_checkpoint_does_not() -> None:
    voice = voice_of()
    async with service_of(voice, language="es-MX") as client:
        await client.post("/synthesize", json={"text": SPANISH})
    assert said_by(voice) == IN_WORDS["es"]


async def test_ssml_reads_its_values_in_the_language() -> None:
    voice = voice_of("es")
    text = '<speak xml:lang="en-US">Son <say-as interpret-as="cardinal">21</say-as>.</speak>'
    async with service_of(voice) as client:
        await client.post("/synthesize", json={"text": text, "text_format": "ssml"})
    assert said_by(voice) == "Son veintiuno."


async def test_letters_are_said_by_their_names() -> None:
    voice = voice_of("es")
    async with service_of(voice) as client:
        await client.post("/synthesize", json={"text": "El FBI oyó un MP3."})
        reading = await client.post("/v1/audio/reading", json={"text": "El FBI oyó un MP3."})
    assert said_by(voice) == "El efe be i oyó un eme pe tres."
    assert reading.json()["phrases"][0]["text"] == "El F B I oyó un MP tres."


@pytest.mark.parametrize("tag", ["es", "es-ES", "es-US", "es_MX"])
async def test_nim_client_may_name_the_language(tag: str) -> None:
    voice = voice_of("es")
    async with service_of(voice) as client:
        form = {"text": (None, SPANISH), "language": (None, tag)}
        response = await client.post("/v1/audio/synthesize", files=form)
        voices = await client.get("/v1/audio/list_voices")
    assert response.status_code == 200
    assert voices.json() == {"es-US": {"voices": ["default"]}}


async def test_nim_client_that_names_another_language_is_refused() -> None:
    async with service_of(voice_of("es")) as client:
        form = {"text": (None, SPANISH), "language": (None, "en-US")}
        response = await client.post("/v1/audio/synthesize", files=form)
    assert response.status_code == 400
    assert response.json()["error"]["message"] == "The voice speaks Spanish (es-US) alone."


async def test_text_in_a_foreign_script_is_refused_with_the_language() -> None:
    async with service_of(voice_of("de")) as client:
        response = await client.post("/synthesize", json={"text": "Привет, мир"})
    assert response.status_code == 400
    assert "German" in response.json()["error"]["message"]


async def test_strict_request_is_refused_in_every_language() -> None:
    async with service_of(voice_of("es")) as client:
        body = {"text": "Hola 你", "strict": True}
        response = await client.post("/synthesize", json=body)
    assert response.status_code == 400
    assert "U+4F60" in response.json()["error"]["message"]


async def test_models_route_says_the_language() -> None:
    async with service_of(voice_of("de")) as client:
        models = await client.get("/v1/models")
    assert models.json()["data"][0]["languages"] == ["de"]


class SpanishSounds(FakeVoice):
    """A voice with a sound that English does not have."""

    @override
    def check(self, pronunciation: Pronunciation, /) -> None:
        if not set(ipa(pronunciation)) <= set("xamon"):
            raise unknown_phoneme(pronunciation.written, pronunciation)


@pytest.mark.parametrize(("sounds", "status"), [("/xamon/", 200), ("/θin/", 400)])
async def test_request_may_use_the_sounds_of_the_voice_and_no_others(
    sounds: str, status: int
) -> None:
    voice = SpanishSounds()
    voice.description = replace(voice.description, languages=("es",))
    async with service_of(voice) as client:
        body = {"text": "Un jamón.", "pronunciations": {"jamón": sounds}}
        response = await client.post("/synthesize", json=body)
        reading = await client.post("/v1/audio/reading", json=body)
    assert (response.status_code, reading.status_code) == (status, status)
    if status == 400:
        assert response.json()["error"]["param"] == "pronunciations"
