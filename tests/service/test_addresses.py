"""The addresses of both services, however they are spelt: HEAD, slashes, Azure's, unknown ones."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import openai
import pytest
from fastapi import FastAPI

from support.http.raw_http import sent, sent_until_closed
from support.http.transcribing import HEARD, clip
from support.http.voice_apps import calling, stt_app, tts_app

BOTH = pytest.mark.parametrize("build", [tts_app, stt_app], ids=["tts", "stt"])
HIDDEN = ["/healthz", "/readyz", "/v1/metrics", "/docs", "/openapi.json"]
CHANGING = {"/metrics", "/v1/metrics", "/v1/health/ready", "/readyz"}
"""They hold numbers of the moment."""
VARYING = {"date", "x-request-id", "content-length"}
SPEECH = {"input": "Hi.", "response_format": "wav"}


async def got(client: httpx.AsyncClient) -> list[str]:
    """Returns the address of every GET route, the model's name filled in."""
    document = (await client.get("/openapi.json")).json()
    described = [path for path, methods in document["paths"].items() if "get" in methods]
    return [path.replace("{model}", "demo") for path in described] + HIDDEN


@BOTH
async def test_head_is_answered_as_get_without_the_body(build: object) -> None:
    async with calling(build()) as client:  # type: ignore[operator] # one of two functions
        paths = await got(client)
        for path in [*paths, "/nowhere", "/v1/models/other", "/v1/health/startup?wait_s=x"]:
            whole, head = await client.get(path), await client.head(path)
            assert head.status_code == whole.status_code, path
            assert head.content == b""
            kept = {name: whole.headers[name] for name in whole.headers if name not in VARYING}
            assert {
                name: head.headers[name] for name in head.headers if name not in VARYING
            } == kept
            if path not in CHANGING:
                assert head.headers["content-length"] == str(len(whole.content))
    assert len(paths) > 10


@pytest.mark.parametrize("version", ["1.0", "1.1"])
async def test_nothing_follows_the_headers_of_a_head_on_the_wire(version: str) -> None:
    async with calling(tts_app()) as client:
        request = f"HEAD /v1/models HTTP/{version}\r\nHost: x\r\nConnection: close\r\n\r\n"
        response = await sent_until_closed(client, request.encode())
    assert (response.status, response.body) == (200, b"")
    assert int(response.headers["content-length"]) > 10


async def test_head_of_an_unready_service_says_so() -> None:
    async with calling(tts_app(model="file:///nowhere.nemo"), ready=False) as client:
        head, whole = await client.head("/v1/health/ready"), await client.get("/v1/health/ready")
    assert head.status_code in {200, 503}
    assert whole.status_code in {200, 503}


@BOTH
async def test_a_405_states_what_is_allowed(build: object) -> None:
    async with calling(build()) as client:  # type: ignore[operator] # one of two functions
        for path in await got(client):
            for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
                response = await client.request(method, path)
                assert response.status_code == 405, (method, path)
                assert response.headers["allow"] == "GET, HEAD"
                assert response.json()["error"]["code"] == "method_not_allowed"


async def test_a_head_of_a_post_route_is_a_405_that_allows_post() -> None:
    async with calling(tts_app()) as client:
        response = await client.head("/v1/audio/speech")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@BOTH
@pytest.mark.parametrize("slashes", ["/", "//", "/?x=/"])
async def test_a_slash_at_the_end_changes_no_get(build: object, slashes: str) -> None:
    async with calling(build()) as client:  # type: ignore[operator] # one of two functions
        for path in await got(client):
            plain, slashed = await client.get(path), await client.get(path + slashes)
            assert slashed.status_code == plain.status_code == 200, path
            if path not in CHANGING:
                assert slashed.content == plain.content


async def test_a_slash_at_the_end_loses_no_body() -> None:
    files = {"file": ("a.wav", clip()), "audio_file": ("a.wav", clip())}
    async with calling(tts_app()) as client:
        for path, body in (
            ("/synthesize/", {"json": {"text": "Hi."}}),
            ("/v1/audio/speech/", {"json": SPEECH}),
            ("/v1/audio/synthesize/", {"data": {"text": "Hi."}}),
            ("/v1/audio/synthesize_online/", {"data": {"text": "Hi."}}),
        ):
            response = await client.post(path, **body)  # type: ignore[arg-type] # json or data
            assert response.status_code == 200, response.text
            assert len(response.content) > 1000
    async with calling(stt_app()) as client:
        for path in ("/transcribe/", "/v1/audio/transcriptions/"):
            response = await client.post(path, files=files)
            assert response.status_code == 200, response.text
            assert response.json()["text"] == HEARD
        assert (await client.post("/v1/audio/translations/", files=files)).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "//v1/models",
        "/v1//models",
        "//v1///models/demo",
        "/openai//v1/models",
        "//openai//models",
        "//docs",
        "/v1//version",
    ],
)
async def test_a_base_that_ends_with_a_slash_may_be_joined_to_a_path_that_begins_with_one(
    path: str,
) -> None:
    single = path.replace("///", "/").replace("//", "/")
    async with calling(tts_app()) as client:
        base = str(client.base_url).rstrip("/")
        plain, doubled = await client.get(single), await client.get(base + path)
    assert plain.status_code == doubled.status_code == 200
    assert plain.content == doubled.content


async def test_a_doubled_slash_loses_no_body_and_opens_nothing(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("sesame")
    async with calling(tts_app(api_keys_file=keys)) as client:
        refused = await client.post("/v1//audio/speech", json=SPEECH)
        admitted = await client.post(
            "/v1//audio/speech", json=SPEECH, headers={"Authorization": "Bearer sesame"}
        )
    assert (refused.status_code, admitted.status_code) == (401, 200)


@pytest.mark.parametrize("path", ["/v1/models/", "//v1//models/"])
async def test_the_name_of_a_model_keeps_its_slashes(path: str) -> None:
    name = "https://models.example//a.nemo"
    async with calling(tts_app()) as client:
        response = await client.get(str(client.base_url).rstrip("/") + path + name)
    assert response.json()["error"]["message"] == f"This service serves demo, not {name}."


@pytest.mark.parametrize("path", ["/v1/models/", "/v1/models//", "/v1/models/%2F"])
async def test_no_model_has_an_empty_name(path: str) -> None:
    async with calling(tts_app()) as client:
        response = await client.get(path)
    assert response.json()["object"] == "list"


async def test_a_slash_opens_nothing_that_a_key_closes_and_closes_nothing_open(
    tmp_path: Path,
) -> None:
    keys = tmp_path / "keys"
    keys.write_text("sesame")
    async with calling(tts_app(api_keys_file=keys)) as client:
        for path in ("/metrics/", "/readyz/", "/docs/", "/v1/health/startup/"):
            assert (await client.get(path)).status_code == 200, path
            assert (await client.head(path)).status_code == 200, path
        for path in ("/v1/models/", "/v1/audio/voices/", "/openai/models", "/nowhere/"):
            assert (await client.get(path)).status_code == 401, path
            assert (await client.head(path)).status_code == 401, path


async def test_menus_get_voices_and_models_as_open_webui_reads_them() -> None:
    async with calling(tts_app()) as client:
        voices = (await client.get("/v1/audio/voices")).json()["voices"]
        names = (await client.get("/v1/audio/voices?legacy=true")).json()["voices"]
        models = (await client.get("/v1/audio/models")).json()["models"]
        assert {voice["id"]: voice["name"] for voice in voices} == {"default": "default"}
        assert names == [voice["id"] for voice in voices]
        assert models == [{"id": "demo", "name": "demo"}]
        for name in names:
            body = {**SPEECH, "voice": name, "model": models[0]["id"]}
            assert (await client.post("/v1/audio/speech", json=body)).status_code == 200
    async with calling(stt_app()) as client:
        assert (await client.get("/v1/audio/models")).json()["models"][0]["id"] == "demo"


@asynccontextmanager
async def azure(app: FastAPI, key: str = "sesame") -> AsyncIterator[openai.AsyncAzureOpenAI]:
    """Yields Azure's own client of the application."""
    async with calling(app) as plain:
        endpoint = str(plain.base_url)
        client = openai.AsyncAzureOpenAI(
            azure_endpoint=endpoint, api_key=key, api_version="2024-10-21", max_retries=0
        )
        async with client:
            yield client


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A file with one key."""
    file = tmp_path / "keys"
    file.write_text("sesame")
    return file


async def test_azures_client_speaks_with_its_key(keys: Path) -> None:
    async with azure(tts_app(api_keys_file=keys)) as client:
        response = await client.audio.speech.create(
            model="my-deployment", voice="alloy", input="Hi.", response_format="wav"
        )
        assert response.content.startswith(b"RIFF")
        assert [model.id async for model in client.models.list()] == ["demo"]


async def test_azures_client_transcribes_and_reads_errors(keys: Path) -> None:
    async with azure(stt_app(api_keys_file=keys)) as client:
        file = ("a.wav", clip())
        heard = await client.audio.transcriptions.create(model="whisper", file=file)
        assert heard.text == HEARD
    async with azure(stt_app(api_keys_file=keys), key="wrong") as client:
        with pytest.raises(openai.AuthenticationError):
            await client.audio.transcriptions.create(model="whisper", file=file)


@pytest.mark.parametrize(
    "path",
    [
        "/openai/deployments/any-name/audio/speech?api-version=2024-10-21",
        "/openai/deployments/a%20name/audio/speech/?api-version=preview",
        "/openai/v1/audio/speech",
        "/openai/v1/audio/speech?api-version=preview",
    ],
)
async def test_azures_addresses_speak(path: str, keys: Path) -> None:
    async with calling(tts_app(api_keys_file=keys)) as client:
        for headers in ({"api-key": "sesame"}, {"Authorization": "Bearer sesame"}):
            response = await client.post(path, json=SPEECH, headers=headers)
            assert response.status_code == 200, response.text
        counted = (await client.get("/metrics")).text
    assert 'route="/v1/audio/speech"' in counted


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"api-key": "sesame"}, 200),
        ({"API-KEY": "sesame"}, 200),
        ({"api-key": "sesame", "Authorization": "Basic eDp5"}, 200),
        ({"api-key": "sesame", "Authorization": "Bearer"}, 200),
        ({"api-key": "sesame", "Authorization": "Bearer wrong"}, 401),
        ({"api-key": "wrong", "Authorization": "Bearer sesame"}, 200),
        ({"api-key": ""}, 401),
        ({"api-key": "Bearer sesame"}, 401),
        ({"x-api-key": "sesame"}, 401),
    ],
)
async def test_which_header_holds_the_key(headers: dict[str, str], status: int, keys: Path) -> None:
    async with calling(tts_app(api_keys_file=keys)) as client:
        response = await client.get("/v1/models", headers=headers)
    assert response.status_code == status


@pytest.mark.parametrize(
    "path",
    [
        "/openai",
        "/openai/deployments",
        "/openai/deployments/x",
        "/openai/deployments/x/chat/completions",
        "/openai/deployments//audio/speech",
        "/openai/deployments/a/b/audio/speech",
        "/openai/metrics",
        "/openaiv1/models",
        "/x/openai/v1/models",
    ],
)
async def test_what_azure_has_and_the_service_has_not_is_a_404(path: str) -> None:
    async with calling(tts_app()) as client:
        response = await client.get(path)
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")


async def test_a_target_in_absolute_form_is_the_same_address() -> None:
    async with calling(tts_app()) as client:
        request = b"GET http://speech.example/v1/models/ HTTP/1.1\r\nHost: speech.example\r\n\r\n"
        assert (await sent(client, request)).status == 200
