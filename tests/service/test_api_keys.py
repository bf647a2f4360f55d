"""API keys over HTTP: which requests are refused, which paths are open, and changes of the keys."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from nemo_voice_serving.http.api_keys import OPEN_PATHS
from nemo_voice_stt.app import build as build_stt
from nemo_voice_stt.settings import SttSettings
from nemo_voice_tts.app import build as build_tts
from nemo_voice_tts.settings import TtsSettings
from support.http.serving import client_of
from support.models.fakes import FakeNormaliser, FakeRecogniser, FakeVoice
from support.models.live import loud_detector

SPEECH = {"input": "Good morning.", "response_format": "pcm"}
BEARER = {"Authorization": "Bearer sesame"}


def tts(keys: Path | None) -> FastAPI:
    settings = TtsSettings(api_keys_file=keys)
    return build_tts(settings, lambda _settings, _progress: FakeVoice, FakeNormaliser())


def stt(keys: Path | None) -> FastAPI:
    return build_stt(
        SttSettings(api_keys_file=keys), lambda _settings, _progress: FakeRecogniser, loud_detector
    )


def put(file: Path, contents: str | None) -> None:
    """Writes the keys, or deletes their file."""
    if contents is None:
        file.unlink()
    else:
        file.write_text(contents)


@asynccontextmanager
async def guarded(
    file: Path, contents: str = "other\nsesame\n"
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a text-to-speech service with these keys."""
    put(file, contents)
    app = tts(file)
    async with client_of(app) as client:
        yield client


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the keys are."""
    return tmp_path / "keys"


@pytest.mark.parametrize("authorization", ["Bearer sesame", "bearer sesame", "Bearer  other"])
async def test_a_request_with_a_key_is_served(file: Path, authorization: str) -> None:
    async with guarded(file) as client:
        headers = {"Authorization": authorization}
        response = await client.post("/v1/audio/speech", json=SPEECH, headers=headers)
    assert response.status_code == 200
    assert response.content


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer sesam"},
        {"Authorization": "Bearer sesame2"},
        {"Authorization": "Bearer other\tsesame"},
        {"Authorization": "sesame"},
        {"Authorization": "Basic sesame"},
        {"Authorization": b"Bearer \xff\xfe"},
        {"x-api-key": "sesame"},
    ],
    ids=str,
)
async def test_a_request_without_a_valid_key_is_refused_in_openais_shape(
    file: Path, headers: dict[str, str | bytes]
) -> None:
    raw = [(name.encode(), value if isinstance(value, bytes) else value.encode())
           for name, value in headers.items()]  # fmt: skip
    async with guarded(file) as client:
        response = await client.post("/v1/audio/speech", json=SPEECH, headers=raw)
    error = response.json()["error"]
    assert response.status_code == 401
    assert (error["type"], error["code"]) == ("invalid_request_error", "invalid_api_key")
    assert error.keys() == {"message", "type", "param", "code"}
    assert response.headers["www-authenticate"].startswith("Bearer ")
    assert response.headers["x-request-id"]
    assert "sesame" not in response.text


@pytest.mark.parametrize("build", [tts, stt])
async def test_every_route_that_is_not_listed_as_open_needs_a_key(
    file: Path, build: Callable[[Path], FastAPI]
) -> None:
    put(file, "sesame")
    app = build(file)
    async with client_of(app) as client:
        described = (await client.get("/openapi.json")).json()["paths"]
        routes = [(path, method) for path, methods in described.items() for method in methods]
        others = [(path, "get") for path in (*OPEN_PATHS, "/nowhere", "/redoc")]
        found = {
            (path, method): (await client.request(method, path)).status_code
            for path, method in [*routes, *others]
        }
    assert len(routes) >= 7
    closed = {path for (path, _), status in found.items() if status == 401}
    assert closed == {path for path, _ in found} - OPEN_PATHS
    assert {found[path, "get"] for path in OPEN_PATHS} == {200}


async def test_without_the_setting_no_key_is_needed() -> None:
    app = tts(None)
    async with client_of(app) as client:
        response = await client.post("/v1/audio/speech", json=SPEECH)
        described = (await client.get("/openapi.json")).json()
    assert response.status_code == 200
    assert "securitySchemes" not in described["components"]


async def test_the_openapi_document_says_which_routes_need_a_key(file: Path) -> None:
    async with guarded(file) as client:
        described = (await client.get("/openapi.json")).json()
    scheme = described["components"]["securitySchemes"]["HTTPBearer"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    for path, operations in described["paths"].items():
        for operation in operations.values():
            assert ("security" in operation) is (path not in OPEN_PATHS)
            assert ("401" in operation["responses"]) is (path not in OPEN_PATHS)


async def test_changed_keys_apply_to_the_next_request(file: Path) -> None:
    async with guarded(file) as client:
        before = await client.get("/v1/models", headers=BEARER)
        put(file, "new")
        revoked = await client.get("/v1/models", headers=BEARER)
        after = await client.get("/v1/models", headers={"Authorization": "Bearer new"})
    assert [one.status_code for one in (before, revoked, after)] == [200, 401, 200]


async def test_without_any_valid_key_every_request_is_refused_and_readiness_says_why(
    file: Path,
) -> None:
    async with guarded(file) as client:
        ready = await client.get("/v1/health/ready")
        put(file, "")
        refused = await client.get("/v1/models", headers=BEARER)
        empty = await client.get("/v1/models", headers={"Authorization": "Bearer"})
        unready, live = await client.get("/v1/health/ready"), await client.get("/v1/health/live")
        put(file, None)
        gone = await client.get("/readyz")
        put(file, "sesame")
        again = await client.get("/readyz")
    assert (ready.status_code, live.status_code, again.status_code) == (200, 200, 200)
    assert (refused.status_code, empty.status_code) == (401, 401)
    assert unready.status_code == 503
    assert "there is no API key" in unready.json()["reason"]
    assert gone.status_code == 503
    assert "cannot be read" in gone.json()["reason"]


async def test_a_refusal_is_sent_before_the_body_arrives(file: Path) -> None:
    async with guarded(file) as client:
        reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
        writer.write(b"POST /transcribe HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
        status_line = await asyncio.wait_for(reader.readline(), 10)
        writer.close()
        await writer.wait_closed()
    assert b" 401 " in status_line


async def test_refused_requests_are_counted_and_keys_are_never_logged(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with guarded(file) as client:
        await client.get("/v1/models", headers={"Authorization": "Bearer guessed-key"})
        await client.get("/v1/models", headers=BEARER)
        metrics = (await client.get("/metrics")).text
    assert 'nemo_voice_requests_total{outcome="invalid_api_key",route="unknown"} 1.0' in metrics
    ours = [record for record in caplog.records if record.name.startswith("nemo_voice")]
    everything = " ".join(str(vars(record)) for record in ours)
    assert "request finished" in everything
    assert "guessed-key" not in everything
    assert "sesame" not in everything
