"""Documented lines for clusters, run by kubectl on a real API server, and by Helm."""

import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from hack.go_programs import GoProgramsMissingError, programs
from nemo_voice_operator.api import VoiceService
from support.docs.documented import commands, file_in
from support.docs.repository import ROOT
from support.kubernetes.api_server import ApiServer, running_api_server
from support.kubernetes.definitions import VOICE_SERVICES, define_voice_services
from support.not_run import not_run

SAMPLES = ROOT / "manifests" / "samples"
TIMEOUT_S = 60
NAMESPACES = ("nemo-voice", "speech", "argocd")
STATUS = {
    "phase": "Ready",
    "conditions": [
        {
            "type": kind,
            "status": status,
            "reason": kind,
            "message": "",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
            # No operator runs here, and some lines change the spec.
            "observedGeneration": 99,
        }
        for kind, status in (("Ready", "True"), ("Reconciling", "False"))
    ],
    "load": {"inFlight": 1, "queueSeconds": 0, "decision": 1, "reason": "Steady", "message": "."},
}
KUBECTL = [line for line in commands() if line.startswith("kubectl ")]
HELM = [line for line in commands() if line.startswith(("helm install", "helm upgrade"))]
HELM += [line for line in commands() if line.startswith("helm template")]


@pytest.fixture(scope="module")
def binaries() -> Path:
    """Where kubectl and Helm are; a skip that says why there are none."""
    try:
        return programs("kubectl", "helm")
    except GoProgramsMissingError as reason:
        not_run(f"NOT RUN: the documents' lines for clusters: {reason}")


@pytest.fixture(scope="module")
def cluster() -> Iterator[ApiServer]:
    """An API server as the documents assume it: two namespaces, and VoiceServices."""
    try:
        with running_api_server() as server:
            define_voice_services(server)
            for name in NAMESPACES:
                server.send("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
            for sample in ("tts-nvidia", "tts-demo", "private-hub"):
                _suppose(server, yaml.safe_load((SAMPLES / f"{sample}.yaml").read_text()))
            argocd = {"metadata": {"name": "argocd-cm"}}
            server.send("POST", "/api/v1/namespaces/argocd/configmaps", argocd)
            yield server
    except GoProgramsMissingError as reason:
        not_run(f"NOT RUN: the documents' lines for kubectl: {reason}")


def _suppose(server: ApiServer, voice: dict[str, object]) -> None:
    collection = VOICE_SERVICES.format(namespace="default")
    made = server.send("POST", collection, voice)
    place = f"{collection}/{made['metadata']['name']}/status"
    server.send("PUT", place, {**made, "status": STATUS})


@pytest.mark.parametrize("line", KUBECTL)
def test_kubectl_accepts_the_documented_lines(
    line: str, cluster: ApiServer, binaries: Path, tmp_path: Path
) -> None:
    if line.startswith("kubectl create"):
        line += " --dry-run=client"  # what it would make may be there already
    environment = {
        "PATH": f"{binaries}:{os.environ['PATH']}",
        "KUBECONFIG": str(cluster.admin),
        "HOME": str(tmp_path),
    }
    done = subprocess.run(
        ["bash", "-c", line.replace(" --watch", " --watch=false")],
        cwd=ROOT,
        env=environment,
        timeout=TIMEOUT_S,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("line", HELM)
def test_helm_accepts_the_documented_lines(line: str, binaries: Path, tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text(file_in("docs/helm.md", "values.yaml"))
    _helm, verb, *words = shlex.split(line)
    as_upgrade = ["--is-upgrade"] if verb == "upgrade" else []
    chart = [str(ROOT / word) if word.startswith("charts/") else word for word in words]
    done = subprocess.run(
        [str(binaries / "helm"), "template", *chart, *as_upgrade],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "KUBECONFIG": os.devnull},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    made = [one for one in yaml.safe_load_all(done.stdout) if one]
    registry = next((word for word in words if word.startswith("images.registry=")), "")
    assert registry.partition("=")[2] in done.stdout
    voices = [one for one in made if one["kind"] == "VoiceService"]
    assert bool(voices) is ("values.yaml" in words)
    assert all(VoiceService.model_validate(one) for one in voices)
