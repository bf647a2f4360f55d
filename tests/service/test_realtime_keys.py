"""Keys of live sessions: in headers, in subprotocols, and short-lived ones."""

import asyncio
import base64
import hashlib
import json
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from nemo_voice_serving.http.server import DrainingServer
from support.http.live_client import TRANSCRIPTION, connected, live_service
from support.http.serving import address
from support.http.transcribing import HEARD
from support.http.voice_apps import stt_app
from support.models.live import speech

pytestmark = pytest.mark.timeout(60)
BEARER = {"Authorization": "Bearer sesame"}


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """The file of the keys."""
    path = tmp_path / "keys"
    path.write_text("other\nsesame\n")
    return path


@pytest.fixture
async def server(keys: Path) -> AsyncIterator[DrainingServer]:
    """A service that wants a key."""
    app = stt_app(api_keys_file=keys, cors_origins="https://app.example")
    async with live_service(app) as server:
        yield server


def subprotocols(*names: str) -> dict[str, Any]:
    """Returns the options of a client that offers these."""
    return {"subprotocols": [Subprotocol(name) for name in names]}


async def status_of(server: DrainingServer, **options: Any) -> int:
    """Returns the status of a handshake."""
    try:
        async with connected(server, **options):
            return 101
    except InvalidStatus as refusal:
        return refusal.response.status_code


async def secret_of(server: DrainingServer, **body: Any) -> dict[str, Any]:
    """Returns a client secret as the API gives it."""
    async with httpx.AsyncClient(headers=BEARER) as client:
        path = f"{address(server)}/v1/realtime/client_secrets"
        response = (await client.post(path, json=body)).raise_for_status()
    made: dict[str, Any] = response.json()
    return made


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({}, 401),
        ({"additional_headers": BEARER}, 101),
        ({"additional_headers": {"api-key": "sesame"}}, 101),
        ({"additional_headers": {"Authorization": "Bearer wrong"}}, 401),
        (subprotocols("realtime", "openai-insecure-api-key.sesame"), 101),
        (subprotocols("realtime", "openai-insecure-api-key.wrong"), 401),
        (subprotocols("realtime", "openai-insecure-api-key."), 401),
        (subprotocols("realtime"), 401),
        ({"additional_headers": {"Authorization": "Bearer ek_AAAA"}}, 401),
    ],
)
async def test_a_session_wants_a_key(
    server: DrainingServer, options: dict[str, Any], status: int
) -> None:
    assert await status_of(server, **options) == status


async def test_a_refused_handshake_is_no_error_of_the_service(
    server: DrainingServer, caplog: pytest.LogCaptureFixture
) -> None:
    assert await status_of(server) == 401
    await asyncio.sleep(0.1)
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []


async def test_the_subprotocol_of_the_key_is_never_the_one_that_is_chosen(
    server: DrainingServer,
) -> None:
    offered = subprotocols("openai-insecure-api-key.sesame", "realtime", "openai-beta.realtime-v1")
    async with connected(server, **offered) as client:
        assert client.socket.subprotocol == "realtime"


async def test_a_secret_opens_sessions_with_the_settings_it_was_made_with(
    server: DrainingServer,
) -> None:
    made = await secret_of(server, session={"audio": {"input": {"turn_detection": None}}})
    assert made["value"].startswith("ek_")
    assert 590 < made["expires_at"] - time.time() < 610
    assert made["session"]["audio"]["input"]["turn_detection"] is None
    assert made["session"]["type"] == "transcription"
    for _ in range(2):
        offered = subprotocols("realtime", f"openai-insecure-api-key.{made['value']}")
        async with connected(server, greeted=False, **offered) as client:
            created = await client.next()
            assert created["session"]["audio"] == made["session"]["audio"]
            await client.say(speech(1))
            await client.send("input_audio_buffer.commit")
            assert (await client.until(f"{TRANSCRIPTION}.completed"))[-1]["transcript"] == HEARD


async def test_a_secret_opens_sessions_alone(server: DrainingServer) -> None:
    value = (await secret_of(server))["value"]
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {value}"}) as client:
        for method, path in (("GET", "/v1/models"), ("POST", "/v1/realtime/client_secrets")):
            response = await client.request(method, address(server) + path)
            assert response.status_code == 401


async def test_a_secret_ends_with_its_time_and_with_its_key(
    server: DrainingServer, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = (await secret_of(server, expires_after={"seconds": 10}))["value"]
    bearer = {"additional_headers": {"Authorization": f"Bearer {value}"}}
    assert await status_of(server, **bearer) == 101
    now_s = time.time()
    with monkeypatch.context() as patch:
        patch.setattr("nemo_voice_serving.access.client_secrets.time.time", lambda: now_s + 11)
        assert await status_of(server, **bearer) == 401
    keys.write_text("other\n")  # noqa: ASYNC240 a few bytes
    assert await status_of(server, **bearer) == 401


async def test_a_secret_cannot_be_written_anew(server: DrainingServer) -> None:
    value = (await secret_of(server))["value"]
    written = base64.urlsafe_b64decode(value[3:] + "==")
    content = json.loads(written[32:])
    content["exp"] += 10**6
    forged = base64.urlsafe_b64encode(written[:32] + json.dumps(content).encode())
    for key in (f"ek_{forged.decode().rstrip('=')}", value[:-8], f"ek_{'A' * 7000}"):
        bearer = {"additional_headers": {"Authorization": f"Bearer {key}"}}
        assert await status_of(server, **bearer) == 401


async def test_a_key_that_no_header_can_hold_is_refused(server: DrainingServer) -> None:
    bearer = {"additional_headers": {"Authorization": f"Bearer {'A' * 9000}"}}
    assert await status_of(server, **bearer) == 431


@pytest.mark.parametrize(
    "body",
    [
        {"expires_after": {"seconds": 5}},
        {"session": {"audio": {"input": {"turn_detection": {"type": "x"}}}}},
        {"session": {"audio": {"input": {"transcription": {"prompt": "x" * 9000}}}}},
        {"session": 7},
    ],
)
async def test_a_secret_for_a_session_that_cannot_be_is_refused(
    server: DrainingServer, body: dict[str, Any]
) -> None:
    async with httpx.AsyncClient(headers=BEARER) as client:
        path = f"{address(server)}/v1/realtime/client_secrets"
        response = await client.post(path, json=body)
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 101),
        ("https://app.example", 101),
        ("http://{host}", 101),
        ("https://evil.example", 400),
        ("null", 400),
    ],
)
async def test_pages_of_other_origins_are_refused(
    server: DrainingServer, origin: str | None, status: int
) -> None:
    host = address(server).removeprefix("http://")
    options = {} if origin is None else {"origin": origin.format(host=host)}
    assert await status_of(server, additional_headers=BEARER, **options) == status
    behind_proxy = {**BEARER, "X-Forwarded-Host": "evil.example"}
    if origin == "https://evil.example":  # whose own name it is then: its proxy says so
        assert await status_of(server, additional_headers=behind_proxy, **options) == 101


async def test_without_keys_a_secret_is_made_and_taken_all_the_same() -> None:
    async with live_service(stt_app()) as server:
        made = await secret_of(server, session={"audio": {"input": {"turn_detection": None}}})
        bearer = {"Authorization": f"Bearer {made['value']}"}
        async with connected(server, greeted=False, additional_headers=bearer) as client:
            created = await client.next()
            assert created["session"]["audio"]["input"]["turn_detection"] is None


async def test_audio_is_charged_to_the_key_of_its_session(server: DrainingServer) -> None:
    async with connected(server, additional_headers=BEARER) as client:
        await client.configure(turn_detection=None)
        await client.say(speech(1.5))
        await client.send("input_audio_buffer.commit")
        await client.until(f"{TRANSCRIPTION}.completed")
        async with httpx.AsyncClient() as http:
            metrics = (await http.get(f"{address(server)}/metrics")).text
    name = hashlib.sha256(b"sesame").hexdigest()[:8]
    assert f'nemo_voice_key_audio_seconds_total{{key="{name}"}} 1.5' in metrics
