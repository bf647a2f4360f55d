"""Predicates over objects: readiness, ends, times, rollouts."""

from datetime import UTC, datetime
from typing import Any

import pytest

from nemo_voice_operator.kube.objects import (
    awaited_container,
    container_states,
    has_been_ready,
    has_been_seen,
    is_leaving,
    is_over,
    is_ready,
    is_rolled_out,
    is_running,
    is_unschedulable,
    moment_of,
    why_unscheduled,
)
from support.operator.observations import condition, deployment, pod, unschedulable


def test_pod_is_ready_unless_it_is_being_deleted() -> None:
    assert is_ready(pod(ready=True))
    assert not is_ready(pod())
    assert not is_ready(pod(ready=True, leaving=True))
    assert is_leaving(pod(leaving=True))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [("2026-01-01T00:00:03Z", False), ("2026-01-01T00:00:09Z", True), (None, False)],
)
def test_pod_has_been_ready_when_it_became_unready_after_its_start(
    changed: str | None, expected: bool
) -> None:
    unready: Any = condition("Ready", "False")
    found = pod(conditions=[{**unready, "lastTransitionTime": changed}])
    found["status"]["startTime"] = "2026-01-01T00:00:00Z"
    assert has_been_ready(found) == expected
    assert has_been_ready(pod(ready=True))


def test_phase_tells_whether_a_pod_runs_or_is_over() -> None:
    assert is_running(pod(phase="Running"))
    assert not is_running(pod())
    assert is_over(pod(phase="Succeeded"))
    assert not is_over(pod(phase="Running"))


def test_unschedulable_pod_has_the_schedulers_message() -> None:
    assert is_unschedulable(unschedulable())
    assert why_unscheduled(unschedulable()) == "no node is free"
    assert why_unscheduled(pod()) == ""


def test_finished_init_containers_are_left_out() -> None:
    done: Any = {"state": {"terminated": {"exitCode": 0}}}
    begun: Any = {"state": {"running": {}}}
    found = pod(initContainerStatuses=[done, begun], containerStatuses=[begun])
    assert list(container_states(found)) == [begun, begun]


@pytest.mark.parametrize(
    ("statuses", "awaited"),
    [
        ([{"name": "first", "state": {"running": {}}}], "first"),
        ([{"name": "first", "state": {"terminated": {"exitCode": 0}}}], ""),
        ([{"name": "proxy", "state": {"running": {}}, "started": False}], "proxy"),
        ([{"name": "proxy", "state": {"running": {}}, "started": True}], ""),
        ([{"name": "first", "state": {"running": {}}, "started": True}], "first"),
    ],
)
def test_the_container_that_the_others_wait_for_is_known(
    statuses: list[dict[str, Any]], awaited: str
) -> None:
    begin = [{"name": "first"}, {"name": "proxy", "restartPolicy": "Always"}]
    found = {**pod(initContainerStatuses=statuses), "spec": {"initContainers": begin}}
    assert awaited_container(found) == awaited


def test_sidecars_that_ended_with_their_pod_are_left_out() -> None:
    killed: Any = {"name": "proxy", "state": {"terminated": {"exitCode": 143}}}
    failed: Any = {"name": "check", "state": {"terminated": {"exitCode": 1}}}
    found = pod(initContainerStatuses=[killed], containerStatuses=[failed], phase="Failed")
    with_sidecar = {"initContainers": [{"name": "proxy", "restartPolicy": "Always"}]}
    assert list(container_states({**found, "spec": with_sidecar})) == [failed]
    assert list(container_states({**found, "spec": {}})) == [killed, failed]
    running = pod(initContainerStatuses=[killed], containerStatuses=[failed], phase="Running")
    assert list(container_states({**running, "spec": with_sidecar})) == [killed, failed]


@pytest.mark.parametrize("text", [None, "", "yesterday", "2026-01-01T00:00:00"])
def test_text_without_a_time_and_a_zone_is_no_moment(text: object) -> None:
    assert moment_of(text) is None
    assert moment_of("2026-01-01T00:00:00Z") == datetime(2026, 1, 1, tzinfo=UTC)


def test_deployment_is_rolled_out_when_every_replica_is_new_and_ready() -> None:
    assert is_rolled_out(deployment(2))
    assert not is_rolled_out(deployment(2, ready=1))
    assert not is_rolled_out(None)
    behind = deployment(observedGeneration=0)
    assert not has_been_seen(behind)
    assert not is_rolled_out(behind)
