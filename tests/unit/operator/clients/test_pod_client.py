"""Load and readiness of pods, read from real servers on loopback: good, broken and absent ones."""

import asyncio
import gzip
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given, settings
from hypothesis import strategies as st

from nemo_voice_operator.clients.pod_client import (
    MAX_BODY_BYTES,
    Fault,
    PodAddress,
    PodReader,
    Unread,
    load_of,
    readiness_of,
)
from nemo_voice_operator.state.pod_reports import PodLoad, PodPhase, PodReadiness
from support.ports import free_port

METRICS = b"""\
# HELP nemo_voice_in_flight Requests admitted and unfinished, the queue included.
# TYPE nemo_voice_in_flight gauge
nemo_voice_in_flight 7.0
# HELP nemo_voice_queue_seconds Estimated seconds until the admitted work is done.
# TYPE nemo_voice_queue_seconds gauge
nemo_voice_queue_seconds 1.25
# TYPE nemo_voice_queue_wait_seconds histogram
nemo_voice_queue_wait_seconds_bucket{le="0.1",stage="spectrogram"} 3.0
"""
SESSIONS = b"""\
# TYPE nemo_voice_live_sessions gauge
nemo_voice_live_sessions{protocol="websocket"} 4.0
nemo_voice_live_sessions{protocol="grpc"} 2.0
# TYPE nemo_voice_live_sessions_refused_total counter
nemo_voice_live_sessions_refused_total 99.0
# TYPE nemo_voice_live_text_sessions gauge
nemo_voice_live_text_sessions 1.0
"""
READINESS = {
    "phase": "warming",
    "reason": "batch of 8",
    "seconds": {"loading": 12.5, "warming": 3},
    "self_test": None,
    "status": "not_ready",
}


def response(body: bytes, status: str = "200 OK", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP client, closed at the end."""
    async with aiohttp.ClientSession() as session:
        yield session


@asynccontextmanager
async def saying(
    sent: bytes, *, hangs: bool = False, host: str = "127.0.0.1"
) -> AsyncIterator[PodAddress]:
    """Runs a server that sends these bytes on each connection, then closes, or hangs."""
    ended = asyncio.Event()

    async def answer_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(sent)
        if hangs:
            await ended.wait()
        writer.close()

    server = await asyncio.start_server(answer_one, host, 0)
    async with server:
        yield PodAddress("pod", host, server.sockets[0].getsockname()[1])
        ended.set()


async def load_from(
    session: aiohttp.ClientSession, sent: bytes, *, hangs: bool = False, timeout_s: float = 5.0
) -> PodLoad | Unread:
    reader = PodReader(session, timeout_s=timeout_s)
    async with saying(sent, hangs=hangs) as pod:
        return (await reader.read_loads([pod]))["pod"]


async def test_the_load_is_read_from_the_metrics(session: aiohttp.ClientSession) -> None:
    assert await load_from(session, response(METRICS)) == PodLoad(7.0, 1.25)


def test_live_sessions_of_every_kind_add_up() -> None:
    assert load_of(200, METRICS + SESSIONS) == PodLoad(7.0, 1.25, 7.0)
    assert load_of(200, SESSIONS + METRICS) == PodLoad(7.0, 1.25, 7.0)


def test_a_pod_with_a_flood_of_samples_is_not_believed() -> None:
    flood = b"nemo_voice_live_sessions 1\n" * 65
    found = load_of(200, METRICS + flood)
    assert isinstance(found, Unread)
    assert found.fault is Fault.MALFORMED


@pytest.mark.parametrize(
    ("sent", "fault", "detail"),
    [
        (response(b"", "404 Not Found"), Fault.WRONG_STATUS, "404"),
        (
            response(b"", "302 Found", "Location: http://127.0.0.1:1/\r\n"),
            Fault.WRONG_STATUS,
            "302",
        ),
        (response(b"<html>"), Fault.MALFORMED, "nemo_voice_in_flight"),
        (response(METRICS.replace(b"1.25", b"soon")), Fault.MALFORMED, "soon"),
        (response(METRICS.replace(b"1.25", b"NaN")), Fault.MALFORMED, "nan"),
        (response(METRICS.replace(b"7.0", b"-7")), Fault.MALFORMED, "-7"),
        (response(METRICS.replace(b"7.0", b"9" * 180)), Fault.MALFORMED, "No pod has"),
        (response(METRICS * 2), Fault.MALFORMED, "there are 2"),
        (response(METRICS.replace(b"7.0", b"7.0\xff")), Fault.MALFORMED, "utf-8"),
        (response(b"nemo_voice_in_flight{" + b"\\" * 900_000), Fault.MALFORMED, "there are 0"),
        (response(b"x" * (MAX_BODY_BYTES + 1)), Fault.TOO_LARGE, "1000000"),
        (
            response(gzip.compress(METRICS), headers="Content-Encoding: gzip\r\n"),
            Fault.MALFORMED,
            "encoded",
        ),
        (b"", Fault.UNREACHABLE, "ServerDisconnected"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", Fault.UNREACHABLE, "SSH"),
        (response(METRICS)[:-30], Fault.UNREACHABLE, "not completed"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Fault.UNREACHABLE, ""),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000, Fault.UNREACHABLE, ""),
    ],
)
async def test_every_fault_of_a_pod_becomes_unread(
    session: aiohttp.ClientSession, sent: bytes, fault: Fault, detail: str
) -> None:
    unread = await load_from(session, sent)
    assert isinstance(unread, Unread)
    assert unread.fault is fault
    assert detail in unread.detail
    assert len(unread.detail) <= 500


@pytest.mark.parametrize("sent", [b"", response(METRICS)[:-30]])
async def test_hanging_pod_times_out(session: aiohttp.ClientSession, sent: bytes) -> None:
    unread = await load_from(session, sent, hangs=True, timeout_s=0.1)
    assert unread == Unread(Fault.TIMED_OUT, "/metrics gave no complete response within 0.1 s.")


async def test_an_endless_body_is_cut_off(session: aiohttp.ClientSession) -> None:
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + b"nemo_voice_in_flight 1\n" * 100_000
    unread = await load_from(session, endless, hangs=True)
    assert isinstance(unread, Unread)
    assert unread.fault is Fault.TOO_LARGE


async def test_pods_that_are_gone_or_have_no_address_are_unreachable(
    session: aiohttp.ClientSession,
) -> None:
    gone = PodAddress("gone", "127.0.0.1", free_port())
    unborn = PodAddress("unborn", "", 5000)
    odd = PodAddress("odd", "not an address", 5000)
    readings = await PodReader(session).read_loads([gone, unborn, odd])
    assert {name: getattr(r, "fault", None) for name, r in readings.items()} == {
        "gone": Fault.UNREACHABLE,
        "unborn": Fault.UNREACHABLE,
        "odd": Fault.UNREACHABLE,
    }


async def test_one_bad_pod_does_not_hide_the_others(session: aiohttp.ClientSession) -> None:
    async with saying(response(METRICS)) as good:
        bad = PodAddress("bad", "127.0.0.1", free_port())
        readings = await PodReader(session).read_loads([bad, good])
    assert list(readings) == ["bad", "pod"]
    assert readings["pod"] == PodLoad(7.0, 1.25)


async def test_ipv6_pod_is_read(session: aiohttp.ClientSession) -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    async with saying(response(METRICS), host="::1") as pod:
        readings = await PodReader(session, timeout_s=5.0).read_loads([pod])
    assert readings["pod"] == PodLoad(7.0, 1.25)


async def test_concurrent_requests_are_limited_over_all_callers(
    session: aiohttp.ClientSession,
) -> None:
    inside, most, full, released = 0, 0, asyncio.Event(), asyncio.Event()

    async def metrics(request: web.Request) -> web.Response:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        if inside == 3:
            full.set()
        await released.wait()
        inside -= 1
        return web.Response(body=METRICS)

    async def nothing(request: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    app.router.add_get("/", nothing)
    async with TestServer(app) as server, asyncio.TaskGroup() as tasks:
        pods = [PodAddress(f"pod-{n}", "127.0.0.1", server.port or 0) for n in range(10)]
        reader = PodReader(session, max_concurrent=3, timeout_s=30)
        halves = [tasks.create_task(reader.read_loads(half)) for half in (pods[:5], pods[5:])]
        await full.wait()
        for _ in range(10):  # a fourth pod's request would have arrived before these
            await session.get(server.make_url("/"))
        released.set()
    assert {load for half in halves for load in half.result().values()} == {PodLoad(7.0, 1.25)}
    assert most == 3


async def readiness_from(
    session: aiohttp.ClientSession, body: bytes, status: str = "503 Service Unavailable"
) -> PodReadiness | Unread:
    async with saying(response(body, status)) as pod:
        return (await PodReader(session, timeout_s=5).read_readiness([pod]))["pod"]


async def test_starting_pod_reports_phase_and_seconds(
    session: aiohttp.ClientSession,
) -> None:
    assert await readiness_from(session, json.dumps(READINESS).encode()) == PodReadiness(
        phase=PodPhase.WARMING,
        reason="batch of 8",
        ready=False,
        seconds={PodPhase.LOADING: 12.5, PodPhase.WARMING: 3.0},
    )


@pytest.mark.parametrize(
    ("status", "word", "ready"),
    [
        ("200 OK", "ready", True),
        ("200 OK", "not_ready", False),
        ("503 Service Unavailable", "ready", False),
    ],
)
async def test_pod_is_ready_when_http_status_and_body_agree(
    session: aiohttp.ClientSession, status: str, word: str, ready: bool
) -> None:
    body = json.dumps({**READINESS, "phase": "ready", "reason": None, "status": word}).encode()
    readiness = await readiness_from(session, body, status)
    assert isinstance(readiness, PodReadiness)
    assert (readiness.ready, readiness.reason) == (ready, None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"ready",
        b"null",
        b"[]",
        b'"ready"',
        b"{}",
        b'{"phase": "sleeping", "status": "ready"}',
        b'{"phase": ["ready"], "status": "ready"}',
        b"[" * 500_000,
        b'{"phase": ' + b"9" * 5000 + b"}",
        b"\xff\xfe\xfd",
    ],
)
async def test_malformed_readiness_is_unread(session: aiohttp.ClientSession, body: bytes) -> None:
    unread = await readiness_from(session, body, "200 OK")
    assert isinstance(unread, Unread)
    assert unread.fault is Fault.MALFORMED


async def test_long_reason_is_cut_and_malformed_seconds_are_left_out(
    session: aiohttp.ClientSession,
) -> None:
    seconds = {"loading": 2, "warming": "long", "ready": -1, "draining": float("nan"), "other": 3}
    odd = {**READINESS, "reason": "why " * 10_000, "seconds": seconds}
    readiness = await readiness_from(session, json.dumps(odd).encode())
    assert isinstance(readiness, PodReadiness)
    assert len(readiness.reason or "") == 500
    assert readiness.seconds == {PodPhase.LOADING: 2.0}


async def test_other_status_than_200_and_503_is_unread(
    session: aiohttp.ClientSession,
) -> None:
    unread = await readiness_from(session, b"{}", "500 Internal Server Error")
    assert unread == Unread(Fault.WRONG_STATUS, "/v1/health/ready responded 500.")


@given(st.text("nemo_voice_in_flight{}=\"\\ \t,#1.e'N\r\x00ä", max_size=60))
@settings(deadline=None, database=None, derandomize=True, max_examples=40)
def test_any_metrics_line_is_read_or_unread(rest: str) -> None:
    body = METRICS.replace(b" 7.0", b" " + rest.encode())
    assert isinstance(load_of(200, body), PodLoad | Unread)
    body = METRICS.replace(b" 7.0", b"{" + rest.encode())
    assert isinstance(load_of(200, body), PodLoad | Unread)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["phase", "reason", "seconds", "status"]), json_values),
    st.sampled_from([200, 503]),
)
@settings(deadline=None, database=None, derandomize=True, max_examples=40)
def test_any_readiness_body_is_read_or_unread(fields: dict[str, object], status: int) -> None:
    body = json.dumps({"phase": "ready", "status": "ready"} | fields).encode()
    assert isinstance(readiness_of(status, body), PodReadiness | Unread)
