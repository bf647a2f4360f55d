"""What Events tell of a pod: what is missing at once, what may pass later, what ended it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nemo_voice_operator.kube.events import notes_of
from nemo_voice_operator.state.pod_reports import PodPhase, PodReadiness
from nemo_voice_operator.status.pod_diagnosis import (
    Diagnosis,
    Evidence,
    pod_diagnosis,
)
from nemo_voice_operator.status.pod_notes import killing_probe, probes_answer
from support.operator.observations import condition, event, pod, waiting

CREATED = datetime(2026, 1, 1, tzinfo=UTC)
MOUNT = 'MountVolume.SetUp failed for volume "keys" : '
TIMED_OUT = "Unable to attach or mount volumes: unmounted volumes=[keys]: timed out waiting"


def at(seconds: float) -> str:
    return (CREATED + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def told(*events: dict[str, Any], after_s: float = 4, seen: Any = None) -> Diagnosis | None:
    """What is told of a pod that waits to be started, so long after its creation."""
    waits = seen or waiting("ContainerCreating")
    evidence = Evidence(
        events={"uid-of-narrator-0": events}, now=CREATED + timedelta(seconds=after_s)
    )
    return pod_diagnosis(waits, evidence)


MISSING = [
    ("FailedMount", MOUNT + 'secret "speech-keys" not found'),
    ("FailedMount", MOUNT + 'configmap "settings" not found'),
    ("FailedMount", MOUNT + "references non-existent secret key: keys"),
    ("FailedMount", MOUNT + "references non-existent config key: a"),
    ("FailedMount", MOUNT + "hostPath type check failed: /models does not exist"),
    ("FailedCreatePodSandBox", 'no runtime for "nvidia" is configured'),
    ("FailedAttachVolume", 'volumeattachments: csidriver.storage.k8s.io "nfs" not found'),
]
PASSING = [
    ("FailedMount", TIMED_OUT),
    ("FailedMount", "rpc error: code = Internal desc = the NFS server is down"),
    ("FailedAttachVolume", "Multi-Attach error: Volume is already used by pod narrator-1"),
    ("FailedCreatePodSandBox", "context deadline exceeded"),
    ("NetworkNotReady", "network is not ready: cni plugin not initialized"),
]
NEVER = [
    ("FailedMount", MOUNT + 'object "speech"/"speech-keys" not registered'),
    ("FailedMount", MOUNT + "failed to sync secret cache: timed out waiting for the condition"),
    ("FailedScheduling", "0/1 nodes are available"),
    ("DNSConfigForming", "Nameserver limits were exceeded"),
    ("PolicyViolation", "label team not found"),
]


@pytest.mark.parametrize(("reason", "note"), MISSING)
def test_what_is_missing_is_told_within_seconds(reason: str, note: str) -> None:
    assert told(event(reason, note, at=at(1))) == Diagnosis(reason, note, "narrator-0")


@pytest.mark.parametrize(("reason", "note"), PASSING)
def test_what_may_pass_is_told_when_it_lasts(reason: str, note: str) -> None:
    said = event(reason, note, at=at(1))
    assert told(said, after_s=29) is None
    assert told(said, after_s=30) == Diagnosis(reason, note, "narrator-0")


@pytest.mark.parametrize(("reason", "note"), NEVER)
def test_what_says_nothing_of_this_pod_is_never_told(reason: str, note: str) -> None:
    assert told(event(reason, note, at=at(590)), after_s=600) is None


def test_what_is_missing_is_told_before_what_only_timed_out() -> None:
    missing = event(*MISSING[0], at=at(1))
    found = told(missing, event("FailedMount", TIMED_OUT, at=at(130)), after_s=140)
    assert found is not None
    assert found.message == MISSING[0][1]


@pytest.mark.parametrize("later", ["Pulling", "Pulled", "Created", "Started"])
def test_failure_is_over_when_the_kubelet_has_gone_on(later: str) -> None:
    went_on = event(later, "image", at=at(60), kind="Normal")
    assert told(event(*MISSING[0], at=at(60)), went_on, after_s=90) is None
    failed_again = event(*MISSING[0], at=at(61))
    assert told(failed_again, went_on, after_s=90) is not None


def test_failure_that_is_not_repeated_is_over() -> None:
    missing = event(*MISSING[0], at=at(1))
    assert told(missing, after_s=600) is not None
    assert told(missing, after_s=700) is None
    found = told(missing, event("FailedMount", TIMED_OUT, at=at(650)), after_s=700)
    assert found is not None
    assert found.message == TIMED_OUT


def test_volume_that_was_attached_later_is_no_failure() -> None:
    attached = event("SuccessfulAttachVolume", "attached", at=at(40), kind="Normal")
    assert told(event(*PASSING[2], at=at(30)), attached, after_s=90) is None


def test_missing_pull_secret_is_told_before_the_pull_that_fails_without_it() -> None:
    secret = "Unable to retrieve some image pull secrets (regcred)"
    found = told(
        event("FailedToRetrieveImagePullSecret", secret), seen=waiting("ErrImagePull", "401")
    )
    assert found == Diagnosis("ImagePullBackOff", f"{secret} 401", "narrator-0")


def unready(since_s: float, **status: Any) -> dict[str, Any]:
    changed = condition("Ready", "False", lastTransitionTime=at(since_s))
    running = {"name": "serve", "state": {"running": {"startedAt": at(0)}}}
    shown = {"conditions": [changed], "startTime": at(0), "containerStatuses": [running], **status}
    return pod(**shown)


ANSWER = 'Get "http://10.1.0.7:5000/v1/health/ready": context deadline exceeded'


def test_pod_that_stops_responding_is_told_with_the_probes_answer() -> None:
    seen = unready(100)
    said = event("Unhealthy", f"Readiness probe failed: {ANSWER}", at=at(98))
    assert told(said, seen=seen, after_s=109) is None, "a self-test is repeated within that time"
    expected = f"unready since {at(100)}: the readiness probe failed: {ANSWER}"
    for after_s in (110, 400):
        found = told(said, seen=seen, after_s=after_s)
        assert found == Diagnosis("Unhealthy", expected, "narrator-0"), "it counts no seconds"


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (PodReadiness(PodPhase.READY, "the self-test failed", ready=False), "the self-test"),
        (PodReadiness(PodPhase.READY, None, ready=False), "it reports that it is not ready"),
        (PodReadiness(PodPhase.WARMING, None, ready=False), "Warming"),
        (PodReadiness(PodPhase.READY, None, ready=True), "it reports nothing wrong"),
        (None, "it does not respond to the operator"),
    ],
)
def test_unready_pod_is_told_in_its_own_words(report: PodReadiness | None, words: str) -> None:
    readiness = {"narrator-0": report} if report else {}
    evidence = Evidence(readiness=readiness, now=CREATED + timedelta(seconds=200))
    found = pod_diagnosis(unready(100), evidence)
    assert found is not None
    assert found.message.startswith(f"unready since {at(100)}: {words}")


def test_pod_that_starts_or_is_stopped_is_not_unhealthy() -> None:
    now = CREATED + timedelta(seconds=200)
    draining = PodReadiness(PodPhase.DRAINING, None, ready=False)
    stopped = Evidence(readiness={"narrator-0": draining}, now=now)
    assert pod_diagnosis(unready(100), stopped) is None
    assert pod_diagnosis(unready(1), Evidence(now=now)) is None, "it has never been ready"


def run(**ended: Any) -> dict[str, Any]:
    times = {"startedAt": at(10), "finishedAt": at(100)}
    return {"name": "serve", "lastState": {"terminated": {**times, **ended}}, "state": {}}


def killing(kind: str, seconds: float) -> dict[str, Any]:
    note = f"Container serve failed {kind} probe, will be restarted"
    return event("Killing", note, at=at(seconds), kind="Normal")


def failing(kind: str, seconds: float) -> dict[str, Any]:
    return event("Unhealthy", f"{kind} probe failed: {ANSWER}", at=at(seconds))


def test_container_that_a_probe_ended_is_told_as_such() -> None:
    notes = notes_of([failing("Liveness", 84), failing("Readiness", 85), killing("liveness", 85)])
    for ended in ({"exitCode": 0, "reason": "Completed"}, {"exitCode": 137, "reason": "Error"}):
        assert killing_probe(run(**ended), notes) == f"liveness probe: {ANSWER}"
    crashed = pod(containerStatuses=[{**run(exitCode=0), "restartCount": 1}])
    found = told(*[killing("liveness", 85), failing("Liveness", 84)], seen=crashed)
    message = f"killed by the liveness probe: {ANSWER}"
    assert found == Diagnosis("CrashLoopBackOff", message, "narrator-0")


def test_kill_of_another_run_or_container_ended_nothing() -> None:
    assert killing_probe(run(), notes_of([killing("liveness", 5)])) is None
    assert killing_probe(run(), notes_of([killing("liveness", 106)])) is None
    assert killing_probe({**run(), "name": "proxy"}, notes_of([killing("liveness", 85)])) is None
    assert killing_probe(run(), notes_of([event("Killing", "Stopping container serve")])) is None


def test_startup_probe_without_an_answer_is_named() -> None:
    assert killing_probe(run(), notes_of([killing("startup", 90)])) == "startup probe"


def test_answer_does_not_change_with_the_probers_own_port() -> None:
    def answer(port: int) -> str:
        note = f"Readiness probe failed: read tcp 10.1.0.1:{port}->10.1.0.7:5000: reset by peer"
        return probes_answer(notes_of([event("Unhealthy", note)]), "readiness")

    assert answer(40001) == answer(51234) == "read tcp 10.1.0.7:5000: reset by peer"
