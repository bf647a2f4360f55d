"""What comes with an image: its labels, its bill of materials, and the way into a registry."""

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from importlib.metadata import version
from typing import Any

import pytest

from hack.docker_daemon import Docker
from support.hub.registry import Pushed, Registry
from tools.generated.licences import OPERATOR, SERVICES, pinned
from tools.images.build import push
from tools.release.sbom import bill_of
from tools.release.versions import project_version

OCI = "org.opencontainers.image"
PINS = {"tts": SERVICES, "stt": SERVICES, "operator": OPERATOR}
OWN = {
    "tts": {"nemo-voice-serving", "nemo-voice-tts"},
    "stt": {"nemo-voice-serving", "nemo-voice-stt"},
    "operator": {"nemo-voice-operator"},
}

# The first build downloads and packs gigabytes.
pytestmark = [pytest.mark.container, pytest.mark.timeout(3600)]


@pytest.fixture
def registry() -> Iterator[tuple[str, Pushed]]:
    """A registry on loopback, which Docker takes without TLS: its address, and what it has."""
    kept = Pushed()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Registry, kept)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}", kept
        server.shutdown()


@pytest.mark.parametrize("name", PINS)
def test_an_image_has_the_labels_of_the_oci(
    docker: Docker, images: dict[str, str], name: str
) -> None:
    shown = docker.run("image", "inspect", "--format", "{{json .Config.Labels}}", images[name])
    labels: dict[str, str] = json.loads(shown.stdout)
    assert labels[f"{OCI}.title"] == f"nemo-voice-{name}"
    assert labels[f"{OCI}.version"] == project_version()
    assert labels[f"{OCI}.licenses"].startswith("Apache-2.0")
    wanted = {"description", "vendor", "url", "source", "documentation", "revision", "base.name"}
    assert {one for one in wanted if not labels[f"{OCI}.{one}"]} == set()


@pytest.mark.parametrize("name", PINS)
def test_the_bill_lists_the_pinned_packages(
    docker: Docker, images: dict[str, str], name: str
) -> None:
    file, text = bill_of(docker, images[name])
    assert file == f"nemo-voice-{name}-{project_version()}.cdx.json"
    parts: list[dict[str, Any]] = json.loads(text)["components"]
    urls = {one["purl"] for one in parts if "purl" in one}
    python = {url.partition("pkg:pypi/")[2].partition("@")[0] for url in urls} - {""}
    assert python == {*pinned(PINS[name]), *OWN[name]}
    assert f"pkg:pypi/pydantic@{version('pydantic')}" in urls
    assert [url for url in urls if url.startswith("pkg:deb/debian/libc6@")]
    models = [one for one in parts if one["type"] == "machine-learning-model"]
    assert len(models) == (0 if name == "operator" else 3)


def test_an_image_is_pushed_under_its_version(
    docker: Docker, images: dict[str, str], registry: tuple[str, Pushed]
) -> None:
    address, kept = registry
    there = push(docker, images["operator"], registry=f"{address}/speech/")
    try:
        assert there == f"{address}/speech/nemo-voice-operator:{project_version()}"
        manifest = json.loads(kept.manifests[f"speech/nemo-voice-operator:{project_version()}"])
        wanted = [manifest["config"], *manifest["layers"]]
        assert {one["digest"] for one in wanted} <= set(kept.blobs)
    finally:
        docker.run("rmi", there)
