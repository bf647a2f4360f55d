"""The HTTP server for the progress of a fetch."""

import json
import socket

import httpx
import pytest

from nemo_voice_serving.cli.progress_server import serving_progress
from support.not_run import not_run
from support.ports import free_port

BODY = json.dumps({"phase": "downloading"}).encode()


def test_any_path_returns_the_current_progress() -> None:
    port = free_port()
    bodies = iter((b'{"doneBytes": 1}', b'{"doneBytes": 2}'))
    with serving_progress(port, lambda: next(bodies)):
        first = httpx.get(f"http://127.0.0.1:{port}/")
        second = httpx.get(f"http://127.0.0.1:{port}/any/path?with=query")
    assert (first.status_code, first.headers["content-type"]) == (200, "application/json")
    assert (first.json(), second.json()) == ({"doneBytes": 1}, {"doneBytes": 2})
    assert "Python" not in first.headers["server"]


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_pods_of_either_family_are_answered(host: str) -> None:
    if not socket.has_dualstack_ipv6():
        not_run("NOT RUN: the kernel has no IPv6")
    port = free_port()
    with serving_progress(port, lambda: BODY):
        assert httpx.get(f"http://{host}:{port}/").content == BODY


def test_nothing_listens_after_the_block() -> None:
    port = free_port()
    with serving_progress(port, lambda: BODY):
        pass
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/")


def test_a_port_in_use_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        with serving_progress(port, lambda: BODY):
            pass
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == ("WARNING", "progress port not available")
    assert vars(record)["port"] == port


def test_without_a_port_no_socket_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    with serving_progress(None, lambda: BODY):
        pass


def test_a_client_that_disconnects_writes_nothing_to_the_log(
    capfd: pytest.CaptureFixture[str],
) -> None:
    port = free_port()
    with serving_progress(port, lambda: BODY):
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", port)) as client:
                # No lingering: the connection is reset, not closed.
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                client.sendall(b"GET / HT")
        assert httpx.get(f"http://127.0.0.1:{port}/").content == BODY
    assert capfd.readouterr() == ("", "")
