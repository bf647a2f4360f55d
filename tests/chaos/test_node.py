"""A node that is drained, with one replica and with two."""

import subprocess

from hack.cluster.layout import layout
from support.chaos.subjects import SMALL, wait_until_whole
from support.chaos.trials import MARKS, Running, trial
from support.kubernetes.voice_namespace import VoiceNamespace
from support.waiting import until

SOLOIST = "soloist"

pytestmark = MARKS


def test_a_drain_of_two_replicas_costs_no_request(listener: str, voices: VoiceNamespace) -> None:
    before = voices.pod_names(listener)
    fault = "Both pods were evicted by `kubectl drain`; new ones found a place at once."
    with trial(voices, listener, "drain of two replicas", fault) as running:
        drain(running)
        running.wait_until_ready(2)
    assert not set(before) & set(voices.pod_names(listener))


def test_a_drain_of_one_replica_is_never_blocked_and_interrupts_it(voices: VoiceNamespace) -> None:
    voices.create_voice(SOLOIST, replicas=1, **SMALL)
    wait_until_whole(voices, SOLOIST)
    fault = "The only pod of a service was evicted by `kubectl drain`."
    with trial(voices, SOLOIST, "drain of one replica", fault, leaves_one=False) as running:
        drain(running)
        running.wait_until_ready(1)
    voices.kubectl("delete", "voice", SOLOIST, "--timeout=60s")


def drain(running: Running) -> None:
    """Drains the node of the pods of a VoiceService; returns when all have been evicted.

    The only node lets pods in again as soon as the drain has listed what it evicts, as another node
    would.
    """
    cluster, name = running.voices.kubernetes, running.voice
    node = cluster.get("nodes")["items"][0]["metadata"]["name"]
    command = (
        *(str(layout().binaries / "kubectl"), f"--kubeconfig={cluster.kubeconfig}"),
        *("drain", node, f"--pod-selector=nemo-voice.dev/voiceservice={name}"),
        *("--delete-emptydir-data", "--ignore-daemonsets", "--timeout=900s"),
    )
    before = set(running.voices.pod_names(name))
    running.begin()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        until("cordoned", lambda: cluster.get("nodes", node)["spec"].get("unschedulable"))
        until("an eviction", lambda: set(running.voices.pod_names(name)) != before)
        cluster.kubectl("uncordon", node)
        printed = process.communicate()[0]
    assert process.returncode == 0, printed
