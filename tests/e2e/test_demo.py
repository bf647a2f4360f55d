"""Both demo samples on a real node: applied, ready, spoken to, scaled, killed, suspended, gone."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.kubernetes import Kubernetes
from support.repository import ROOT
from support.waiting import until

NAMESPACE = "speech"
SAMPLES = ROOT / "manifests" / "samples"
PATIENCE_S = 240.0
SENTENCE = "Good morning. This is a test of the speech service."

# Building the node's programs and loading eight gigabytes take longer than CI's share.
pytestmark = [pytest.mark.container, pytest.mark.long, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def speech(operated: Kubernetes) -> Iterator[Kubernetes]:
    """The cluster with both demo VoiceServices ready."""
    operated.kubectl("create", "namespace", NAMESPACE)
    enforced = "pod-security.kubernetes.io/enforce=restricted"
    operated.kubectl("label", "namespace", NAMESPACE, enforced)
    for name in ("tts-demo", "stt-demo"):
        sample = yaml.safe_load((SAMPLES / f"{name}.yaml").read_text())
        operated.kubectl("apply", "--namespace", NAMESPACE, "--filename", "-", manifest=sample)
    for name in ("tts-demo", "stt-demo"):
        operated.wait_for_phase(name, "Ready", NAMESPACE)
    yield operated
    operated.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=120s")


def address(kubernetes: Kubernetes, name: str) -> str:
    """Returns where a VoiceService's Service answers inside the cluster's network."""
    service = kubernetes.get("service", name, NAMESPACE)
    return f"http://{service['spec']['clusterIP']}:{service['spec']['ports'][0]['port']}"


def curl(*arguments: str) -> bytes:
    """Returns what curl got; the node's network is this machine's."""
    command = ["curl", "--silent", "--show-error", "--fail-with-body", "--max-time", "60"]
    return subprocess.run([*command, *arguments], check=True, capture_output=True).stdout


def status(kubernetes: Kubernetes, name: str) -> dict[str, Any]:
    """Returns a VoiceService's status."""
    found: dict[str, Any] = kubernetes.get("voice", name, NAMESPACE)["status"]
    return found


def pods(kubernetes: Kubernetes, name: str) -> list[str]:
    """Returns the names of a VoiceService's serving pods that are not on their way out."""
    found = kubernetes.get("pods", "", NAMESPACE, f"nemo-voice.dev/voiceservice={name}")
    alive = (pod["metadata"] for pod in found["items"])
    return [metadata["name"] for metadata in alive if "deletionTimestamp" not in metadata]


def test_what_one_service_says_the_other_understands(speech: Kubernetes, tmp_path: Path) -> None:
    said = tmp_path / "said.wav"
    json_type = ("-H", "Content-Type: application/json")
    body = f'{{"text": "{SENTENCE}"}}'
    sound = curl(f"{address(speech, 'tts-demo')}/synthesize", *json_type, "-d", body)
    said.write_bytes(sound)
    assert sound[:4] == b"RIFF"
    heard = curl(f"{address(speech, 'stt-demo')}/transcribe", "-F", f"audio_file=@{said}")
    assert b"speech service" in heard


def test_the_status_tells_how_it_became_ready(speech: Kubernetes) -> None:
    found = status(speech, "tts-demo")
    conditions = {one["type"]: (one["status"], one["reason"]) for one in found["conditions"]}
    assert conditions["ModelCached"] == ("True", "InImage")
    assert conditions["WarmedUp"] == ("True", "CanaryPassed")
    assert conditions["Ready"] == ("True", "Serving")
    assert found["phases"]["loadSeconds"] > 0
    assert found["phases"]["warmupSeconds"] > 0
    listed = speech.kubectl("get", "voice", "--namespace", NAMESPACE)
    assert "tts-demo" in listed
    assert "Ready" in listed


def test_a_killed_pod_is_replaced_and_the_status_follows(speech: Kubernetes) -> None:
    (before,) = pods(speech, "tts-demo")
    speech.kubectl("delete", "pod", before, "--namespace", NAMESPACE, "--grace-period=0", "--force")
    until("another pod", lambda: before not in pods(speech, "tts-demo"), PATIENCE_S)
    until("unready", lambda: status(speech, "tts-demo")["phase"] != "Ready", 60)
    speech.wait_for_phase("tts-demo", "Ready", NAMESPACE)


def test_kubectl_scale_and_suspension_are_followed(speech: Kubernetes) -> None:
    speech.kubectl("scale", "voice/tts-demo", "--replicas=2", "--namespace", NAMESPACE)
    until("two pods", lambda: len(pods(speech, "tts-demo")) == 2, PATIENCE_S)
    patch = '{"spec": {"suspend": true}}'
    where = ("--namespace", NAMESPACE, "--type=merge", "--patch")
    speech.kubectl("patch", "voice", "tts-demo", *where, patch)
    speech.wait_for_phase("tts-demo", "Suspended", NAMESPACE)
    until("no pod", lambda: not pods(speech, "tts-demo"), PATIENCE_S)
    patch = '{"spec": {"suspend": false, "replicas": 1}}'
    speech.kubectl("patch", "voice", "tts-demo", *where, patch)
    speech.wait_for_phase("tts-demo", "Ready", NAMESPACE)


def test_nothing_is_left_of_a_deleted_service(speech: Kubernetes) -> None:
    speech.kubectl("delete", "voice", "stt-demo", "--namespace", NAMESPACE, "--timeout=30s")
    kinds = "deployments,services,poddisruptionbudgets,networkpolicies,controllerrevisions,pods"
    ours = "nemo-voice.dev/voiceservice=stt-demo"
    until("nothing left", lambda: not speech.get(kinds, "", NAMESPACE, ours)["items"], 120)
