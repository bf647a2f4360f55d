"""What a text is written in: a field of every speech route, and a setting for those without it."""

import httpx
import pytest

from support.http.speech_service import service_of
from support.models.fakes import FakeVoice

SPEECH, NATIVE = "/v1/audio/speech", "/synthesize"
NIM, ONLINE = "/v1/audio/synthesize", "/v1/audio/synthesize_online"
SSML = "<speak>One <sub alias='two'>2</sub>.</speak>"


async def _post(client: httpx.AsyncClient, route: str, body: dict[str, str]) -> httpx.Response:
    if route in {NIM, ONLINE}:
        return await client.post(route, data=body)
    return await client.post(route, json=body)


def _spoken(voice: FakeVoice) -> str:
    """Returns what was said after the self-test's sentence."""
    return " / ".join("".join(map(chr, phrase.tokens)) for phrase in voice.phrases[1:])


@pytest.mark.parametrize(
    ("text", "text_format", "spoken"),
    [
        ("[Some](stars) here.", None, "Some here."),
        ("[Some](stars) here.", "auto", "Some here."),
        ("[Some](stars) here.", "plain", "Some (stars) here."),
        ("1*2*3", "auto", "one times two times three"),
        ("1*2*3", "markdown", "one hundred twenty three"),
        ("<p>One</p><p>Two", "html", "One / Two"),
        (SSML, "ssml", "One two."),
        (SSML, "auto", "One two."),
    ],
)
@pytest.mark.parametrize("route", [SPEECH, NATIVE, NIM, ONLINE])
async def test_every_route_reads_what_the_request_says(
    route: str, text: str, text_format: str | None, spoken: str
) -> None:
    field = "input" if route == SPEECH else "text"
    body = {field: text} | ({} if text_format is None else {"text_format": text_format})
    voice = FakeVoice()
    async with service_of(voice) as (client, _service):
        response = await _post(client, route, body)
    assert response.status_code == 200, response.text
    assert _spoken(voice) == spoken


@pytest.mark.parametrize("route", [SPEECH, NATIVE, NIM])
async def test_broken_ssml_is_a_400_that_says_where_and_what_to_do(route: str) -> None:
    field = "input" if route == SPEECH else "text"
    async with service_of() as (client, _service):
        body = {field: "<speak>\nTom & Jerry</speak>"}
        response = await _post(client, route, body)
    assert response.status_code == 400
    error = response.json()["error"]
    assert (error["code"], error["param"]) == ("invalid_ssml", field)
    assert "line 2, column 6" in error["message"]
    assert "&amp;" in error["message"]


async def test_a_sound_that_the_voice_has_not_is_a_400_before_any_audio() -> None:
    text = f"<speak>{'Words first. ' * 40}<phoneme ph='bɔ̃ˈʒuʁ'>bonjour</phoneme></speak>"
    async with service_of() as (client, _service):
        response = await client.post(NATIVE, json={"text": text})
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["code"] == "unknown_phoneme"
    assert "'ɔ̃'" in error["message"]


async def test_an_unknown_format_is_a_400() -> None:
    async with service_of() as (client, _service):
        response = await client.post(NATIVE, json={"text": "Hi.", "text_format": "rtf"})
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "text_format"


@pytest.mark.parametrize(
    ("sent", "spoken"), [({}, "Some (stars) here."), ({"text_format": "auto"}, "Some here.")]
)
async def test_the_setting_counts_where_the_request_says_nothing(
    sent: dict[str, str], spoken: str
) -> None:
    voice = FakeVoice()
    async with service_of(voice, text_format="plain") as (client, _service):
        await client.post(NATIVE, json={"text": "[Some](stars) here.", **sent})
    assert _spoken(voice) == spoken


async def test_a_break_is_silence_in_the_file() -> None:
    async with service_of() as (client, _service):
        lengths = []
        for pause in ("", "<break time='2s'/>"):
            body = {"text": f"<speak>One. {pause} Two.</speak>", "stream": False}
            lengths.append(len((await client.post(NATIVE, json=body)).content))
    assert lengths[1] - lengths[0] == 2 * 22050 * 2
