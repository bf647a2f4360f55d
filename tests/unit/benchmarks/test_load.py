"""The closed loop of clients, against a small server in a thread."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from typing_extensions import override

from benchmarks.http_client import WAV_HEAD_BYTES, Request
from benchmarks.inputs import text_request
from benchmarks.load import run

SECOND = bytes(2 * 22_050)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bodies: list[bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.bodies.append(body)
        is_bad = b"bad" in body
        content = b"" if is_bad else bytes(WAV_HEAD_BYTES) + SECOND
        self.send_response(503 if is_bad else 200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


@dataclass(frozen=True)
class Listening:
    """A server and what it was sent."""

    address: str
    bodies: list[bytes]


@pytest.fixture
def server() -> Iterator[Listening]:
    bodies: list[bytes] = []
    handler = type("Handler", (_Handler,), {"bodies": bodies})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        yield Listening(f"http://127.0.0.1:{listening.server_address[1]}", bodies)
        listening.shutdown()
        thread.join()


def test_each_request_is_sent_once_whatever_the_number_of_clients(
    server: Listening,
) -> None:
    requests = [text_request(f"text {number}") for number in range(20)]
    made = run(server.address, requests, clients=8)
    assert sorted(server.bodies) == sorted(request.content for request in requests)
    assert (made.items, made.errors, len(made.latencies_s)) == (20, 0, 20)


def test_audio_in_the_response_is_counted_from_its_bytes(server: Listening) -> None:
    made = run(server.address, [text_request("two")] * 2, clients=1)
    assert made.audio_s == pytest.approx(2.0)
    assert len(made.firsts_s) == 2
    for first_s, latency_s in zip(made.firsts_s, made.latencies_s, strict=True):
        assert 0 < first_s <= latency_s


def test_audio_in_the_request_is_what_the_request_says(server: Listening) -> None:
    made = run(server.address, [Request("/transcribe", b"sound", "audio/wav", audio_s=3.5)], 1)
    assert (made.audio_s, made.firsts_s) == (3.5, ())


def test_a_503_and_a_refused_connection_are_errors(server: Listening) -> None:
    made = run(server.address, [text_request("good"), text_request("bad")], clients=2)
    assert (made.items, made.errors) == (1, 1)
    assert run("http://127.0.0.1:9", [text_request("nobody listens")], clients=1).errors == 1
