"""A cluster with a kubelet, used with kubectl."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from hack.base_image import base_image
from hack.cluster import images as node_images
from hack.cluster import requirements, single_node
from hack.cluster.layout import layout
from hack.docker_daemon import running_docker
from support.docs.repository import ROOT
from tools.images.build import FOLDERS, build, reference

TAG = "test"
RELEASED = "ghcr.io/nemo-voice"
"""Registry of a release's images; in a node of ours they are those of `TAG`."""
TIMEOUT_S = 600.0
"""A pod that has a tenth of a core takes minutes to be ready."""


@dataclass(frozen=True)
class Kubernetes:
    """A cluster, by its kubeconfig."""

    kubeconfig: Path

    def image(self, name: str) -> str:
        """Returns the reference of one of our images in the cluster."""
        return f"docker.io/library/{reference(name, TAG)}"

    def kubectl(self, *arguments: str, manifest: Any = None) -> str:
        """Returns the output of kubectl.

        Raises:
            AssertionError: It failed; its words are the message.
        """
        given = None if manifest is None else yaml.safe_dump(manifest)
        return self._printed("kubectl", *arguments, given=given)

    def helm(self, *arguments: str) -> str:
        """Returns the output of Helm.

        Raises:
            AssertionError: It failed; its words are the message.
        """
        return self._printed("helm", *arguments)

    def _printed(self, program: str, *arguments: str, given: str | None = None) -> str:
        path = f"{layout().binaries}:{os.environ['PATH']}"
        done = subprocess.run(
            [program, *arguments],
            env={**os.environ, "KUBECONFIG": str(self.kubeconfig), "PATH": path},
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{program} {' '.join(arguments)}: {done.stderr}"
        printed: str = done.stdout
        return printed

    def get(self, kind: str, name: str = "", namespace: str = "default", selector: str = "") -> Any:
        """Returns an object, or a list of objects."""
        wanted = [name] if name else []
        wanted += ["--selector", selector] if selector else []
        return json.loads(
            self.kubectl("get", kind, *wanted, "--namespace", namespace, "--output", "json")
        )

    def wait_for_phase(
        self, name: str, phase: str, namespace: str, patience_s: float = TIMEOUT_S
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


def released(name: str) -> str:
    """Returns the reference of an image as a release publishes it."""
    chart = yaml.safe_load((ROOT / "charts" / "nemo-voice" / "Chart.yaml").read_text())
    return f"{RELEASED}/{reference(name, chart['appVersion'])}"


@contextmanager
def own_node() -> Iterator[Kubernetes]:
    """Yields a node of our own with our images, which is removed afterwards."""
    requirements.check()
    single_node.build()
    try:
        _node("up")
        _load_images()
        yield Kubernetes(layout().kubeconfig)
    finally:
        _node("down")


def _node(command: str) -> None:
    """Runs the documented command; the node's daemons run on after it."""
    subprocess.run([sys.executable, "-m", "hack.cluster", command], cwd=ROOT, check=True)


def _load_images() -> None:
    """Builds the images and puts them into the node, all in one archive: they share most of it."""
    with running_docker() as docker:
        base = base_image(docker, os.environ.get("NEMO_VOICE_DEV_BASE_IMAGE"))
        names = [build(docker, name, base=base, tag=TAG) for name in FOLDERS]
        with docker.reading("save", *names) as archive:
            node_images.load(layout(), archive)
    for name in FOLDERS:
        node_images.name(layout(), f"docker.io/library/{reference(name, TAG)}", released(name))
