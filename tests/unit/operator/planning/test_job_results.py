"""Results of Jobs: what a pod reports, why a download failed, and when it is repeated."""

from datetime import UTC, datetime
from typing import Any

import pytest

from nemo_voice_operator.planning.job_results import (
    JobFailure,
    cache_failure,
    checkpoints_of,
    is_refused,
    is_stale,
    no_pod_yet,
    result_of,
    seconds_of,
)
from nemo_voice_operator.state.observed import Observed
from support.operator.observations import CREATED, checkpoint, condition, event, job, job_pod

NOW = datetime(2026, 1, 1, 0, 10, tzinfo=UTC)


def test_failure_of_the_newest_try_is_reported() -> None:
    def failed(reason: str, created: str) -> dict[str, Any]:
        return job_pod({"error": {"reason": reason, "message": "why"}}, created=created)

    pods = (failed("New", "2026-01-01T02:00:00Z"), failed("Old", "2026-01-01T01:00:00Z"))
    assert cache_failure(Observed(job_pods=pods)) == JobFailure("New", "why")


@pytest.mark.parametrize(
    "line", [{"level": "error", "error": "Traceback"}, {"error": {}}, {"error": None}]
)
def test_last_log_line_is_not_taken_for_a_result(line: dict[str, Any]) -> None:
    ended = job(condition("Failed", reason="BackoffLimitExceeded", message="too often"))
    seen = Observed(job=ended, job_pods=(job_pod(line),))
    assert cache_failure(seen) == JobFailure("BackoffLimitExceeded", "too often")


@pytest.mark.parametrize("size", [-1, 2**53 + 1, float("inf"), float("nan"), "many", None])
def test_size_that_the_status_cannot_hold_verifies_nothing(size: object) -> None:
    assert checkpoints_of(job_pod({"checkpoints": [checkpoint(bytes=size)]})) == {}
    assert checkpoints_of(job_pod({"checkpoints": [checkpoint(bytes=2**53)]}))


def test_facts_of_a_checkpoint_are_read() -> None:
    reported = checkpoint(kind="FastPitch", languages=["es"], speakers=174)
    found = checkpoints_of(job_pod({"checkpoints": [reported]}))["model"]
    assert (found.kind, found.languages, found.speakers) == ("FastPitch", ("es",), 174)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"kind": None, "languages": None, "speakers": None},
        {"kind": "", "languages": [""], "speakers": 0},
        {"kind": 5, "languages": "en", "speakers": True},
        {"kind": "x" * 65, "languages": ["x" * 36], "speakers": 10**7},
        {"kind": ["a"], "languages": [["en"]], "speakers": 1.5},
        {"kind": {}, "languages": ["en"] * 101, "speakers": "2"},
    ],
)
def test_facts_that_the_status_cannot_hold_are_left_out(facts: dict[str, Any]) -> None:
    found = checkpoints_of(job_pod({"checkpoints": [checkpoint(**facts)]}))["model"]
    assert (found.kind, found.languages, found.speakers) == (None, (), None)


@pytest.mark.parametrize(
    ("reported", "expected_s"),
    [(7.5, 7.5), (0, 0.0), (-1, 0.0), (float("nan"), 0.0), (float("inf"), 0.0), (10**400, 0.0)],
)
def test_seconds_that_the_status_cannot_hold_are_left_out(
    reported: float, expected_s: float
) -> None:
    assert seconds_of(job_pod({"seconds": reported})) == expected_s


@pytest.mark.parametrize("message", ["[" * 4096, '{"a":' * 800, "\0", "1" * 4096])
def test_message_of_any_depth_or_size_is_no_result(message: str) -> None:
    assert result_of(job_pod(message=message)) == {}


def test_failed_job_without_a_result_still_failed() -> None:
    assert cache_failure(Observed(job=job(condition("Failed")))) == JobFailure("JobFailed", "")
    assert cache_failure(Observed(job=job(condition("Failed", "False")))) is None


def test_pod_without_containers_has_no_result() -> None:
    assert result_of({"metadata": {}, "status": {}}) == {}
    assert result_of({"metadata": {}, "status": {"containerStatuses": [{"state": {}}]}}) == {}


@pytest.mark.parametrize(
    ("ended", "stale"),
    [
        (condition("Failed", lastTransitionTime="2026-01-01T00:04:59Z"), True),
        (condition("Failed", lastTransitionTime="2026-01-01T00:05:01Z"), False),
        (condition("Failed", lastTransitionTime="2026-01-01T02:04:59+02:00"), True),
        (condition("Failed", lastTransitionTime="2027-01-01T00:00:00Z"), False),
        (condition("Failed", "False", lastTransitionTime="2025-01-01T00:00:00Z"), False),
        (condition("Complete", lastTransitionTime="2026-01-01T00:04:59Z"), True),
        (condition("Complete", lastTransitionTime="2026-01-01T00:05:01Z"), False),
        (condition("Failed", lastTransitionTime="2026-01-01T00:00:00"), True),
        (condition("Failed", lastTransitionTime="yesterday"), True),
        (condition("Failed", lastTransitionTime=None), True),  # type: ignore[arg-type]
        (condition("Failed"), True),
        (condition("Suspended"), False),
    ],
)
def test_job_without_a_result_is_stale_after_a_while(ended: dict[str, str], stale: bool) -> None:
    assert is_stale(job(ended), (), NOW) == stale


def test_job_with_an_unread_result_is_not_stale() -> None:
    ended = job(condition("Complete", lastTransitionTime="2025-01-01T00:00:00Z"))
    assert not is_stale(ended, [job_pod({"checkpoints": [checkpoint()]})], NOW)
    assert is_stale(ended, [job_pod(message="not a result")], NOW)
    assert not is_stale(job(), (), NOW)


@pytest.mark.parametrize(
    ("reason", "repeated"),
    [("UnsupportedModel", False), ("UnsafeConfig", False), ("HubTimeout", True), ("", True)],
)
def test_refused_checkpoint_is_not_tried_again(reason: str, repeated: bool) -> None:
    ended = job(condition("Failed", lastTransitionTime="2025-01-01T00:00:00Z"))
    pods = [job_pod({"error": {"reason": reason, "message": "why"}})]
    assert is_refused(pods) is not repeated
    assert is_stale(ended, pods, NOW) is repeated


def test_job_without_a_pod_is_told_in_the_words_of_the_api_server() -> None:
    created = job(creationTimestamp=CREATED)
    words = 'error looking up service account speech/reader: serviceaccount "reader" not found'

    def told(name: str, **more: Any) -> JobFailure | None:
        note = f'Error creating: pods "fetch-{name}" is forbidden: {words}'
        said = event("FailedCreate", note, of="uid-of-job", **more)
        return no_pod_yet(created, (), {"uid-of-job": [said]}, datetime(2026, 1, 1, tzinfo=UTC))

    expected = f'Job fetch: Error creating: pods "fetch-…" is forbidden: {words}'
    assert told("x7k2p") == told("9qqzz") == JobFailure("FailedCreate", expected)
    assert told("x7k2p", kind="Normal") is None
    assert no_pod_yet(created, (job_pod(),), {}, NOW) is None
    unsaid = no_pod_yet(created, (), {}, NOW)
    assert unsaid is not None
    assert "perhaps" in unsaid.message, "where no Event can be read"
