"""Headers of every response, CORS, and what a NIM's clients read about the service."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from nemo_voice_tts import __version__
from nemo_voice_tts.settings import TtsSettings
from support.http.voice_apps import calling, stt_app, tts_app

PAGE = {"Origin": "https://app.example"}
SPEECH = {"input": "Good morning.", "response_format": "pcm"}
PREFLIGHT = {
    **PAGE,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,x-stainless-lang",
}


@pytest.mark.parametrize("path", ["/v1/models", "/readyz", "/metrics", "/nowhere", "/openapi.json"])
async def test_every_response_forbids_caching_and_type_guessing(path: str) -> None:
    async with calling(tts_app()) as client:
        response = await client.get(path)
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-request-id"]
    assert "server" not in response.headers


async def test_without_the_setting_there_are_no_cors_headers() -> None:
    async with calling(tts_app()) as client:
        plain = await client.get("/v1/models", headers=PAGE)
        preflight = await client.options("/v1/audio/speech", headers=PREFLIGHT)
    assert not any(name.startswith("access-control") for name in plain.headers)
    assert preflight.status_code == 405


async def test_a_page_of_an_allowed_origin_may_call_and_read_errors(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("sesame")
    app = tts_app(api_keys_file=keys, cors_origins="https://app.example, https://b.example:8443")
    async with calling(app) as client:
        preflight = await client.options("/v1/audio/speech", headers=PREFLIGHT)
        of_head = {**PREFLIGHT, "Access-Control-Request-Method": "HEAD"}
        preflight_of_head = await client.options("/v1/models", headers=of_head)
        foreign = {**PREFLIGHT, "Origin": "https://evil.example"}
        foreign_preflight = await client.options("/v1/audio/speech", headers=foreign)
        with_key = {**PAGE, "Authorization": "Bearer sesame"}
        served = await client.post("/v1/audio/speech", json=SPEECH, headers=with_key)
        refused = await client.post("/v1/audio/speech", json=SPEECH, headers=PAGE)
        other = await client.get(
            "/v1/models", headers={**with_key, "Origin": "https://evil.example"}
        )
    assert preflight.status_code == preflight_of_head.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "https://app.example"
    assert "x-stainless-lang" in preflight.headers["access-control-allow-headers"]
    assert foreign_preflight.status_code == 400
    assert foreign_preflight.json()["error"]["code"] == "invalid_request"
    assert served.status_code == 200
    assert served.headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-credentials" not in served.headers
    assert "X-Request-Id" in served.headers["access-control-expose-headers"]
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize(
    "origin", ["app.example", "https://a.example/path", "ftp://a", "https://*.x"]
)
def test_settings_refuse_a_malformed_origin(origin: str) -> None:
    with pytest.raises(ValidationError, match="is no origin"):
        TtsSettings(cors_origins=(origin,))


@pytest.mark.parametrize("app", [tts_app(), stt_app()], ids=["tts", "stt"])
async def test_the_routes_of_a_nim_describe_the_service(app: FastAPI) -> None:
    async with calling(app) as client:
        version = (await client.get("/v1/version")).json()
        metadata = (await client.get("/v1/metadata")).json()
        ready = await client.get("/v1/health/ready")
        live = await client.get("/v1/health/live")
        metrics = await client.get("/v1/metrics")
    assert version == {"release": __version__, "api": __version__}
    assert metadata["version"] == __version__
    assert metadata["modelInfo"] == [{"shortName": "demo:r1", "modelUrl": "demo"}]
    assert (ready.status_code, live.status_code, metrics.status_code) == (200, 200, 200)
    assert ready.json().items() >= {"object": "health.response", "status": "ready"}.items()
    assert ready.json()["message"] == "Service is ready."
    assert live.json() == {
        "object": "health.response",
        "message": "Service is live.",
        "status": "live",
    }


async def test_the_nim_operator_reads_the_whole_name_of_a_model_that_is_a_url() -> None:
    app = tts_app(model="https://models.example/voice.nemo")
    async with calling(app) as client:
        (served,) = (await client.get("/v1/metadata")).json()["modelInfo"]
    # The NIM Operator takes what precedes the first colon for the name.
    assert served["shortName"].split(":")[0] == "models.example/voice.nemo"


async def test_an_unready_service_says_so_in_the_fields_of_both_apis() -> None:
    async with calling(tts_app(), ready=False) as client:
        response = await client.get("/v1/health/ready")
    if response.status_code == 503:
        assert response.json()["status"] == "not_ready"
        assert response.json()["message"] == "Service is not ready."
        assert response.json()["phase"] in {"fetching", "loading", "warming"}
