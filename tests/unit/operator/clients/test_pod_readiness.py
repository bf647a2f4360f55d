"""The pod readiness client against real servers on loopback."""

import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from nemo_voice_operator.clients.pod_client import PodAddress, PodReader, PodResponse, Unread
from nemo_voice_operator.clients.pod_readiness import PodReadinessClient, address_of, progress_of
from nemo_voice_operator.state.pod_reports import CacheProgress, PodPhase, PodReadiness
from support.certificates import authority_in
from support.operator.observations import pod
from support.ports import free_port

PROGRESS: dict[str, Any] = {"phase": "downloading", "doneBytes": 10, "totalBytes": 40, "more": []}


@pytest.fixture
async def reader() -> AsyncIterator[PodReader]:
    """A client with half a second for each request."""
    async with aiohttp.ClientSession() as session:
        yield PodReader(session, timeout_s=0.5)


def serving(body: bytes, status: int = 200, path: str = "/") -> TestServer:
    """A server that always sends this."""

    async def response(_request: web.Request) -> web.Response:
        return web.Response(status=status, body=body)

    app = web.Application()
    app.router.add_get(path, response)
    return TestServer(app, host="127.0.0.1")


def job_pod(address: str | None) -> dict[str, Any]:
    return pod("fetch-x", podIP=address)


async def test_progress_is_that_of_the_first_pod_that_responds(reader: PodReader) -> None:
    async with serving(json.dumps(PROGRESS).encode()) as server:
        client = PodReadinessClient(reader, progress_port=server.port or 0)
        found = await client.progress([job_pod(None), job_pod("127.0.0.1")])
    assert found == CacheProgress("downloading", 10, 40)


async def test_no_response_is_no_progress(reader: PodReader) -> None:
    client = PodReadinessClient(reader, progress_port=free_port())
    assert await client.progress([job_pod("127.0.0.1")]) is None
    assert await client.progress([job_pod(None)]) is None
    assert await client.progress([]) is None


async def test_a_certificate_of_other_names_is_no_reason_to_know_nothing(
    reader: PodReader, tmp_path: Path
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority_in(tmp_path / "authority").server)
    body = json.dumps({"phase": "ready", "status": "ready"}).encode()
    server = serving(body, path="/v1/health/ready")
    await server.start_server(ssl=context)
    try:
        addresses = [
            PodAddress(scheme, "127.0.0.1", server.port or 0, scheme)
            for scheme in ("https", "http")
        ]
        found = await reader.read_readiness(addresses)
    finally:
        await server.close()
    assert found["https"] == PodReadiness(PodPhase.READY, None, ready=True)
    assert isinstance(found["http"], Unread)


async def test_endless_response_is_cut_off(reader: PodReader) -> None:
    async with serving(json.dumps({**PROGRESS, "more": "x" * 2_000_000}).encode()) as server:
        client = PodReadinessClient(reader, progress_port=server.port or 0)
        assert await client.progress([job_pod("127.0.0.1")]) is None


@pytest.mark.parametrize(
    "reported",
    [
        [],
        "text",
        None,
        1,
        {},
        {**PROGRESS, "doneBytes": None},
        {**PROGRESS, "doneBytes": "10"},
        {**PROGRESS, "doneBytes": -1},
        {**PROGRESS, "doneBytes": 1.5},
        {**PROGRESS, "doneBytes": 2**70},
        {**PROGRESS, "totalBytes": float("inf")},
        {"phase": "x", "doneBytes": 1},
    ],
    ids=str,
)
def test_malformed_progress_is_none(reported: Any) -> None:
    assert progress_of(PodResponse(200, json.dumps(reported).encode())) is None


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_progress_that_is_no_json_is_none(body: bytes) -> None:
    assert progress_of(PodResponse(200, body)) is None


def test_progress_needs_status_200_and_its_phase_is_cut() -> None:
    assert progress_of(PodResponse(500, json.dumps(PROGRESS).encode())) is None
    long = {**PROGRESS, "phase": "x" * 1000, "totalBytes": None}
    assert progress_of(PodResponse(200, json.dumps(long).encode())) == CacheProgress(
        "x" * 32, 10, None
    )


async def test_pods_that_do_not_respond_are_left_out(reader: PodReader) -> None:
    assert (
        await PodReadinessClient(reader).readiness([pod(podIP="127.0.0.1"), pod("narrator-1")])
        == {}
    )


@pytest.mark.parametrize(
    ("labels", "ip", "expected"),
    [
        ({"app.kubernetes.io/name": "nemo-voice-tts"}, "10.0.0.1", ("10.0.0.1", 5000)),
        ({"app.kubernetes.io/name": "nemo-voice-stt"}, "fd00::1", ("fd00::1", 5001)),
        ({}, "10.0.0.1", ("10.0.0.1", 5000)),
        (None, None, ("", 5000)),
    ],
)
def test_address_of_a_serving_pod_has_the_port_of_its_task(
    labels: dict[str, str] | None, ip: str | None, expected: tuple[str, int]
) -> None:
    seen = pod(podIP=ip)
    seen["metadata"]["labels"] = labels
    assert address_of(seen) == PodAddress("narrator-0", *expected)
