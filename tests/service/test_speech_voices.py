"""Voices of a model with several speakers, on every route, with a fake of them."""

from typing import Any

import httpx
import pytest

from support.http.speech_service import TEXT, service_of
from support.models.fakes import FakeVoice

NAMED = {"helen": 92, "Tío Juan": 3, "alloy": 92}


async def asked(client: httpx.AsyncClient, route: str, voice: str | None) -> httpx.Response:
    """Returns the response of a route to a request with this voice, or none."""
    named = {} if voice is None else {"voice": voice}
    if route == "/v1/audio/speech":
        return await client.post(route, json={"input": TEXT, "model": "m", **named})
    if route == "/synthesize":
        return await client.post(route, json={"text": TEXT, **named})
    return await client.post(route, files={"text": (None, TEXT)} | _form(named))


def _form(fields: dict[str, str]) -> dict[str, Any]:
    return {name: (None, value) for name, value in fields.items()}


every_route = pytest.mark.parametrize(
    "route",
    ["/v1/audio/speech", "/synthesize", "/v1/audio/synthesize", "/v1/audio/synthesize_online"],
)


@every_route
async def test_the_named_speaker_speaks(route: str) -> None:
    voice = FakeVoice(speakers=174)
    async with service_of(voice, speakers=NAMED) as (client, _service):
        responses = [
            await asked(client, route, name) for name in ("helen", "alloy", "Tío Juan", "92", "3")
        ]
    assert [response.status_code for response in responses] == [200] * 5
    spoken = [phrase.speaker for phrase in voice.phrases if phrase.tokens == tuple(map(ord, TEXT))]
    assert spoken == [92, 92, 3, 92, 3]


@every_route
async def test_no_voice_and_one_of_openais_are_refused_with_the_voices(route: str) -> None:
    async with service_of(FakeVoice(speakers=174), speakers=NAMED) as (client, _service):
        responses = [
            await asked(client, route, name) for name in (None, "default", "nova", "nobody", "0")
        ]
    for response in responses:
        error = response.json()["error"]
        assert response.status_code == 400
        assert (error["param"], error["code"]) == ("voice", "unknown_voice")
        assert "helen, Tío Juan, alloy" in error["message"]


@every_route
async def test_the_default_voice_speaks_unless_another_is_named(route: str) -> None:
    voice = FakeVoice(speakers=174)
    async with service_of(voice, default_voice="Tío Juan", speakers=NAMED) as (client, _service):
        statuses = [
            (await asked(client, route, name)).status_code
            for name in (None, "default", "helen", "nova")
        ]
    assert statuses == [200, 200, 200, 400]
    spoken = [phrase.speaker for phrase in voice.phrases if phrase.tokens == tuple(map(ord, TEXT))]
    assert spoken == [3, 3, 92]


async def test_the_voices_are_listed_everywhere() -> None:
    async with service_of(FakeVoice(speakers=174), speakers=NAMED) as (client, _service):
        menu = (await client.get("/v1/audio/voices")).json()["voices"]
        ids = (await client.get("/v1/audio/voices?legacy=true")).json()["voices"]
        nims = (await client.get("/v1/audio/list_voices")).json()
        [model] = (await client.get("/v1/models")).json()["data"]
    names = ["helen", "Tío Juan", "alloy"]
    assert [one["id"] for one in menu] == ids == model["voices"] == names
    assert [one["voices"] for one in nims.values()] == [names]
    assert model["speakers"] == 174


async def test_speakers_without_names_are_listed_by_number() -> None:
    async with service_of(FakeVoice(speakers=3)) as (client, _service):
        listed = (await client.get("/v1/audio/voices?legacy=true")).json()["voices"]
        statuses = [
            (await asked(client, "/synthesize", name)).status_code for name in (*listed, "3", None)
        ]
    assert listed == ["0", "1", "2"]
    assert statuses == [200, 200, 200, 400, 400]


async def test_self_test_and_warm_up_speak_with_the_default_or_the_first_voice() -> None:
    for default, speaker in ((None, 92), ("Tío Juan", 3)):
        voice = FakeVoice(speakers=174)
        async with service_of(
            voice, warmup_texts='["Hello."]', speakers=NAMED, default_voice=default
        ):
            pass
        assert {phrase.speaker for phrase in voice.phrases} == {speaker}


async def test_an_openai_voice_object_names_a_speaker() -> None:
    voice = FakeVoice(speakers=174)
    async with service_of(voice, speakers=NAMED) as (client, _service):
        body = {"input": TEXT, "model": "m", "voice": {"id": "helen"}}
        response = await client.post("/v1/audio/speech", json=body)
    assert response.status_code == 200
    assert voice.phrases[-1].speaker == 92


async def test_letters_that_the_voice_has_not_are_counted_or_refused() -> None:
    text = "Añil y ñandú."
    async with service_of(FakeVoice(unknown="ñ")) as (client, _service):
        spoken = await client.post("/synthesize", json={"text": text})
        strict = await client.post("/synthesize", json={"text": text, "strict": True})
        metrics = (await client.get("/metrics")).text
    assert spoken.status_code == 200
    assert "nemo_voice_unread_characters_total 2.0" in metrics
    assert strict.json()["error"]["code"] == "unreadable_characters"
    assert strict.json()["error"]["param"] == "text"
    assert "'ñ'" in strict.json()["error"]["message"]


@every_route
async def test_ssml_names_who_speaks_each_part(route: str) -> None:
    text = (
        '<speak>One <voice name="Tío Juan">two <prosody rate="120%">three</prosody></voice> four '
        '<voice name="Zoe 92">five</voice></speak>'
    )
    field = "input" if route == "/v1/audio/speech" else "text"
    body = {field: text, "voice": "0"}
    voice = FakeVoice(speakers=174)
    async with service_of(voice, speakers={**NAMED, "0": 0}) as (client, _service):
        sent = {"files": _form(body)} if "synthesize" in route[8:] else {"json": body}
        response = await client.post(route, **sent)
    assert response.status_code == 200
    said = [("".join(map(chr, one.tokens)), one.speaker) for one in voice.phrases[-5:]]
    assert said == [("One", 0), ("two", 3), ("three", 3), ("four", 0), ("five", 92)]


@every_route
async def test_unknown_voice_of_ssml_is_refused_and_one_voice_speaks_on(route: str) -> None:
    text = '<speak>One <voice name="es-ES-ElviraNeural">two</voice></speak>'
    field = "input" if route == "/v1/audio/speech" else "text"
    sent: dict[str, Any] = {"json": {field: text, "voice": "alloy"}}
    if "synthesize" in route[8:]:
        sent = {"files": _form({field: text, "voice": "alloy"})}
    async with service_of(FakeVoice(speakers=174), speakers=NAMED) as (client, _service):
        error = (await client.post(route, **sent)).json()["error"]
    async with service_of(FakeVoice()) as (client, _service):
        response = await client.post(route, **sent)
    assert (error["param"], error["code"]) == (field, "unknown_voice")
    assert "'es-ES-ElviraNeural'" in error["message"]
    assert "helen, Tío Juan, alloy" in error["message"]
    assert response.status_code == 200
