"""Whose Events are read: of what waits or fails for a reason that it does not tell."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nemo_voice_operator.state.observed import Observed, Preflight
from nemo_voice_operator.state.plan import CacheWork, Plan, VerifiedCheckpoint, VerifiedModel
from nemo_voice_operator.status.unexplained import unexplained
from support.operator.observations import CREATED, condition, job, pod, unschedulable, waiting

START = datetime(2026, 1, 1, tzinfo=UTC)
SERVING = Plan(replicas=1)
DOWNLOADING = Plan(replicas=1, cache=CacheWork("claim", creates_claim=True, job="fetch"))
MODEL = VerifiedModel(VerifiedCheckpoint("nvidia/a-model", "1", "d" * 64, 1, "a-model@1"))
CACHED = Plan(replicas=1, cache=DOWNLOADING.cache, model=MODEL)
JOB = job(creationTimestamp=CREATED)


def at(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat()


def asked(plan: Plan, after_s: float = 60, **seen: Any) -> list[str]:
    found = unexplained(plan, Observed(**seen), START + timedelta(seconds=after_s))
    return [str(one["metadata"]["uid"]) for one in found]


def running(ready: bool, since_s: float, restarts: int = 0) -> dict[str, Any]:
    changed = condition("Ready", str(ready), lastTransitionTime=at(since_s))
    state = {"state": {"running": {}}, "restartCount": restarts}
    return pod(conditions=[changed], startTime=at(0), containerStatuses=[state])


def claim(phase: str) -> dict[str, Any]:
    metadata = {"name": "claim", "uid": "uid-of-claim", "creationTimestamp": CREATED}
    return {"metadata": metadata, "status": {"phase": phase}}


POD = "uid-of-narrator-0"


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (waiting("ContainerCreating"), [POD]),
        (pod(), [POD]),
        (waiting("ImagePullBackOff"), [POD]),
        (running(ready=False, since_s=50), [POD]),
        (running(ready=True, since_s=55, restarts=1), [POD]),
        (running(ready=False, since_s=1, restarts=1), [POD]),
        (running(ready=False, since_s=59), []),
        (running(ready=False, since_s=1), []),
        (running(ready=True, since_s=20), []),
        (unschedulable(), []),
        (pod(leaving=True), []),
        (pod(phase="Failed"), []),
    ],
)
def test_events_are_read_of_pods_that_wait_crash_or_stop_responding(
    seen: dict[str, Any], expected: list[str]
) -> None:
    assert asked(SERVING, pods=(seen,)) == expected
    assert asked(Plan(replicas=0), pods=(seen,)) == []


def test_events_are_not_read_at_once() -> None:
    assert asked(SERVING, 2.9, pods=(pod(),)) == []
    assert asked(SERVING, 3, pods=(pod(),)) == [POD]


def test_events_are_read_of_a_claim_without_a_volume_and_a_job_without_a_pod() -> None:
    seen: dict[str, Any] = {"claim": claim("Pending"), "job": JOB}
    assert asked(DOWNLOADING, **seen) == ["uid-of-claim", "uid-of-job"]
    assert asked(DOWNLOADING, 1, **seen) == []
    assert asked(DOWNLOADING, claim=claim("Bound")) == []
    assert asked(CACHED, **seen) == [], "nothing is downloaded any more"
    assert asked(DOWNLOADING, job=JOB, job_pods=(pod(),)) == [POD]
    assert asked(DOWNLOADING, job=job(condition("Failed"), creationTimestamp=CREATED)) == []


def test_events_are_read_of_the_preflight_that_is_due() -> None:
    seen = {"due": Preflight(JOB, (pod(),)), "other": Preflight(JOB)}
    assert asked(Plan(replicas=1, preflight="due"), preflights=seen) == [POD]
    assert asked(SERVING, preflights=seen) == []


def test_events_of_few_pods_are_enough() -> None:
    assert len(asked(SERVING, pods=tuple(pod(f"narrator-{n}") for n in range(50)))) == 8
