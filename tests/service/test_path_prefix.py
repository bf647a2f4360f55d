"""Behind a proxy below a path: by a setting or by the proxy's header, stripped or not."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from nemo_voice_serving.http.addresses import Addresses
from nemo_voice_tts.settings import TtsSettings
from support.http.transcribing import HEARD, clip
from support.http.voice_apps import calling, stt_app, tts_app

SPEECH = {"input": "Hi.", "response_format": "wav"}
LOOPBACK = "127.0.0.1"


@pytest.mark.parametrize("way", ["", "/speech"], ids=["stripped", "not stripped"])
@pytest.mark.parametrize("setting", ["/speech", "/speech/"])
async def test_a_service_with_a_prefix_serves_every_kind_of_route(way: str, setting: str) -> None:
    async with calling(tts_app(root_path=setting)) as client:
        spoken = await client.post(f"{way}/v1/audio/speech", json=SPEECH)
        slashed = await client.post(f"{way}/synthesize/", json={"text": "Hi."})
        azure = await client.post(f"{way}/openai/deployments/x/audio/speech", json=SPEECH)
        model = await client.get(f"{way}/v1/models/demo")
        head = await client.head(f"{way}/v1/health/ready")
        document = (await client.get(f"{way}/openapi.json")).json()
        page = (await client.get(f"{way}/docs")).text
        metrics = (await client.get(f"{way}/metrics")).text
    assert [one.status_code for one in (spoken, slashed, azure, model, head)] == [200] * 5
    assert document["servers"] == [{"url": "/speech"}]
    assert '<base href="/speech/">' in page
    assert 'route="/v1/audio/speech"' in metrics
    assert "/v1/health" not in metrics


async def test_uploads_and_errors_come_through_a_prefix() -> None:
    async with calling(stt_app(root_path="/voice/en")) as client:
        files = {"file": ("a.wav", clip())}
        heard = await client.post("/voice/en/v1/audio/transcriptions", files=files)
        nowhere = await client.get("/voice/en/nowhere")
        other = await client.get("/voice/english/v1/models")
    assert heard.json()["text"] == HEARD
    assert (nowhere.status_code, other.status_code) == (404, 404)
    assert nowhere.json()["error"]["code"] == "not_found"
    assert "GET /voice/en/docs" in nowhere.json()["error"]["message"]


async def test_keys_and_open_addresses_are_the_same_below_a_prefix(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("sesame")
    async with calling(tts_app(root_path="/speech", api_keys_file=keys)) as client:
        for path, status in (
            ("/speech/v1/models", 401),
            ("/v1/models", 401),
            ("/speech", 200),
            ("/speech/page/main.js", 200),
            ("/speech/page/nothing.js", 401),
            ("/speech/metrics", 200),
            ("/speech/readyz/", 200),
            ("/speech/docs", 200),
            ("/speech/speech/metrics", 401),
            ("/metricsspeech", 401),
        ):
            assert (await client.get(path)).status_code == status, path


async def test_the_header_of_a_trusted_proxy_is_the_prefix() -> None:
    forwarded = {"X-Forwarded-Prefix": "/team/speech"}
    async with calling(tts_app(forwarded_allow_ips=LOOPBACK, root_path="/speech")) as client:
        for path in ("/openapi.json", "/team/speech/openapi.json"):
            document = (await client.get(path, headers=forwarded)).json()
            assert document["servers"] == [{"url": "/team/speech"}], path
        spoken = await client.post(
            "/team/speech/synthesize", json={"text": "Hi."}, headers=forwarded
        )
        assert spoken.status_code == 200
        without = (await client.get("/openapi.json")).json()
        assert without["servers"] == [{"url": "/speech"}]


@pytest.mark.parametrize("trusted", ["", "10.0.0.0/8", "::1"])
async def test_nobody_else_may_name_a_prefix(trusted: str) -> None:
    forwarded = {"X-Forwarded-Prefix": "/elsewhere", "X-Forwarded-For": "10.1.2.3"}
    async with calling(tts_app(forwarded_allow_ips=trusted)) as client:
        document = (await client.get("/openapi.json", headers=forwarded)).json()
        below = await client.get("/elsewhere/v1/models", headers=forwarded)
        page = (await client.get("/docs", headers=forwarded)).text
    assert "servers" not in document
    assert below.status_code == 404
    assert "elsewhere" not in page


@pytest.mark.parametrize(
    "prefix",
    [
        "elsewhere",
        "//evil.example",
        "https://evil.example",
        "/a b",
        "/..",
        "/a/../b",
        "/'+alert(1)+'",
        "/<script>",
        "/a?b",
        "/a%2fb",
        "/a\\b",
        "/v1",
    ],
)
async def test_what_is_no_plain_path_is_no_prefix(prefix: str) -> None:
    async with calling(tts_app(forwarded_allow_ips="*")) as client:
        headers = {"X-Forwarded-Prefix": prefix}
        page = (await client.get("/docs", headers=headers)).text
        document = (await client.get("/openapi.json", headers=headers)).json()
    assert prefix not in page
    assert "servers" not in document
    with pytest.raises(ValidationError, match="is no prefix"):
        TtsSettings(root_path=prefix)


@pytest.mark.parametrize(
    ("client", "is_trusted"),
    [
        (("10.1.2.3", 1), True),
        (("::ffff:10.1.2.3", 1), True),
        (("fd00::1", 1), True),
        (("192.0.2.7", 1), True),
        (("192.0.2.8", 1), False),
        (("::ffff:192.0.2.8", 1), False),
        (("fe80::1", 1), False),
        (("/run/socket", 1), False),
        (None, False),
    ],
)
def test_proxies_are_trusted_by_their_address(
    client: tuple[str, int] | None, *, is_trusted: bool
) -> None:
    trusted = ("10.0.0.0/8", "192.0.2.7", "fd00::/8")
    addresses = Addresses(root_path="", trusted_proxies=trusted)
    headers = [(b"x-forwarded-prefix", b"/a, /b/"), (b"x-forwarded-prefix", b"/c")]
    scope = {"type": "http", "path": "/v1/models", "headers": headers, "client": client}
    resolved = addresses.resolved(scope)
    assert resolved["root_path"] == ("/a/b/c" if is_trusted else "")
    assert resolved["path"] == f"{resolved['root_path']}/v1/models"


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/audio", "/openai", "/transcribe", "/docs/x"])
def test_a_prefix_that_the_services_own_addresses_begin_with_is_refused(path: str) -> None:
    with pytest.raises(ValidationError, match="own addresses"):
        TtsSettings(root_path=path)


@pytest.mark.parametrize("proxies", ["proxy.example", "10.0.0.0/33", "10.0.0", "10.1.1.1,x"])
def test_a_proxy_that_is_no_address_is_refused(proxies: str) -> None:
    with pytest.raises(ValidationError, match="forwarded_allow_ips"):
        TtsSettings.model_validate({"forwarded_allow_ips": proxies})
