"""grpcurl, which knows none of our messages: it learns them from the service's reflection."""

import base64
import json
import subprocess
from collections.abc import Callable, Iterator

import pytest

from hack.go_programs import GoProgramsMissingError, programs
from support.grpc.calling import address_of
from support.http.served import served
from support.http.voice_apps import tts_app
from support.models.fakes import HOP
from support.not_run import not_run
from support.ports import free_port

NAME = "nvidia.riva.tts.RivaSpeechSynthesis"
Grpcurl = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def grpcurl() -> Iterator[Grpcurl]:
    """Runs grpcurl against the text-to-speech service."""
    try:
        program = programs("grpcurl") / "grpcurl"
    except GoProgramsMissingError as error:
        not_run(f"grpcurl was not run: {error}")
    app = tts_app(grpc_port=free_port())

    def run(*arguments: str, data: str | None = None) -> "subprocess.CompletedProcess[str]":
        given = [] if data is None else ["-d", data]
        return subprocess.run(
            [str(program), "-plaintext", *given, address_of(app), *arguments],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    with served(app):
        yield run


def test_services_are_listed_and_described(grpcurl: Grpcurl) -> None:
    assert NAME in grpcurl("list").stdout.split()
    assert "rpc SynthesizeOnline ( stream" in grpcurl("describe", NAME).stdout


def test_health_is_asked(grpcurl: Grpcurl) -> None:
    found = grpcurl("grpc.health.v1.Health/Check", data=json.dumps({"service": NAME}))
    assert json.loads(found.stdout) == {"status": "SERVING"}


def test_a_text_is_spoken(grpcurl: Grpcurl) -> None:
    found = json.loads(grpcurl(f"{NAME}/Synthesize", data='{"text": "Hello."}').stdout)
    assert len(base64.b64decode(found["audio"])) == 2 * len("Hello.") * 4 * HOP


def test_an_error_is_shown_with_its_details(grpcurl: Grpcurl) -> None:
    found = grpcurl(f"{NAME}/Synthesize", data='{"text": "Hello.", "voice_name": "nobody"}')
    assert "Code: InvalidArgument" in found.stderr
    assert '"param": "voice_name"' in found.stderr
