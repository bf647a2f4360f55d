"""The command line: the definition on paper, and errors that a person can read."""

import json
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from typing_extensions import override

from nemo_voice_operator import __version__
from nemo_voice_operator.__main__ import main
from nemo_voice_operator.crd import crd

FREE = {
    "apiVersion": "coordination.k8s.io/v1",
    "kind": "Lease",
    "metadata": {
        "name": "nemo-voice-operator",
        "namespace": "nemo-voice",
        "resourceVersion": "1",
    },
    "spec": {"holderIdentity": ""},
}
PodResponse = Callable[[str, str], tuple[int, object]]


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Keeps every test from any cluster that there may be, and from the logging of others."""
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    monkeypatch.setenv("NEMO_VOICE_OPERATOR_METRICS_PORT", "0")
    monkeypatch.setenv("NEMO_VOICE_OPERATOR_HEALTH_PORT", "0")
    root, kopf = logging.getLogger(), logging.getLogger("kopf")
    handlers, level, kopf_level = root.handlers[:], root.level, kopf.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    kopf.setLevel(kopf_level)


class Api:
    """An API server in a thread, which responds by method and path and records both."""

    def __init__(self) -> None:
        self.response: PodResponse = lambda _method, _path: (404, {"message": "no such thing"})
        self.requests: list[tuple[str, str]] = []

    def handler(self) -> type[BaseHTTPRequestHandler]:
        """Returns what the server makes of a request."""
        api = self

        class Handler(BaseHTTPRequestHandler):
            def responded(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path = self.path.partition("?")[0]
                api.requests.append((self.command, path))
                status, body = api.response(self.command, path)
                sent = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            do_GET = do_POST = do_PUT = do_PATCH = responded  # noqa: N815 the library's names

            @override
            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """An API server that the kubeconfig names."""
    api = Api()
    with ThreadingHTTPServer(("127.0.0.1", 0), api.handler()) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        cluster = {"server": f"http://127.0.0.1:{server.server_port}"}
        configuration = {
            "current-context": "it",
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "me"}}],
            "clusters": [{"name": "it", "cluster": cluster}],
            "users": [{"name": "me", "user": {}}],
        }
        (tmp_path / "none").write_text(json.dumps(configuration))
        yield api
        server.shutdown()
        thread.join()


def test_the_definition_is_printed_without_any_setting_or_cluster(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEMO_VOICE_OPERATOR_WORKERS", "many")
    assert main(["crd", "print"]) == 0
    assert yaml.safe_load(capsys.readouterr().out) == crd()


def test_invalid_settings_are_named_by_their_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NEMO_VOICE_OPERATOR_WORKERS", "many")
    monkeypatch.setenv("NEMO_VOICE_OPERATOR_LEASE_S", "1")
    with pytest.raises(SystemExit) as ended:
        main(["run"])
    first, second = str(ended.value.code).splitlines()
    assert first.startswith("error: NEMO_VOICE_OPERATOR_WORKERS: ")
    assert second.startswith("error: NEMO_VOICE_OPERATOR_LEASE_S: ")


@pytest.mark.parametrize("command", [["run"], ["crd", "apply"]])
def test_a_misspelt_setting_is_refused_at_the_start(
    command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEMO_VOICE_OPERATOR_WORKRES", "4")
    with pytest.raises(SystemExit, match=r"^error: .*WORKRES is not a setting.*_WORKERS\?"):
        main(command)


@pytest.mark.parametrize("command", [["run"], ["crd", "apply"]], ids=" ".join)
def test_missing_kubeconfig_is_reported(command: list[str]) -> None:
    with pytest.raises(SystemExit, match="error: no way to a cluster: "):
        main(command)


def test_missing_service_account_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    with pytest.raises(SystemExit, match="error: no way to a cluster: "):
        main(["crd", "apply"])


@pytest.mark.parametrize("command", [[], ["crd"], ["crd", "edit"], ["walk"]], ids=" ".join)
def test_unknown_command_is_refused_with_usage(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(command)
    assert ended.value.code == 2
    assert "usage: python -m nemo_voice_operator" in capsys.readouterr().err


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"{__version__}\n"


def test_the_definition_is_applied_to_the_cluster(api: Api) -> None:
    api.response = lambda _method, _path: (200, {})
    assert main(["crd", "apply"]) == 0
    ((method, path),) = api.requests
    assert method == "PATCH"
    assert path.endswith("/customresourcedefinitions/voiceservices.nemo-voice.dev")


def test_refused_definition_ends_with_the_api_servers_message(api: Api) -> None:
    api.response = lambda _method, _path: (403, {"message": "you may not"})
    with pytest.raises(SystemExit, match="error: you may not"):
        main(["crd", "apply"])


def test_sigterm_ends_the_operator_with_status_0(api: Api) -> None:
    def response(method: str, path: str) -> tuple[int, object]:
        if path.endswith("/leases/nemo-voice-operator"):
            os.kill(os.getpid(), signal.SIGTERM)
        return 503, {"message": "busy"}

    api.response = response
    assert main(["run"]) == 0
    assert {method for method, _ in api.requests} == {"GET"}


def test_unreadable_cluster_ends_the_operator_with_the_reason(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    def response(_method: str, path: str) -> tuple[int, object]:
        if path.endswith("/leases/nemo-voice-operator"):
            return 200, FREE
        return 500, {"message": "the store is gone"}

    api.response = response
    assert main(["run"]) == 1
    # Other threads may write a line of their own behind it.
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    assert "operator failed: the store is gone" in [json.loads(line)["message"] for line in lines]
