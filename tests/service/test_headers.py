"""What every answer carries, what browsers of other origins may, and what a NIM tells of itself."""

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from nemo_voice_tts import __version__
from nemo_voice_tts.settings import TtsSettings
from support.http.voice_apps import calling, stt_app, tts_app

PAGE = {"Origin": "https://app.example"}
SPEECH = {"input": "Good morning.", "response_format": "pcm"}
ASKS = {
    **PAGE,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,x-stainless-lang",
}


@pytest.mark.parametrize("path", ["/v1/models", "/readyz", "/metrics", "/nowhere", "/docs"])
async def test_no_answer_is_kept_or_guessed_at(path: str) -> None:
    async with calling(tts_app()) as client:
        answer = await client.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"]
    assert "server" not in answer.headers


async def test_other_origins_are_not_spoken_to_unless_a_setting_names_them() -> None:
    async with calling(tts_app()) as client:
        plain = await client.get("/v1/models", headers=PAGE)
        asked = await client.options("/v1/audio/speech", headers=ASKS)
    assert not any(name.startswith("access-control") for name in plain.headers)
    assert asked.status_code == 405


async def test_a_page_of_a_named_origin_may_ask_call_and_read_refusals(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("sesame")
    app = tts_app(api_keys_file=keys, cors_origins="https://app.example, https://b.example:8443")
    async with calling(app) as client:
        asked = await client.options("/v1/audio/speech", headers=ASKS)
        stranger = {**ASKS, "Origin": "https://evil.example"}
        turned_away = await client.options("/v1/audio/speech", headers=stranger)
        with_key = {**PAGE, "Authorization": "Bearer sesame"}
        served = await client.post("/v1/audio/speech", json=SPEECH, headers=with_key)
        refused = await client.post("/v1/audio/speech", json=SPEECH, headers=PAGE)
        other = await client.get(
            "/v1/models", headers={**with_key, "Origin": "https://evil.example"}
        )
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == "https://app.example"
    assert "x-stainless-lang" in asked.headers["access-control-allow-headers"]
    assert turned_away.status_code == 400
    assert turned_away.json()["error"]["code"] == "invalid_request"
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
def test_what_is_no_origin_ends_the_start(origin: str) -> None:
    with pytest.raises(ValidationError, match="is no origin"):
        TtsSettings(cors_origins=(origin,))


@pytest.mark.parametrize("app", [tts_app(), stt_app()], ids=["tts", "stt"])
async def test_a_nim_client_finds_what_it_asks_for(app: FastAPI) -> None:
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


async def test_the_nim_operator_finds_the_name_of_a_model_that_is_an_address() -> None:
    app = tts_app(model="https://models.example/voice.nemo")
    async with calling(app) as client:
        (told,) = (await client.get("/v1/metadata")).json()["modelInfo"]
    # What its code takes for the name stands before the first colon.
    assert told["shortName"].split(":")[0] == "models.example/voice.nemo"


async def test_a_service_that_is_not_ready_says_so_in_both_tongues() -> None:
    async with calling(tts_app(), ready=False) as client:
        answers = [await client.get("/v1/health/ready")]
    for answer in answers:
        said: httpx.Response = answer
        if said.status_code == 503:
            assert said.json()["status"] == "not_ready"
            assert said.json()["message"] == "Service is not ready."
            assert said.json()["phase"] in {"fetching", "loading", "warming"}
