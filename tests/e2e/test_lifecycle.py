"""A release on a real node: installed, upgraded, rolled back under load, beside another, deleted.

The images of a release are, in the node, those of the tests under the names that a release gives
them: an upgrade changes every pod, though not what runs in it.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.docs.repository import ROOT
from support.http.calling import calling
from support.kubernetes.kubectl import RELEASED, TAG, Kubernetes, released
from support.kubernetes.operator_in_cluster import CHART
from support.kubernetes.voice_namespace import VoiceNamespace, voice_namespace
from support.waiting import until

CRD = "voiceservices.nemo-voice.dev"
RELEASE = "speech"
DEMO = {"task": "stt", "model": {"source": "demo"}, "gpu": {"count": 0}}
HUB = {"task": "stt", "model": {"source": "nvidia/parakeet-tdt-1.1b"}, "suspend": True}
TIMEOUT = "--timeout=300s"

pytestmark = [pytest.mark.container, pytest.mark.long, pytest.mark.timeout(3600)]


@pytest.fixture
def first(kubernetes: Kubernetes) -> Iterator[VoiceNamespace]:
    """A namespace for a release."""
    with voice_namespace(kubernetes, "release-one") as namespace:
        yield namespace


@pytest.fixture
def second(kubernetes: Kubernetes) -> Iterator[VoiceNamespace]:
    """A namespace for another release."""
    with voice_namespace(kubernetes, "release-two") as namespace:
        yield namespace


@pytest.fixture(autouse=True)
def undefined(kubernetes: Kubernetes) -> Iterator[None]:
    """A cluster without the definition of VoiceServices, before and after."""
    gone = ("delete", "crd", CRD, "--ignore-not-found", "--timeout=120s")
    kubernetes.kubectl(*gone)
    yield
    kubernetes.kubectl(*gone)


def values(namespace: VoiceNamespace, **voices: Any) -> dict[str, Any]:
    """Returns values of a release that watches its own namespace and runs the tests' images."""
    return {
        "images": {"registry": "docker.io/library", "tag": TAG},
        "operator": {"watchNamespaces": [namespace.name]},
        # What belongs to the cluster is one release's matter.
        "rbac": {"aggregate": namespace.name == "release-one"},
        "voiceServices": voices,
    }


def helm(namespace: VoiceNamespace, folder: Path, chosen: dict[str, Any], *command: str) -> None:
    """Runs Helm with these values."""
    file = folder / "values.yaml"
    file.write_text(yaml.safe_dump(chosen))
    where = ("--namespace", namespace.name, "--values", str(file))
    # No `--wait`: one VoiceService of the release is suspended, and Helm would wait for it too.
    namespace.kubernetes.helm(*command, *where, TIMEOUT)


def older_chart(folder: Path) -> Path:
    """Returns the chart with a definition that has one field less."""
    chart = Path(shutil.copytree(CHART, folder / "older"))
    (file,) = (chart / "crds").glob("*.yaml")
    definition = yaml.safe_load(file.read_text())
    del spec_of(definition)["runtimeClassName"]
    file.write_text(yaml.safe_dump(definition))
    return chart


def spec_of(definition: dict[str, Any]) -> dict[str, Any]:
    """Returns the fields that a definition allows in `spec`."""
    (version,) = definition["spec"]["versions"]
    fields: dict[str, Any] = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    properties: dict[str, Any] = fields["properties"]
    return properties


def images(namespace: VoiceNamespace, voice: str) -> set[str]:
    """Returns the images of a VoiceService's pods."""
    pods = namespace.pods(voice)
    return {one["image"] for pod in pods for one in pod["spec"]["containers"]}


def test_a_release_is_upgraded_and_rolled_back_without_a_failed_request(
    kubernetes: Kubernetes, first: VoiceNamespace, second: VoiceNamespace, tmp_path: Path
) -> None:
    chosen = values(first, listener=DEMO, archive=HUB)
    helm(first, tmp_path, chosen, "install", RELEASE, str(older_chart(tmp_path)))
    assert "runtimeClassName" not in spec_of(kubernetes.get("crd", CRD))
    wait_for_voice(first)
    first.apply(voice_by_hand())

    newer = {**chosen, "images": {"registry": RELEASED}}
    with calling(first.address("listener"), callers=2) as calls:
        helm(first, tmp_path, newer, "upgrade", RELEASE, str(CHART))
        wait_until_of(first, released("stt"))
    assert (calls.failures, calls.answered > 20) == ([], True)
    assert "runtimeClassName" in spec_of(kubernetes.get("crd", CRD)), (
        "the hook's Job has applied it"
    )

    helm(second, tmp_path, values(second, listener=DEMO), "install", RELEASE, str(CHART))
    wait_for_voice(second)

    with calling(first.address("listener"), callers=2) as calls:
        where = ("--namespace", first.name)
        kubernetes.helm("rollback", RELEASE, "1", *where, TIMEOUT)
        wait_until_of(first, kubernetes.image("stt"))
    assert (calls.failures, calls.answered > 20) == ([], True)

    kubernetes.helm("uninstall", RELEASE, "--namespace", first.name, "--wait", TIMEOUT)
    until("the release's own gone", lambda: first.names("voice") == ["by-hand"], 120)
    assert first.names("pvc") == ["archive-models"], "models are kept"
    until("the Lease gone", lambda: first.names("lease") == [], 120)
    assert second.status("listener")["phase"] == "Ready"
    assert kubernetes.get("crd", CRD)
    kubernetes.helm("uninstall", RELEASE, "--namespace", second.name, "--wait", TIMEOUT)


def wait_for_voice(namespace: VoiceNamespace) -> None:
    """Returns once the operator of the release that was just installed has made its pod ready."""
    namespace.kubectl("wait", "--for=condition=Ready", "voice/listener", TIMEOUT)


def voice_by_hand() -> dict[str, Any]:
    """Returns a VoiceService that belongs to no release and runs nothing."""
    head = {"apiVersion": "nemo-voice.dev/v1alpha1", "kind": "VoiceService"}
    return {**head, "metadata": {"name": "by-hand"}, "spec": {**DEMO, "replicas": 0}}


def wait_until_of(namespace: VoiceNamespace, image: str) -> None:
    """Returns once every pod of the VoiceService is of this image and the change has settled."""
    until("the image", lambda: images(namespace, "listener") == {image}, 300)
    namespace.wait_until_settled("listener")


def test_one_manifest_installs_what_the_chart_installs(
    kubernetes: Kubernetes, first: VoiceNamespace
) -> None:
    manifest = str(ROOT / "manifests" / "install.yaml")
    kubernetes.kubectl("apply", "--server-side", "--filename", manifest)
    sample = ROOT / "manifests" / "samples" / "stt-demo.yaml"
    first.apply(yaml.safe_load(sample.read_text()))
    first.wait_for_phase("stt-demo", "Ready")
    assert images(first, "stt-demo") == {released("stt")}
    kubernetes.kubectl("delete", "--filename", manifest, "--timeout=180s")
