"""Live sessions by OpenAI's package for JavaScript, unmodified, in both of its living versions.

It speaks `wss:` whatever its address says, so the service has a certificate of its own. The
package's two clients bring the key in a header, and as a subprotocol, as a browser has to.
"""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from support.certificates import authority_in
from support.http.foreign_clients import node_realtime_client
from support.http.served import served
from support.http.transcribing import HEARD
from support.http.voice_apps import stt_app
from support.models.live import silence, speech

TRANSCRIPTION = "conversation.item.input_audio_transcription"
COMPLETED = f"{TRANSCRIPTION}.completed"

OLDEST_NODE = {"model": 18, "intent": 22}
"""What the version that opens a session so can run on."""

Run = Callable[[list[str], str, str], Any]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Runs a client's program with the service, which asks for a key and shows a certificate."""
    folder = tmp_path_factory.mktemp("client")
    keys, said, paused = folder / "keys", folder / "speech.pcm", folder / "paused.pcm"
    keys.write_text("sesame")
    said.write_bytes(speech(1))
    paused.write_bytes(silence(0.5) + speech(1) + silence(1))
    authority = authority_in(folder / "authority")
    app = stt_app(api_keys_file=keys, tls=authority.pair("service").settings)
    with served(app) as address:

        def ran(command: list[str], transport: str, named: str) -> Any:
            where = address.replace("127.0.0.1", "localhost")
            done = subprocess.run(
                [*command, transport, where, named, str(said), str(paused)],
                env={**os.environ, "NODE_EXTRA_CA_CERTS": str(authority.certificate)},
                capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr[-4000:]
            return json.loads(done.stdout.strip().splitlines()[-1])

        yield ran


@pytest.fixture(
    scope="module",
    params=[("realtime6", "model"), ("realtime7", "intent")],
    ids=["openai 6", "openai 7"],
)
def version(request: pytest.FixtureRequest) -> tuple[list[str], str]:
    """The command of one version, and what it opens a session by: it knows one way each."""
    pins, named = request.param
    return node_realtime_client(pins), named


@pytest.fixture(scope="module", params=["ws", "websocket"])
def found(version: tuple[list[str], str], run: Run, request: pytest.FixtureRequest) -> Any:
    """What one of its two clients got."""
    command, named = version
    got = run(command, request.param, named)
    assert int(got["node"].split(".")[0]) >= OLDEST_NODE[named]
    return got


def types_of(events: list[dict[str, Any]]) -> list[str]:
    """Returns the types of the events, deltas once."""
    types = [event["type"] for event in events]
    return list(dict.fromkeys(types))


def test_a_session_is_configured_and_committed_by_the_client(found: Any) -> None:
    events = found["committed"]["events"]
    first = events[: [event["type"] for event in events].index(COMPLETED) + 1]
    assert types_of(first) == [
        "session.created",
        "session.updated",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        f"{TRANSCRIPTION}.delta",
        COMPLETED,
    ]
    deltas = [event["delta"] for event in first if event["type"] == f"{TRANSCRIPTION}.delta"]
    assert "".join(deltas) == first[-1]["transcript"] == HEARD
    assert first[-1]["usage"]["type"] == "duration"
    updated = first[1]["session"]["audio"]["input"]
    assert updated["turn_detection"] is None
    assert updated["transcription"]["language"] == "en"


def test_a_wrong_value_is_an_error_of_the_clients_own_and_the_session_goes_on(found: Any) -> None:
    session = found["committed"]
    (failure,) = session["failures"]
    assert "threshold" in failure["error"]["param"]
    assert failure["error"]["type"] == "invalid_request_error"
    assert failure["error"]["message"] in failure["message"]
    completed = [event for event in session["events"] if event["type"] == COMPLETED]
    assert [event["transcript"] for event in completed] == [HEARD, HEARD]
    assert len({event["item_id"] for event in completed}) == 2
    assert session["closeCode"] == 1000


def test_speech_is_found_by_the_service(found: Any) -> None:
    events = found["detected"]["events"]
    assert found["detected"]["failures"] == []
    # What was understood so far may come before the end of the speech.
    assert [one for one in types_of(events) if not one.endswith(".delta")] == [
        "session.created",
        "session.updated",
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        COMPLETED,
    ]
    heard = [event for event in events if event.get("item_id")]
    assert len({event["item_id"] for event in heard}) == 1
    assert events[-1]["transcript"] == HEARD


def test_a_wrong_key_opens_nothing(found: Any) -> None:
    refused = found["refused"]
    assert refused["events"] == []
    assert refused["failures"] != []


def test_requests_trust_the_authority_too(found: Any) -> None:
    assert found["models"] == ["demo"]
