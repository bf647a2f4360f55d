"""The services behind a real nginx that ends TLS, with the values of the page about it."""

import json
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from websockets.sync.client import connect

from nemo_voice_serving.settings import ServiceSettings
from support.docs.documented import file_in
from support.docs.repository import ROOT
from support.http.front_ends import tls_front_end
from support.http.served import served
from support.http.speech_service import Waits
from support.http.voice_apps import stt_app, tts_app

PREFIX = "nginx.org/"
ONE_MEGABYTE = 2**20
TEXT = " ".join(f"This is sentence number {number}." for number in range(12))
BUFFERED = {"proxy_ignore_headers": "X-Accel-Buffering"}


def documented() -> Mapping[str, str]:
    """The directives that the annotations of the page's Ingress stand for."""
    annotations = yaml.safe_load(file_in("docs/ingress.md", "ingress.yaml"))["metadata"][
        "annotations"
    ]
    return {
        name.removeprefix(PREFIX).replace("-", "_"): value for name, value in annotations.items()
    }


@pytest.mark.parametrize(
    ("directives", "status"),
    [(documented(), httpx.codes.OK), ({}, httpx.codes.REQUEST_ENTITY_TOO_LARGE)],
    ids=["documented", "defaults"],
)
def test_an_upload_above_a_megabyte_needs_the_documented_size(
    tmp_path: Path, directives: Mapping[str, str], status: int
) -> None:
    audio = b"\0\0" * ONE_MEGABYTE
    files = {"file": ("speech.pcm", audio, "audio/pcm;rate=16000")}
    with (
        served(stt_app()) as upstream,
        tls_front_end(upstream, tmp_path, directives) as client,
    ):
        response = client.post("/v1/audio/transcriptions", files=files)
    assert response.status_code == status


def test_the_first_sound_arrives_while_the_rest_is_computed(tmp_path: Path) -> None:
    voice = Waits()
    with (
        served(tts_app(voice)) as upstream,
        tls_front_end(upstream, tmp_path, documented()) as client,
        client.stream("POST", "/synthesize", json={"text": TEXT}) as response,
    ):
        chunks = response.iter_bytes()
        first = next(chunks)
        assert not voice.gate.is_set()
        voice.gate.set()
        assert len(first) + sum(map(len, chunks)) > len(first)


def test_without_the_services_header_nginx_holds_the_sound_back(tmp_path: Path) -> None:
    voice = Waits()
    with (
        served(tts_app(voice)) as upstream,
        tls_front_end(upstream, tmp_path, {**documented(), **BUFFERED}) as client,
    ):
        try:
            with pytest.raises(httpx.ReadTimeout):
                client.post("/synthesize", json={"text": TEXT}, timeout=2)
        finally:
            voice.gate.set()


@pytest.mark.parametrize("slash", ["", "/"], ids=["not stripped", "stripped"])
@pytest.mark.parametrize(
    ("settings", "directives"),
    [
        ({"root_path": "/speech"}, {}),
        (
            {"forwarded_allow_ips": "127.0.0.0/8"},
            {"proxy_set_header": "X-Forwarded-Prefix /speech"},
        ),
    ],
    ids=["setting", "header"],
)
def test_a_service_below_a_path_speaks_and_describes_itself(
    tmp_path: Path, settings: dict[str, Any], directives: Mapping[str, str], slash: str
) -> None:
    with (
        served(tts_app(**settings)) as upstream,
        tls_front_end(upstream + slash, tmp_path, directives, location="/speech/") as client,
    ):
        speech = client.post("/speech/v1/audio/speech/", json={"input": TEXT})
        document = client.get("/speech/openapi.json").json()
        page = client.get("/speech/docs/").text
        (base,) = re.findall(r'<base href="([^"]*)"', page)
        named = re.findall(r'<(?:link|script)[^>]* (?:src|href)="([^"]*)"', page)
        files = [client.get(base + path) for path in named]
    assert speech.status_code == httpx.codes.OK
    assert len(speech.content) > ONE_MEGABYTE / 100
    assert document["servers"] == [{"url": "/speech"}]
    assert [file.status_code for file in files] == [httpx.codes.OK] * 4


def test_a_proxy_that_speaks_http_1_0_gets_the_whole_file(tmp_path: Path) -> None:
    with served(tts_app()) as upstream:
        with tls_front_end(upstream, tmp_path, {}, http_version="1.0") as client:
            old = client.post("/synthesize", json={"text": TEXT})
        direct = httpx.post(f"{upstream}/synthesize", json={"text": TEXT})
    assert old.status_code == httpx.codes.OK
    assert old.content == direct.content


def test_the_documented_times_and_sizes_leave_the_answer_to_the_service() -> None:
    limits, values = ServiceSettings.model_construct(), documented()
    sizes = {"m": 2**20, "g": 2**30}
    number, unit = re.fullmatch(r"(\d+)([mg])", values["client_max_body_size"]).groups()  # type: ignore[union-attr]
    assert int(number) * sizes[unit] >= limits.max_upload_bytes
    assert int(values["proxy_read_timeout"].removesuffix("s")) > limits.request_timeout_s
    assert int(values["proxy_send_timeout"].removesuffix("s")) > limits.http.upload_timeout_s


WEBSOCKETS = {
    "proxy_set_header Upgrade": "$http_upgrade",
    "proxy_set_header Connection": "upgrade",
    "proxy_read_timeout": "900s",
}


def test_a_live_session_needs_the_documented_headers(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "live.md").read_text()
    assert all(f"`{name} {value}`" in page for name, value in WEBSOCKETS.items())
    with (
        served(stt_app()) as upstream,
        tls_front_end(upstream, tmp_path, WEBSOCKETS) as client,
    ):
        url = str(client.base_url).replace("https://", "wss://").rstrip("/") + "/v1/realtime"
        authority = str(tmp_path / "pki" / "ca.crt")
        context = ssl.create_default_context(cafile=authority)
        with connect(url, ssl=context, proxy=None) as socket:
            assert json.loads(socket.recv())["type"] == "session.created"


def test_a_live_session_behind_a_proxy_without_them_is_told_why(tmp_path: Path) -> None:
    with served(stt_app()) as upstream, tls_front_end(upstream, tmp_path, {}) as client:
        response = client.get("/v1/realtime", headers={"Upgrade": "websocket"})
    assert response.status_code == httpx.codes.UPGRADE_REQUIRED
    assert "proxy" in response.json()["error"]["message"]
