"""GPUs that the scheduler counts: one for two pods, and one that does not exist."""

import json
from collections.abc import Iterator

import pytest

from support.kubernetes.kubectl import Kubernetes
from support.kubernetes.voice_namespace import VoiceNamespace
from support.waiting import until

pytestmark = [pytest.mark.container, pytest.mark.long, pytest.mark.timeout(3600)]


@pytest.fixture
def one_gpu(kubernetes: Kubernetes) -> Iterator[None]:
    """The first node offers one GPU, which only the scheduler counts."""
    node = kubernetes.get("nodes")["items"][0]["metadata"]["name"]

    def offer(count: str | None) -> None:
        amount = {"nvidia.com/gpu": count}
        patch = json.dumps({"status": {"capacity": amount, "allocatable": amount}})
        flags = ("--subresource=status", "--type=merge", "--patch", patch)
        kubernetes.kubectl("patch", "node", node, *flags)

    offer("1")
    yield
    offer(None)


def test_the_second_of_two_services_waits_for_the_only_gpu_and_its_status_says_so(
    one_gpu: None, speech: VoiceNamespace
) -> None:
    speech.create_voice("first", gpu={"count": 1})
    until("a place", lambda: [1 for pod in speech.pods("first") if pod["spec"].get("nodeName")])
    speech.create_voice("second", gpu={"count": 1})
    message = speech.wait_for_reason("second", "Degraded", "Unschedulable")
    assert "Insufficient nvidia.com/gpu" in message
    (pod,) = speech.pods("second")
    assert pod["status"]["phase"] == "Pending"
    assert speech.status("second")["phase"] == "Pending"
    until("its Event", lambda: ("Warning", "Unschedulable") in speech.events("second"), 10)
    # What has the GPU finds no device behind it, and never computes on the CPU instead.
    until("the refusal", lambda: "CUDA" in speech.condition("first", "Degraded")["message"], 240)
    assert speech.condition("first", "Ready")["status"] == "False"
    assert speech.status("first")["phase"] == "Failed"
    assert speech.status("first").get("readyReplicas", 0) == 0
    # The GPU of a service that is gone is the next one's.
    speech.kubectl("delete", "voice", "first", "--timeout=30s")
    until("a place", lambda: speech.pods("second")[0]["spec"].get("nodeName"), 120)
