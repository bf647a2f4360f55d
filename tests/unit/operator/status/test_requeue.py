"""When a VoiceService is requeued: soon while pods start, seldom while nothing changes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nemo_voice_operator.state.observed import Observed
from nemo_voice_operator.state.plan import CacheWork, Plan
from nemo_voice_operator.status.requeue import poll_interval_s, requeue_after_s
from support.operator.observations import condition, job, job_pod, pod

START = datetime(2026, 1, 1, tzinfo=UTC)
"""When the pods of these tests were made."""
SERVING = Plan(replicas=1)
DOWNLOADING = Plan(replicas=1, cache=CacheWork("claim", creates_claim=True, job="fetch"))


def after_s(seconds: float, plan: Plan, **seen: Any) -> float | None:
    return requeue_after_s(plan, Observed(**seen), START + timedelta(seconds=seconds))


def changed(seconds: float, *, ready: bool, **status: Any) -> dict[str, Any]:
    since = (START + timedelta(seconds=seconds)).isoformat()
    reported = condition("Ready", str(ready), lastTransitionTime=since)
    return pod(conditions=[reported], **status)


@pytest.mark.parametrize(
    ("lasted_s", "expected_s"),
    [(-5, 2), (0, 2), (40, 2), (100, 5), (600, 30), (1200, 60), (1e9, 60)],
)
def test_poll_interval_grows_with_the_age_of_a_state_up_to_a_minute(
    lasted_s: float, expected_s: float
) -> None:
    assert poll_interval_s(lasted_s) == expected_s


def test_pod_that_is_never_ready_is_polled_few_thousand_times_a_day() -> None:
    lasted_s, questions = 0.0, 0
    while lasted_s < 86_400:
        lasted_s += after_s(lasted_s, SERVING, pods=(pod(),)) or 0.0
        questions += 1
    assert questions < 1_600


def test_ready_ended_terminating_and_unwanted_pods_are_not_polled() -> None:
    settled = (pod(ready=True), pod(phase="Failed"), pod(leaving=True))
    assert after_s(0, SERVING, pods=settled) is None
    assert after_s(0, Plan(replicas=0), pods=(pod(),)) is None
    assert after_s(0, SERVING) is None


def test_pod_that_just_became_unready_is_polled_soon() -> None:
    assert after_s(5000, SERVING, pods=(changed(4990, ready=False),)) == 2


def test_youngest_pod_decides_the_poll_interval() -> None:
    pods = (pod("a"), changed(900, ready=False))
    assert after_s(1000, SERVING, pods=pods) == 5


def test_pod_on_trial_is_requeued_for_the_end_of_its_trial() -> None:
    restarted = {"restartCount": 1, "state": {}}
    pods = (changed(0, ready=True, containerStatuses=[restarted]),)
    assert after_s(15, SERVING, pods=pods) == 5
    assert after_s(20, SERVING, pods=pods) is None


def test_download_is_polled_often_after_its_start_and_its_pods_start() -> None:
    made = job(creationTimestamp="2026-01-01T00:00:00Z")
    assert after_s(0, DOWNLOADING) == 2
    assert after_s(4000, DOWNLOADING, job=made) == 60
    assert after_s(4000, DOWNLOADING, job=made, job_pods=(changed(3990, ready=True),)) == 2


def test_failed_download_is_requeued_for_its_next_try_unless_its_checkpoint_was_refused() -> None:
    failed = job(condition("Failed"))
    assert after_s(0, DOWNLOADING, job=failed) == 300
    refused = job_pod({"error": {"reason": "UnsupportedModel", "message": "a codec"}})
    assert after_s(0, DOWNLOADING, job=failed, job_pods=(refused,)) is None
