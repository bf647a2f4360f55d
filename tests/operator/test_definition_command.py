"""The command that applies the CRD to a cluster."""

import os
import subprocess
import sys
from pathlib import Path

from nemo_voice_operator.crd import crd
from nemo_voice_operator.kube.labels import MANAGER
from nemo_voice_operator.kube.manifests import name_of
from support.kubernetes.api_server import ApiServer
from support.kubernetes.definitions import DEFINITIONS


def test_the_command_defines_the_resource(api_server: ApiServer) -> None:
    for _ in range(2):  # the second time it is there already
        ended = _apply(api_server.admin)
        assert ended.returncode == 0, ended.stderr
    metadata = api_server.send("GET", f"{DEFINITIONS}/{name_of(crd())}")["metadata"]
    # Another test may have defined it, under another name.
    assert MANAGER in {entry["manager"] for entry in metadata["managedFields"]}


def test_command_reports_why_it_failed(api_server: ApiServer) -> None:
    ended = _apply(api_server.kubeconfig("nobody"))
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: ")
    assert "forbidden" in ended.stderr


def _apply(kubeconfig: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nemo_voice_operator", "crd", "apply"],
        env={**os.environ, "KUBECONFIG": str(kubeconfig)},
        check=False,
        capture_output=True,
        text=True,
    )
