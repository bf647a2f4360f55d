"""Makes the images that the cluster itself runs, and loads others into the node.

Nothing is pulled. Each image made here is one layer with one static program.
"""

import hashlib
import io
import json
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from hack.cluster.layout import Layout

BUSYBOX = Path("/bin/busybox")
REPOSITORY = "docker.io/nemo-voice-node"
PAUSE = f"{REPOSITORY}/pause:1"
"""The image of the container that keeps a pod's network namespace."""


@dataclass(frozen=True)
class OwnImage:
    """An image of one program, which other names may point to."""

    reference: str
    program: Path
    path: str
    entrypoint: tuple[str, ...] = ()
    links: tuple[str, ...] = ()

    def archive(self) -> bytes:
        """Returns the image as `docker save` would write it."""
        layer = self._layer()
        digest = hashlib.sha256(layer).hexdigest()
        settings = {"Entrypoint": list(self.entrypoint) or None, "Env": ["PATH=/bin"]}
        configuration = {
            "architecture": "amd64",
            "os": "linux",
            "config": settings,
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        }
        parts = {"Config": "config.json", "RepoTags": [self.reference], "Layers": ["layer.tar"]}
        files = {
            "config.json": json.dumps(configuration).encode(),
            "layer.tar": layer,
            "manifest.json": json.dumps([parts]).encode(),
        }
        whole = io.BytesIO()
        with tarfile.open(fileobj=whole, mode="w") as tar:
            for name, data in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
        return whole.getvalue()

    def _layer(self) -> bytes:
        layer = io.BytesIO()
        with tarfile.open(fileobj=layer, mode="w") as tar:
            tar.add(self.program, arcname=self.path)
            for name in self.links:
                link = tarfile.TarInfo(name)
                link.type, link.linkname = tarfile.SYMTYPE, f"/{self.path}"
                tar.addfile(link)
        return layer.getvalue()


def own_images(binaries: Path) -> tuple[OwnImage, ...]:
    """Returns the images that the cluster itself runs, and a small userland as `busybox:1`."""
    tools = subprocess.run([BUSYBOX, "--list"], check=True, capture_output=True, text=True).stdout
    links = tuple(f"bin/{name}" for name in tools.split() if name != "busybox")
    forever = ("/bin/busybox", "sleep", "2147483647")
    provisioner = "local-path-provisioner"
    return (
        OwnImage(PAUSE, BUSYBOX, "bin/busybox", forever),
        OwnImage(f"{REPOSITORY}/busybox:1", BUSYBOX, "bin/busybox", links=links),
        OwnImage(f"{REPOSITORY}/coredns:1", binaries / "coredns", "coredns", ("/coredns",)),
        OwnImage(
            f"{REPOSITORY}/{provisioner}:1",
            binaries / provisioner,
            provisioner,
            (f"/{provisioner}",),
        ),
    )


def import_own(layout: Layout) -> None:
    """Puts the cluster's own images into the node."""
    for image in own_images(layout.binaries):
        subprocess.run(
            ctr(layout, "images", "import", "-"),
            input=image.archive(),
            check=True,
            capture_output=True,
        )


def load(layout: Layout, archive: IO[Any]) -> None:
    """Puts the images of a `docker save` archive into the node, while it is being read."""
    subprocess.run(
        ctr(layout, "images", "import", "--local", "-"),
        stdin=archive,
        stdout=sys.stderr,
        check=True,
    )


def name(layout: Layout, known: str, also: str) -> None:
    """Gives an image in the node another name."""
    subprocess.run(
        ctr(layout, "images", "tag", "--force", known, also), check=True, capture_output=True
    )


def ctr(layout: Layout, *arguments: str) -> list[str]:
    """Returns the command that talks to the node's containerd as the kubelet's runtime does."""
    return [
        *(str(layout.binaries / "ctr"), "--address", str(layout.socket)),
        *("--namespace", "k8s.io", *arguments),
    ]
