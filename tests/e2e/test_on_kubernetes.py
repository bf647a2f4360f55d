"""`make kind-up` and `make kind-down` on a cluster that is there."""

import os
import subprocess
import sys

import pytest

from hack.cluster.layout import layout
from support.docs.repository import ROOT
from support.kubernetes.kubectl import TAG, Kubernetes

pytestmark = [pytest.mark.container, pytest.mark.long, pytest.mark.timeout(3600)]


def test_kind_up_starts_both_services_and_kind_down_removes_them(
    kubernetes: Kubernetes,
) -> None:
    def run(what: str) -> None:
        tool = (sys.executable, "-m", "tools.kind", what)
        there = ("--tag", TAG, "--kubeconfig", str(kubernetes.kubeconfig))
        path = f"{layout().binaries}:{os.environ['PATH']}"
        subprocess.run([*tool, *there], cwd=ROOT, env={**os.environ, "PATH": path}, check=True)

    run("up")
    spoken = kubernetes.helm("test", "nemo-voice", "--namespace", "nemo-voice", "--logs")
    assert "speech service" in spoken
    run("down")
    assert "nemo-voice" not in kubernetes.kubectl("get", "namespaces", "--output", "name")
