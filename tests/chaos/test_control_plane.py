"""The operator, its leader, the API server and etcd lost under load, and what was missed after."""

import subprocess
import sys

import pytest

from support.chaos.trials import MARKS, Running, trial
from support.docs.repository import ROOT
from support.kubernetes.operator_in_cluster import NAMESPACE, ClusterOperator
from support.kubernetes.voice_namespace import VoiceNamespace
from support.waiting import until

AWAY_S = 30
CHANGES = [{"change": "first"}, {"change": "second"}]

pytestmark = MARKS


def test_a_rollout_ends_although_the_operator_is_killed_during_it(
    listener: str, voices: VoiceNamespace, operator: ClusterOperator
) -> None:
    before = voices.pod_names(listener)
    fault = "The operator was killed by SIGKILL after each of two changes of the pods."
    with trial(voices, listener, "operator killed", fault) as running:
        running.begin()
        for annotations in CHANGES:
            voices.change(listener, podAnnotations=annotations)
            operator.kill()
        running.wait_until_ready(2)
    for pod in voices.pods(listener):
        assert pod["metadata"]["name"] not in before
        assert pod["metadata"]["annotations"] | CHANGES[1] == pod["metadata"]["annotations"]


def test_another_operator_leads_once_the_leader_is_gone(
    listener: str, voices: VoiceNamespace, operator: ClusterOperator
) -> None:
    fault = (
        "Of two operators the one that led was deleted without a grace period, then a change came."
    )
    with operator.two(), trial(voices, listener, "leader changed", fault) as running:
        leader = operator.leader()
        running.begin()
        delete = ("delete", "pod", leader, "--namespace", NAMESPACE, "--grace-period=0", "--force")
        operator.kubernetes.kubectl(*delete)
        took_s = until("another leader", lambda: operator.leader() not in {"", leader}, 120)
        running.notes.append(f"another led after {took_s:.0f} s")
        change(running)
        running.wait_until_ready(2)


@pytest.mark.parametrize("daemon", ["kube-apiserver", "etcd"])
def test_pods_serve_while_the_control_plane_is_away_and_changes_are_seen_afterwards(
    listener: str, voices: VoiceNamespace, daemon: str
) -> None:
    fault = f"{daemon} was ended, and started again {AWAY_S} s later; then a change came."
    with trial(voices, listener, f"{daemon} away", fault) as running:
        running.begin()
        restart(daemon)
        running.load.wait_for(4)
        change(running)
        running.wait_until_ready(2)


def restart(daemon: str) -> None:
    """Restarts a daemon of the node by the documented command."""
    command = (sys.executable, "-m", "hack.cluster", "restart", daemon, "--away", str(AWAY_S))
    subprocess.run(command, cwd=ROOT, check=True)


def change(running: Running) -> None:
    """Removes the network policy, or makes one, and notes when the operator has done so."""
    voices, voice = running.voices, running.voice
    wanted = [] if voices.names("networkpolicies") else [voice]
    voices.change(voice, networkPolicy={"enabled": bool(wanted)})
    took_s = until("applied", lambda: voices.names("networkpolicies") == wanted, 120)
    running.notes.append(f"a change was applied after {took_s:.1f} s")
