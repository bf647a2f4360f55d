"""The services behind a real nginx that ends TLS, with the values of the page about it."""

import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import yaml

from hack.cluster.certificates import Authority
from nemo_voice_serving.settings import ServiceSettings
from support.docs.documented import file_in
from support.http.served import served
from support.http.speech_service import Waits
from support.http.voice_apps import stt_app, tts_app
from support.not_run import not_run
from support.ports import free_port

PREFIX = "nginx.org/"
ONE_MEGABYTE = 2**20
TEXT = " ".join(f"This is sentence number {number}." for number in range(12))
BUFFERED = {"proxy_ignore_headers": "X-Accel-Buffering"}
PATIENCE_S = 20
RECIPE = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/pki/nginx.crt;
        ssl_certificate_key {folder}/pki/nginx.key;
        {directives}
        location / {{
            proxy_pass {upstream};
            proxy_http_version 1.1;
        }}
    }}
}}
"""


@pytest.fixture
def nginx() -> str:
    """The program; a skip that says that there is none."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if found is None:
        not_run("NOT RUN: the services behind a proxy: nginx is not installed")
    return found


def documented() -> Mapping[str, str]:
    """The directives that the annotations of the page's Ingress stand for."""
    annotations = yaml.safe_load(file_in("docs/ingress.md", "ingress.yaml"))["metadata"][
        "annotations"
    ]
    return {
        name.removeprefix(PREFIX).replace("-", "_"): value for name, value in annotations.items()
    }


@contextmanager
def behind(
    nginx: str, upstream: str, folder: Path, directives: Mapping[str, str]
) -> Iterator[httpx.Client]:
    """Yields a client that trusts the certificate of an nginx in front of the service."""
    authority = Authority.made_in(folder / "pki")
    authority.issue("nginx", user="speech.example.com", hosts=("IP:127.0.0.1",))
    port = free_port()
    written = " ".join(f"{name} {value};" for name, value in directives.items())
    recipe = RECIPE.format(folder=folder, port=port, upstream=upstream, directives=written)
    (folder / "nginx.conf").write_text(recipe)
    command = [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    context = ssl.create_default_context(cafile=str(authority.certificate))
    try:
        with httpx.Client(
            base_url=f"https://127.0.0.1:{port}", verify=context, timeout=PATIENCE_S
        ) as client:
            _wait_until_open(client)
            yield client
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _wait_until_open(client: httpx.Client) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        try:
            client.get("/v1/health/ready").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("nginx did not start")


@pytest.mark.parametrize(
    ("directives", "status"),
    [(documented(), httpx.codes.OK), ({}, httpx.codes.REQUEST_ENTITY_TOO_LARGE)],
    ids=["documented", "defaults"],
)
def test_an_upload_above_a_megabyte_needs_the_documented_size(
    nginx: str, tmp_path: Path, directives: Mapping[str, str], status: int
) -> None:
    audio = b"\0\0" * ONE_MEGABYTE
    files = {"file": ("speech.pcm", audio, "audio/pcm;rate=16000")}
    with (
        served(stt_app()) as upstream,
        behind(nginx, upstream, tmp_path, directives) as client,
    ):
        response = client.post("/v1/audio/transcriptions", files=files)
    assert response.status_code == status


def test_the_first_sound_arrives_while_the_rest_is_computed(nginx: str, tmp_path: Path) -> None:
    voice = Waits()
    with (
        served(tts_app(voice)) as upstream,
        behind(nginx, upstream, tmp_path, documented()) as client,
        client.stream("POST", "/synthesize", json={"text": TEXT}) as response,
    ):
        chunks = response.iter_bytes()
        first = next(chunks)
        assert not voice.gate.is_set()
        voice.gate.set()
        assert len(first) + sum(map(len, chunks)) > len(first)


def test_without_the_services_header_nginx_holds_the_sound_back(nginx: str, tmp_path: Path) -> None:
    voice = Waits()
    with (
        served(tts_app(voice)) as upstream,
        behind(nginx, upstream, tmp_path, {**documented(), **BUFFERED}) as client,
    ):
        try:
            with pytest.raises(httpx.ReadTimeout):
                client.post("/synthesize", json={"text": TEXT}, timeout=2)
        finally:
            voice.gate.set()


def test_the_documented_times_and_sizes_leave_the_answer_to_the_service() -> None:
    limits, values = ServiceSettings.model_construct(), documented()
    sizes = {"m": 2**20, "g": 2**30}
    number, unit = re.fullmatch(r"(\d+)([mg])", values["client_max_body_size"]).groups()  # type: ignore[union-attr]
    assert int(number) * sizes[unit] >= limits.max_upload_bytes
    assert int(values["proxy_read_timeout"].removesuffix("s")) > limits.request_timeout_s
    assert int(values["proxy_send_timeout"].removesuffix("s")) > limits.http.upload_timeout_s
