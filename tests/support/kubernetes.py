"""A cluster with a kubelet, spoken to with kubectl."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from base_image import base_image
from cluster import images as node_images
from cluster import requirements, single_node
from cluster.layout import layout
from docker_daemon import running_docker
from images import FOLDERS, build, reference
from nemo_voice_operator.crd import crd
from support.repository import ROOT

TAG = "test"
PATIENCE_S = 300.0


@dataclass(frozen=True)
class Kubernetes:
    """A cluster, by its kubeconfig."""

    kubeconfig: Path

    def image(self, name: str) -> str:
        """Returns the reference of one of our images in the cluster."""
        return f"docker.io/library/{reference(name, TAG)}"

    def kubectl(self, *arguments: str, manifest: Any = None) -> str:
        """Returns what kubectl prints.

        Raises:
            AssertionError: It failed; its words are the message.
        """
        path = f"{layout().binaries}:{os.environ['PATH']}"
        done = subprocess.run(
            ["kubectl", *arguments],
            env={**os.environ, "KUBECONFIG": str(self.kubeconfig), "PATH": path},
            input=None if manifest is None else yaml.safe_dump(manifest),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        printed: str = done.stdout
        return printed

    def get(self, kind: str, name: str = "", namespace: str = "default", selector: str = "") -> Any:
        """Returns an object, or a list of objects."""
        wanted = [name] if name else []
        wanted += ["--selector", selector] if selector else []
        return json.loads(
            self.kubectl("get", kind, *wanted, "--namespace", namespace, "--output", "json")
        )

    def define(self) -> None:
        """Makes the cluster know VoiceServices."""
        self.kubectl("apply", "--server-side", "--filename", "-", manifest=crd())
        self.kubectl("wait", "--for=condition=Established", "crd/voiceservices.nemo-voice.dev")

    def wait_for_phase(
        self, name: str, phase: str, namespace: str, patience_s: float = PATIENCE_S
    ) -> float:
        """Returns the seconds until a VoiceService was in this phase.

        Raises:
            TimeoutError: It was not in time; the message holds its status.
        """
        began_s = time.monotonic()
        while time.monotonic() - began_s < patience_s:
            status = self.get("voice", name, namespace).get("status", {})
            if status.get("phase") == phase:
                return time.monotonic() - began_s
            time.sleep(0.5)
        described = self.kubectl("describe", "voice,pods", "--namespace", namespace)
        raise TimeoutError(f"{name} is not {phase}: {described}")


@contextmanager
def own_node() -> Iterator[Kubernetes]:
    """Yields a node of our own with our images; all of it is gone afterwards."""
    requirements.check()
    single_node.build()
    try:
        _node("up")
        _load_images()
        yield Kubernetes(layout().kubeconfig)
    finally:
        _node("down")


def _node(command: str) -> None:
    """Runs the command that people use; the node's daemons outlive it."""
    path = {"PYTHONPATH": str(ROOT / "tools")}
    subprocess.run(
        [sys.executable, "-m", "cluster", command], env={**os.environ, **path}, check=True
    )


def _load_images() -> None:
    """Builds the images and puts them into the node, all in one archive: they share most of it."""
    with running_docker() as docker, tempfile.NamedTemporaryFile(suffix=".tar") as archive:
        base = base_image(docker, os.environ.get("NEMO_VOICE_DEV_BASE_IMAGE"))
        names = [build(docker, name, base=base, tag=TAG) for name in FOLDERS]
        docker.run("save", "--output", archive.name, *names)
        node_images.load(layout(), archive.name)
