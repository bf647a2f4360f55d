"""Diagnoses of pods, with the reasons of Kubernetes or of the service."""

from datetime import UTC, datetime
from typing import Any

import pytest

from nemo_voice_operator.state.observed import Observed
from nemo_voice_operator.state.pod_reports import PodPhase, PodReadiness, PodReports
from nemo_voice_operator.status.pod_diagnosis import (
    Diagnosis,
    Evidence,
    first_diagnosis,
    pod_diagnosis,
    serving_diagnosis,
)
from support.docs.repository import ROOT
from support.operator.observations import (
    LOADING,
    condition,
    deployment,
    pod,
    unschedulable,
    waiting,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
OOM = {"exitCode": 137, "reason": "OOMKilled"}
CRASH = {"exitCode": 1, "reason": "Error", "message": "  no CUDA device\n"}


def ended(**fields: Any) -> dict[str, Any]:
    return pod(containerStatuses=[{"state": {"terminated": fields}}])


def reporting(readiness: PodReadiness) -> Evidence:
    return Evidence(readiness={"narrator-0": readiness})


def never_again(**fields: Any) -> dict[str, Any]:
    return {**ended(**fields), "spec": {"restartPolicy": "Never"}}


TROUBLES: list[tuple[dict[str, Any], str, str]] = [
    (unschedulable(message="3 Insufficient nvidia.com/gpu"), "Unschedulable", "3 Insuff"),
    (waiting("ImagePullBackOff", "no such image"), "ImagePullBackOff", "no such image"),
    (waiting("CreateContainerConfigError", "no Secret"), "CreateContainerConfigError", "no S"),
    (
        waiting("CrashLoopBackOff", "back-off 5m0s", last=CRASH),
        "CrashLoopBackOff",
        "it ended with exit code 1: no CUDA device",
    ),
    (
        waiting("CrashLoopBackOff", "back-off", last=OOM),
        "CrashLoopBackOff",
        "killed for memory",
    ),
    (waiting("CrashLoopBackOff", "back-off 5m0s"), "CrashLoopBackOff", "back-off 5m0s"),
    (waiting("CrashLoopBackOff"), "CrashLoopBackOff", ""),
    (waiting("RunContainerError", "no such file"), "CrashLoopBackOff", "no such file"),
    (ended(**CRASH), "CrashLoopBackOff", "it ended with exit code 1: no CUDA device"),
    (ended(exitCode=2), "CrashLoopBackOff", "it ended with exit code 2"),
    (never_again(**CRASH), "Error", "it ended with exit code 1: no CUDA device"),
    (never_again(**OOM), "OOMKilled", "killed for memory"),
    (never_again(exitCode=2), "Error", "it ended with exit code 2"),
    (waiting("ErrImagePull", "no such image"), "ImagePullBackOff", "no such image"),
    (waiting("RegistryUnavailable"), "ImagePullBackOff", ""),
    (
        pod(initContainerStatuses=[{"state": {"waiting": {"reason": "ErrImageNeverPull"}}}]),
        "ErrImageNeverPull",
        "",
    ),
    (
        pod(
            phase="Failed",
            reason="Evicted",
            message="memory is short",
            containerStatuses=[{"state": {"terminated": OOM}}],
        ),
        "Evicted",
        "memory is short",
    ),
    (pod(phase="Failed", reason="Evicted", message="disk is full"), "Evicted", "disk is full"),
    (pod(phase="Failed"), "PodFailed", ""),
]


@pytest.mark.parametrize(("seen", "reason", "message"), TROUBLES)
def test_diagnosis_has_the_reason_of_the_pod(
    seen: dict[str, Any], reason: str, message: str
) -> None:
    found = pod_diagnosis(seen)
    assert found is not None
    assert (found.reason, found.pod) == (reason, "narrator-0")
    assert found.message.startswith(message)
    assert bool(found.message) == bool(message)


def test_every_diagnosis_is_documented_with_its_remedy() -> None:
    page = (ROOT / "docs" / "failure-modes.md").read_text()
    assert {reason for _, reason, _ in TROUBLES if f"`{reason}`" not in page} == set()


@pytest.mark.parametrize(
    "seen",
    [
        pod(),
        waiting("ContainerCreating"),
        waiting("PodInitializing"),
        ended(exitCode=0),
        pod(initContainerStatuses=[{"restartCount": 3, "state": {"terminated": {"exitCode": 0}}}]),
        pod(containerStatuses=[{"state": {"running": {}}}]),
        pod(phase="Pending"),
    ],
)
def test_slow_pod_has_no_diagnosis(seen: dict[str, Any]) -> None:
    assert pod_diagnosis(seen, reporting(LOADING)) is None


def test_failed_model_is_diagnosed_before_its_container_ends() -> None:
    sent = PodReadiness(PodPhase.FAILED, "the self-test was silent", ready=False)
    expected = Diagnosis("ModelFailed", "the self-test was silent", "narrator-0")
    assert first_diagnosis([pod()], reporting(sent)) == expected
    mute = PodReadiness(PodPhase.FAILED, None, ready=False)
    assert pod_diagnosis(pod(), reporting(mute)) == Diagnosis("ModelFailed", "", "narrator-0")


def test_reported_failure_is_shown_also_after_earlier_crashes() -> None:
    sent = PodReadiness(PodPhase.FAILED, "the self-test was silent", ready=False)
    restarted = {"restartCount": 1, "state": {}, "lastState": {"terminated": CRASH}}
    expected = Diagnosis("CrashLoopBackOff", "the self-test was silent", "narrator-0")
    assert pod_diagnosis(pod(containerStatuses=[restarted]), reporting(sent)) == expected
    pulling = {"state": {"waiting": {"reason": "ImagePullBackOff"}}}
    sidecar = pod_diagnosis(pod(containerStatuses=[pulling]), reporting(sent))
    assert sidecar == Diagnosis("ModelFailed", "the self-test was silent", "narrator-0")


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        ({"waiting": {"reason": "ErrImagePull", "message": "not found"}}, None, "not found"),
        ({"waiting": {"reason": "InvalidImageName"}}, "InvalidImageName", ""),
        (
            {"terminated": {"exitCode": 1, "reason": "Error"}},
            "CrashLoopBackOff",
            "it ended with exit code 1",
        ),
    ],
)
def test_a_container_that_is_not_ours_is_named(
    state: dict[str, Any], reason: str | None, words: str
) -> None:
    for name, prefix in [("proxy", "container proxy"), ("serve", "")]:
        seen = pod(initContainerStatuses=[{"name": name, "state": state}])
        message = ": ".join(filter(None, (prefix, words)))
        assert pod_diagnosis(seen) == Diagnosis(reason or "ImagePullBackOff", message, "narrator-0")


def diagnosis(*pods: dict[str, Any], wanted: int = 1, **seen: Any) -> Diagnosis | None:
    reports = PodReports(readiness=seen.pop("readiness", {}))
    return serving_diagnosis(Observed(pods=pods, **seen), reports, wanted, START)


def test_ready_and_terminating_pods_have_no_diagnosis() -> None:
    failing = {"state": {"waiting": {"reason": "ImagePullBackOff"}}}
    leaving = pod("a", leaving=True, containerStatuses=[failing])
    ready = pod("b", ready=True, containerStatuses=[failing])
    assert diagnosis(leaving, ready, pod("c")) is None
    assert diagnosis(leaving, ready, unschedulable("d")) == Diagnosis(
        "Unschedulable", "no node is free", "d"
    )


def of_template(digest: str, seen: dict[str, Any]) -> dict[str, Any]:
    annotations = {"nemo-voice.dev/template": digest}
    return {**seen, "metadata": {**seen["metadata"], "annotations": annotations}}


def test_change_that_finds_no_room_beside_the_pod_that_serves_says_what_to_do() -> None:
    scheduler = "0/1 nodes are available: 1 Insufficient nvidia.com/gpu"
    old = of_template("old", pod("a", ready=True))
    changed = of_template("new", unschedulable("b", scheduler))

    def told(*pods: dict[str, Any], surges: bool = True) -> str:
        found = serving_diagnosis(Observed(pods=pods), PodReports(), 1, START, surges=surges)
        assert found is not None
        return found.message

    assert told(old, changed).startswith(f"{scheduler} (the changed pod needs its place beside")
    assert "set rollout.strategy to replace" in told(old, changed)
    assert told(old, changed, surges=False) == scheduler
    assert told(changed) == scheduler, "no other pod is in its way"
    assert told(old, of_template("old", unschedulable("b", scheduler))) == scheduler


def test_uncreatable_pods_are_diagnosed_with_the_api_servers_message() -> None:
    quota = 'pods "narrator-7d4" is forbidden: exceeded quota: gpus'
    refused = condition("ReplicaFailure", reason="FailedCreate", message=quota)
    stuck = deployment(ready=0, conditions=[refused])
    expected = Diagnosis("FailedCreate", quota, "")
    assert diagnosis(deployment=stuck) == expected
    assert diagnosis(pod(ready=True), deployment=stuck) == expected, "one more is wanted"
    over = deployment(conditions=[{**refused, "status": "False"}])
    assert diagnosis(pod(ready=True), deployment=over) is None
    mute = deployment(conditions=[condition("ReplicaFailure")])
    assert diagnosis(deployment=mute) == Diagnosis("FailedCreate", "", "")


def test_uncreatable_pods_have_one_message_whatever_name_each_try_has() -> None:
    def told(name: str) -> str:
        message = f'pods "narrator-7d4b9c-{name}" is forbidden: exceeded quota: gpus'
        refused = condition("ReplicaFailure", reason="FailedCreate", message=message)
        found = diagnosis(deployment=deployment(ready=0, conditions=[refused]))
        assert found is not None
        return found.message

    expected = 'pods "narrator-7d4b9c-…" is forbidden: exceeded quota: gpus'
    assert told("x2abc") == told("9kfz7") == expected


def test_diagnosis_of_a_pod_comes_before_that_of_its_creation() -> None:
    stuck = deployment(conditions=[condition("ReplicaFailure", reason="FailedCreate")])
    reported = diagnosis(unschedulable(), deployment=stuck)
    assert reported is not None
    assert reported.reason == "Unschedulable"


def test_evicted_pod_is_diagnosed_until_another_is_ready() -> None:
    evicted = pod("a", phase="Failed", reason="Evicted", message="disk is full")
    expected = Diagnosis("Evicted", "disk is full", "a")
    assert diagnosis(evicted) == expected
    assert diagnosis(evicted, pod("b")) == expected, "the next one is not ready yet"
    assert diagnosis(evicted, unschedulable("b")) == Diagnosis(
        "Unschedulable", "no node is free", "b"
    )
    follower = pod("b", ready=True)
    assert diagnosis(evicted, follower) is None
    assert diagnosis(evicted, follower, wanted=2) == expected
    follower["metadata"]["creationTimestamp"] = "2026-01-01T00:00:01Z"
    assert diagnosis(evicted, follower, wanted=2) is None, "that one came later"
    assert diagnosis(pod("a", phase="Succeeded")) is None


def test_only_the_end_of_a_long_log_is_shown() -> None:
    long = pod_diagnosis(ended(exitCode=1, message="first " + "x" * 5000 + " last"))
    assert long is not None
    assert long.message.endswith(" last")
    assert "first" not in long.message
    assert len(long.message) < 1100


def test_diagnosis_names_its_pod_if_it_has_one() -> None:
    assert Diagnosis("A", "why", "narrator-0").sentence() == "pod narrator-0: why"
    assert Diagnosis("A", "why", "").sentence() == "why"


def test_waiting_pods_are_diagnosed_when_the_progress_deadline_is_over() -> None:
    late = condition("Progressing", "False", reason="ProgressDeadlineExceeded", message="too long")
    starting = waiting("ContainerCreating")
    seen = Observed(pods=(starting,), deployment=deployment(ready=0, conditions=[late]))
    found = serving_diagnosis(seen, PodReports(), 1, START)
    assert found is not None
    assert (found.reason, found.message[:8]) == ("ProgressDeadlineExceeded", "too long")
    old = deployment(ready=0, conditions=[late], observedGeneration=0)
    later = Observed(pods=(starting,), deployment=old)
    assert serving_diagnosis(later, PodReports(), 1, START) is None
