"""ASGI scopes other than HTTP, sent through the whole application, with and without API keys."""

from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from nemo_voice_serving.http.scopes import UnsupportedScope
from support.http.voice_apps import tts_app

KEY = (b"authorization", b"Bearer sesame")


@pytest.fixture(params=["/v1/realtime", "/v1/models", "/healthz"])
def path(request: pytest.FixtureRequest) -> str:
    """A path that nothing serves, one that HTTP serves, and one that needs no key over HTTP."""
    return str(request.param)


@pytest.fixture(params=["", "https://app.example"], ids=["no cors", "cors"])
def guarded(request: pytest.FixtureRequest, tmp_path: Path) -> FastAPI:
    """A service that wants a key."""
    (tmp_path / "keys").write_text("sesame")
    return tts_app(api_keys_file=tmp_path / "keys", cors_origins=request.param)


async def sent_to(app: FastAPI, path: str, **scope: object) -> list[dict[str, Any]]:
    """Returns what the application sends for a WebSocket's handshake."""
    messages: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        messages.append(message)

    handshake = {"type": "websocket", "path": path, "query_string": b"", "headers": [], **scope}
    await app(handshake, receive, send)
    return messages


async def test_a_websocket_without_a_key_is_denied_with_the_401_of_http(
    guarded: FastAPI, path: str
) -> None:
    for headers in ([], [(b"authorization", b"Bearer wrong")]):
        extensions: dict[str, Any] = {"websocket.http.response": {}}
        start, body = await sent_to(guarded, path, headers=headers, extensions=extensions)
        assert start["type"] == "websocket.http.response.start"
        assert start["status"] == 401
        assert b"invalid_api_key" in body["body"]


async def test_a_websocket_without_a_key_is_closed_where_the_server_sends_no_denial_response(
    guarded: FastAPI, path: str
) -> None:
    (closed,) = await sent_to(guarded, path)
    assert (closed["type"], closed["code"]) == ("websocket.close", 1008)


async def test_a_websocket_with_a_key_is_closed_where_no_route_serves_it(
    guarded: FastAPI, path: str
) -> None:
    (closed,) = await sent_to(guarded, path, headers=[KEY])
    assert closed["type"] == "websocket.close"


async def test_without_keys_a_websocket_is_closed_where_no_route_serves_it(path: str) -> None:
    (closed,) = await sent_to(tts_app(), path)
    assert closed["type"] == "websocket.close"


async def test_a_websocket_route_is_reached_with_a_key_alone(guarded: FastAPI) -> None:
    async def accepting(websocket: Any) -> None:
        await websocket.accept()

    guarded.router.add_websocket_route("/v1/probe", accepting)
    (refused,) = await sent_to(guarded, "/v1/probe")
    (accepted,) = await sent_to(guarded, "/v1/probe", headers=[KEY])
    assert refused["type"] == "websocket.close"
    assert accepted["type"] == "websocket.accept"


async def test_a_scope_of_an_unknown_type_is_refused(guarded: FastAPI, path: str) -> None:
    for app in (tts_app(), guarded):
        for headers in ([], [KEY]):
            with pytest.raises(UnsupportedScope, match="webtransport"):
                await sent_to(app, path, type="webtransport", headers=headers)
