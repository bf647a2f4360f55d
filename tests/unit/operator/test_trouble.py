"""What is wrong with pods, in the words of whoever knows."""

from typing import Any

import pytest

from nemo_voice_operator.load import PodPhase, PodReadiness
from nemo_voice_operator.trouble import Trouble, trouble_among, trouble_of
from support.observations import LOADING, pod, unschedulable, waiting

OOM = {"exitCode": 137, "reason": "OOMKilled"}
CRASH = {"exitCode": 1, "reason": "Error", "message": "  no CUDA device\n"}


def ended(**facts: Any) -> dict[str, Any]:
    return pod(containerStatuses=[{"state": {"terminated": facts}}])


@pytest.mark.parametrize(
    ("seen", "reason", "message"),
    [
        (unschedulable(message="3 Insufficient nvidia.com/gpu"), "Unschedulable", "3 Insuff"),
        (waiting("ImagePullBackOff", "no such image"), "ImagePullBackOff", "no such image"),
        (waiting("CreateContainerConfigError", "no Secret"), "CreateContainerConfigError", "no S"),
        (
            waiting("CrashLoopBackOff", "back-off 5m0s", last=CRASH),
            "CrashLoopBackOff",
            "Error with exit code 1: no CUDA device",
        ),
        (
            waiting("CrashLoopBackOff", "back-off", last=OOM),
            "CrashLoopBackOff",
            "OOMKilled with exit code 137",
        ),
        (waiting("CrashLoopBackOff", "back-off 5m0s"), "CrashLoopBackOff", ""),
        (ended(**CRASH), "Error", "Error with exit code 1: no CUDA device"),
        (ended(exitCode=2), "Error", "it ended with exit code 2"),
        (
            pod(initContainerStatuses=[{"state": {"waiting": {"reason": "ErrImagePull"}}}]),
            "ErrImagePull",
            "",
        ),
        (pod(phase="Failed", reason="Evicted", message="disk is full"), "Evicted", "disk is full"),
        (pod(phase="Failed"), "PodFailed", ""),
    ],
)
def test_a_pod_in_trouble_says_so_in_its_own_words(
    seen: dict[str, Any], reason: str, message: str
) -> None:
    found = trouble_of(seen)
    assert found is not None
    assert (found.reason, found.pod) == (reason, "narrator-0")
    assert found.message.startswith(message)
    assert bool(found.message) == bool(message)


@pytest.mark.parametrize(
    "seen",
    [
        pod(),
        waiting("ContainerCreating"),
        waiting("PodInitializing"),
        ended(exitCode=0),
        pod(containerStatuses=[{"state": {"running": {}}}]),
        pod(phase="Pending"),
    ],
)
def test_being_slow_is_no_trouble(seen: dict[str, Any]) -> None:
    assert trouble_of(seen, LOADING) is None


def test_a_model_that_failed_is_trouble_before_its_container_ends() -> None:
    said = PodReadiness(PodPhase.FAILED, "the canary was silent", ready=False)
    expected = Trouble("ModelFailed", "the canary was silent", "narrator-0")
    assert trouble_among([pod()], {"narrator-0": said}) == expected
    mute = PodReadiness(PodPhase.FAILED, None, ready=False)
    assert trouble_of(pod(), mute) == Trouble("ModelFailed", "", "narrator-0")


def test_a_ready_pod_and_one_on_its_way_out_are_passed_over() -> None:
    failing = {"state": {"waiting": {"reason": "ImagePullBackOff"}}}
    leaving = pod("a", leaving=True, containerStatuses=[failing])
    ready = pod("b", ready=True, containerStatuses=[failing])
    assert trouble_among([leaving, ready, pod("c")]) is None
    assert trouble_among([leaving, ready, unschedulable("d")]) == Trouble(
        "Unschedulable", "no node is free", "d"
    )


def test_only_the_end_of_a_long_log_is_told() -> None:
    long = trouble_of(ended(exitCode=1, message="first " + "x" * 5000 + " last"))
    assert long is not None
    assert long.message.endswith(" last")
    assert "first" not in long.message
    assert len(long.message) < 1100


def test_a_trouble_names_its_pod_if_it_has_one() -> None:
    assert Trouble("A", "why", "narrator-0").told() == "pod narrator-0: why"
    assert Trouble("A", "why", "").told() == "why"
