"""Both demo samples on a real node: applied, ready, called, scaled, killed, suspended, deleted."""

import subprocess
from pathlib import Path

import pytest
import yaml

from support.docs.repository import ROOT
from support.kubernetes.voice_namespace import VoiceNamespace
from support.waiting import until

SAMPLES = ROOT / "manifests" / "samples"
TIMEOUT_S = 240.0
SENTENCE = "Good morning. This is a test of the speech service."
JSON_TYPE = ("-H", "Content-Type: application/json")
BODY = f'{{"text": "{SENTENCE}"}}'

# Building the node's programs and loading eight gigabytes take longer than CI's share.
pytestmark = [pytest.mark.container, pytest.mark.long, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def demos(speech: VoiceNamespace) -> VoiceNamespace:
    """The namespace with both demo VoiceServices ready."""
    for name in ("tts-demo", "stt-demo"):
        speech.apply(yaml.safe_load((SAMPLES / f"{name}.yaml").read_text()))
    for name in ("tts-demo", "stt-demo"):
        speech.wait_for_phase(name, "Ready")
    return speech


def curl(*arguments: str) -> bytes:
    """Returns the output of curl; the node's network is this machine's."""
    command = ["curl", "--silent", "--show-error", "--fail-with-body", "--max-time", "60"]
    return subprocess.run([*command, *arguments], check=True, capture_output=True).stdout


def test_speech_of_one_service_is_transcribed_by_the_other(
    demos: VoiceNamespace, tmp_path: Path
) -> None:
    said = tmp_path / "said.wav"
    sound = curl(demos.address("tts-demo", "/synthesize"), *JSON_TYPE, "-d", BODY)
    said.write_bytes(sound)
    assert sound[:4] == b"RIFF"
    heard = curl(demos.address("stt-demo", "/transcribe"), "-F", f"audio_file=@{said}")
    assert b"speech service" in heard


def test_another_pod_gets_a_response_at_the_endpoint_in_the_status(demos: VoiceNamespace) -> None:
    endpoint = demos.status("tts-demo")["endpoint"]
    program = (
        "from urllib.request import Request, urlopen\n"
        f"request = Request({endpoint + '/synthesize'!r}, {BODY!r}.encode(),"
        " {'Content-Type': 'application/json'})\n"
        "print(urlopen(request, timeout=60).read(4))\n"
    )
    demos.run_pod("caller", demos.kubernetes.image("tts"), "python", "-c", program)
    assert "b'RIFF'" in demos.kubectl("logs", "caller")


def test_events_and_conditions_show_how_it_became_ready(demos: VoiceNamespace) -> None:
    found = demos.status("tts-demo")
    conditions = {one["type"]: (one["status"], one["reason"]) for one in found["conditions"]}
    assert conditions["ModelCached"] == ("True", "InImage")
    assert conditions["WarmedUp"] == ("True", "SelfTestPassed")
    assert conditions["Ready"] == ("True", "Serving")
    assert found["phases"]["loadSeconds"] > 0
    assert found["phases"]["warmupSeconds"] > 0
    listed = demos.kubectl("get", "voice")
    assert "tts-demo" in listed
    assert "Ready" in listed


def test_a_healthy_start_leaves_no_event_of_a_failed_probe(demos: VoiceNamespace) -> None:
    assert "tts-demo" in demos.kubectl("get", "events", "--output", "name")
    failed = demos.kubectl(
        "get", "events", "--field-selector", "reason=Unhealthy", "--output", "name"
    )
    assert failed.split() == []


def test_a_killed_pod_is_replaced_and_the_status_follows(demos: VoiceNamespace) -> None:
    demos.kill_pods("tts-demo")
    until("unready", lambda: demos.status("tts-demo")["phase"] != "Ready", 60)
    demos.wait_for_phase("tts-demo", "Ready")


def test_pods_follow_kubectl_scale_and_suspension(demos: VoiceNamespace) -> None:
    demos.kubectl("scale", "voice/tts-demo", "--replicas=2")
    until("two pods", lambda: len(demos.pods("tts-demo")) == 2, TIMEOUT_S)
    demos.change("tts-demo", suspend=True)
    demos.wait_for_phase("tts-demo", "Suspended")
    until("no pod", lambda: not demos.pods("tts-demo"), TIMEOUT_S)
    demos.change("tts-demo", suspend=False, replicas=1)
    demos.wait_for_phase("tts-demo", "Ready")


def test_nothing_is_left_of_a_deleted_service(demos: VoiceNamespace) -> None:
    demos.kubectl("delete", "voice", "stt-demo", "--timeout=30s")
    until("nothing left", lambda: not demos.children("stt-demo"), 120)
