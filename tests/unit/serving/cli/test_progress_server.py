"""The port that tells how far a fetch is."""

import json
import socket

import httpx
import pytest

from nemo_voice_serving.cli.progress_server import answering
from support.ports import free_port

BODY = json.dumps({"phase": "downloading"}).encode()


def test_any_path_is_answered_with_the_progress_of_the_moment() -> None:
    port = free_port()
    bodies = iter((b'{"doneBytes": 1}', b'{"doneBytes": 2}'))
    with answering(port, lambda: next(bodies)):
        first = httpx.get(f"http://127.0.0.1:{port}/")
        second = httpx.get(f"http://127.0.0.1:{port}/any/path?with=query")
    assert (first.status_code, first.headers["content-type"]) == (200, "application/json")
    assert (first.json(), second.json()) == ({"doneBytes": 1}, {"doneBytes": 2})
    assert "Python" not in first.headers["server"]


def test_nothing_listens_afterwards() -> None:
    port = free_port()
    with answering(port, lambda: BODY):
        pass
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/")


def test_a_port_that_is_taken_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        with answering(port, lambda: BODY):
            pass
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == ("WARNING", "progress port not available")
    assert vars(record)["port"] == port


def test_without_a_port_nothing_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    with answering(None, lambda: BODY):
        pass


def test_a_reader_that_goes_away_disturbs_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    with answering(port, lambda: BODY):
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", port)) as reader:
                # No lingering: the connection is reset, not closed.
                reader.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                reader.sendall(b"GET / HT")
        assert httpx.get(f"http://127.0.0.1:{port}/").content == BODY
    assert capfd.readouterr() == ("", "")
