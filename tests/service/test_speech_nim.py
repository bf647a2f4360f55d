"""The routes of NVIDIA's Speech NIM, with forms as its clients and its curl lines send them."""

import io
import threading
import wave
from typing import Any

import httpx
import pytest

from support.http.speech_service import TEXT, duration_s, samples_of, service_of
from support.models.fakes import RATE_HZ, FakeVoice

WHOLE, ONLINE = "/v1/audio/synthesize", "/v1/audio/synthesize_online"
both = pytest.mark.parametrize("route", [WHOLE, ONLINE])


def form(**fields: str) -> Any:
    """Returns the fields as the parts of multipart/form-data."""
    return {name: (None, value) for name, value in fields.items()}


async def asked(route: str, **fields: str) -> httpx.Response:
    """Returns the response of a new service."""
    async with service_of() as (client, _service):
        return await client.post(route, files=form(**fields))


async def test_synthesize_returns_wav_with_its_true_length() -> None:
    response = await asked(WHOLE, text=TEXT, language="en-US", voice="default")
    assert response.headers["content-type"] == "audio/wav"
    assert int(response.headers["content-length"]) == 44 + samples_of(TEXT) * 2
    with wave.open(io.BytesIO(response.content)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE_HZ, 1, 2)
        assert file.getnframes() == samples_of(TEXT)


async def test_online_streams_samples_without_a_header() -> None:
    response = await asked(ONLINE, text=TEXT, language="en-US", voice="alloy")
    assert response.headers["content-type"] == "audio/pcm"
    assert response.headers["transfer-encoding"] == "chunked"
    assert len(response.content) == samples_of(TEXT) * 2
    assert response.content[:4] != b"RIFF"


@pytest.mark.parametrize("rate_hz", [8_000, RATE_HZ, 48_000])
async def test_speech_has_the_rate_of_the_request(rate_hz: int) -> None:
    fields = {"text": TEXT, "sample_rate_hz": str(rate_hz), "encoding": "LINEAR_PCM"}
    async with service_of() as (client, _service):
        whole = await client.post(WHOLE, files=form(**fields))
        online = await client.post(ONLINE, files=form(**fields))
    with wave.open(io.BytesIO(whole.content)) as file:
        assert file.getframerate() == rate_hz
        assert file.getnframes() / rate_hz == pytest.approx(duration_s(TEXT), abs=0.001)
    assert online.content == whole.content[44:]


@both
async def test_a_form_without_multipart_and_unknown_parts_are_taken_too(route: str) -> None:
    async with service_of() as (client, _service):
        plain = await client.post(route, data={"text": TEXT})
        extra = await client.post(route, files=form(text=TEXT, custom_dictionary="a b", voice=""))
    assert (plain.status_code, extra.status_code) == (200, 200)


@both
async def test_a_wrong_field_is_named(route: str) -> None:
    wrong = [
        ("text", {}),
        ("text", {"text": ""}),
        ("text", {"text": "?!"}),
        ("text", {"text": "x" * 100_001}),
        ("language", {"text": TEXT, "language": "es-US"}),
        ("voice", {"text": TEXT, "voice": "Magpie-Multilingual.EN-US.Aria"}),
        ("sample_rate_hz", {"text": TEXT, "sample_rate_hz": "0"}),
        ("sample_rate_hz", {"text": TEXT, "sample_rate_hz": "loud"}),
        ("sample_rate_hz", {"text": TEXT, "sample_rate_hz": "384000"}),
        ("encoding", {"text": TEXT, "encoding": "MULAW"}),
    ]
    async with service_of() as (client, _service):
        responses = [
            await client.post(route, files=form(ignored="", **fields)) for _param, fields in wrong
        ]
    assert {response.status_code for response in responses} == {400}
    named = [response.json()["error"]["param"] for response in responses]
    assert named == [param for param, _fields in wrong]


async def test_voices_are_listed_by_language_and_each_of_them_speaks() -> None:
    async with service_of() as (client, _service):
        listed = (await client.get("/v1/audio/list_voices")).json()
        assert listed == {"en-US": {"voices": ["default"]}}
        response = await client.post(
            WHOLE, files=form(text=TEXT, language="en-US", voice="default")
        )
    assert response.status_code == 200


async def test_requests_are_refused_before_the_model_is_ready() -> None:
    gate = threading.Event()
    async with service_of(FakeVoice(gate=gate), ready=False) as (client, service):
        responses = [
            await client.post(WHOLE, files=form(text=TEXT)),
            await client.post(ONLINE, files=form(text=TEXT)),
            await client.get("/v1/audio/list_voices"),
        ]
        gate.set()
        await service.until_ready()
        ready = await client.get("/v1/audio/list_voices")
    assert [response.status_code for response in responses] == [503, 503, 503]
    assert {response.json()["error"]["code"] for response in responses} == {"not_ready"}
    assert all(response.headers["retry-after"] for response in responses)
    assert ready.status_code == 200


async def test_the_form_is_described_as_multipart_with_its_fields() -> None:
    async with service_of() as (client, _service):
        document = (await client.get("/openapi.json")).json()
    for route in (WHOLE, ONLINE):
        (media_type,) = document["paths"][route]["post"]["requestBody"]["content"].items()
        assert media_type[0] == "multipart/form-data"
    fields = document["components"]["schemas"]["NimSpeechRequest"]
    assert fields["required"] == ["text"]
    nims = {"text", "language", "voice", "sample_rate_hz", "encoding"}
    assert {*fields["properties"]} == nims | {"text_format"}
