"""Models that change, are cut off, or find no room, while the pods of the old one serve."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from hack.cluster.layout import layout
from support.chaos.subjects import SMALL, wait_until_whole
from support.chaos.trials import MARKS, trial
from support.hub.in_cluster import ClusterHub
from support.hub.program import COMMITS, PUBLIC
from support.hub.server import Fault
from support.kubernetes.kubectl import Kubernetes
from support.kubernetes.voice_namespace import VoiceNamespace

FIRST, SECOND = COMMITS
CUTS = [Fault(500_000), Fault(1_000_000), Fault(1_500_000)]
"""The hub closes the connection after so many bytes, three times in one download."""
DISK = "small-disk"

pytestmark = MARKS


@pytest.fixture(scope="module")
def cached(voices: VoiceNamespace, cluster_hub: ClusterHub) -> str:
    """The name of a recogniser of two small pods with the first commit of a model of the hub."""
    model = {"source": PUBLIC, "revision": FIRST}
    hub = {"endpoint": cluster_hub.endpoint}
    voices.create_voice("cached", replicas=2, model=model, hub=hub, **SMALL)
    wait_until_whole(voices, "cached")
    return "cached"


def test_a_new_model_costs_no_request_although_the_hub_cuts_its_download(
    cached: str, voices: VoiceNamespace, cluster_hub: ClusterHub
) -> None:
    cluster_hub.behave(*CUTS)
    fault = "The model's commit changed; the hub cut the download three times."
    with trial(voices, cached, "rolling update by model", fault) as running:
        running.begin()
        voices.change(cached, model={"revision": SECOND})
        running.wait_until_ready(2)
    ranges = [request["headers"].get("range") for request in cluster_hub.seen()]
    assert ranges[: len(CUTS) + 1] == [
        None,
        "bytes=500000-",
        "bytes=1500000-",
        "bytes=3000000-",
    ], "each part goes on where the one before was cut"
    assert voices.status(cached)["model"]["revision"] == SECOND


def test_a_full_disk_is_named_while_the_old_pods_serve_and_room_is_used_once_there(
    kubernetes: Kubernetes, voices: VoiceNamespace, cluster_hub: ClusterHub
) -> None:
    voices.create_voice("cramped", replicas=1, **SMALL)
    wait_until_whole(voices, "cramped")
    fault = "A new model found no room in its claim, which got larger once the status had said so."
    model, hub = {"source": PUBLIC, "revision": FIRST}, {"endpoint": cluster_hub.endpoint}
    with small_disk(kubernetes, voices, "4M") as resize:
        with trial(voices, "cramped", "disk full", fault, says="NoSpace") as running:
            running.begin()
            voices.change("cramped", model=model, hub=hub, cache={"claimName": DISK})
            message = voices.wait_for_reason("cramped", "ModelCached", "NoSpace", 300)
            running.notes.append(f"the status said: {message}")
            running.load.wait_for(4)
            resize("200M")
            voices.wait_for_reason("cramped", "ModelCached", "Cached", 600)
            running.wait_until_ready(1)
            assert voices.status("cramped")["model"]["revision"] == FIRST
        voices.kubectl("delete", "voice", "cramped", "--timeout=120s")


@contextmanager
def small_disk(
    kubernetes: Kubernetes, voices: VoiceNamespace, size: str
) -> Iterator[Callable[[str], None]]:
    """Yields what changes the size of a claim, which is as large as said at first.

    It is memory of this machine, below the folder of which nothing stays mounted when the node is
    taken down.
    """
    folder = layout().run / DISK
    folder.mkdir(exist_ok=True)
    mount("-t", "tmpfs", "-o", f"size={size},mode=0777", "tmpfs", str(folder))
    common = {"accessModes": ["ReadWriteMany"], "storageClassName": ""}
    volume = {
        **common,
        "capacity": {"storage": "1Gi"},
        "hostPath": {"path": str(folder)},
        "persistentVolumeReclaimPolicy": "Retain",
    }
    claim = {
        **common,
        "volumeName": DISK,
        "resources": {"requests": {"storage": "1Gi"}},
    }
    for kind, spec in (("PersistentVolume", volume), ("PersistentVolumeClaim", claim)):
        voices.apply({"apiVersion": "v1", "kind": kind, "metadata": {"name": DISK}, "spec": spec})
    try:
        yield lambda larger: mount("-o", f"remount,size={larger}", str(folder))
    finally:
        voices.kubectl("delete", "pvc", DISK, "--timeout=120s")
        kubernetes.kubectl("delete", "pv", DISK, "--timeout=60s")
        subprocess.run(["umount", "--lazy", folder], check=True)


def mount(*arguments: str) -> None:
    """Runs `mount`."""
    subprocess.run(["mount", *arguments], check=True)
