"""Events of VoiceServices: which failure to record one counts."""

import asyncio
from datetime import UTC, datetime

import pytest

from nemo_voice_operator.api import API_VERSION, KIND
from nemo_voice_operator.controller.event_recorder import EventRecorder
from nemo_voice_operator.errors import ClusterError, Conflict, Refused, Unavailable
from support.operator.fake_cluster import FakeCluster

RESOURCE = {
    "apiVersion": API_VERSION,
    "kind": KIND,
    "metadata": {"name": "narrator", "namespace": "speech", "uid": "u", "resourceVersion": "1"},
}


def recorder(cluster: FakeCluster) -> EventRecorder:
    return EventRecorder(cluster, "operator-1", lambda: datetime(2026, 1, 1, tzinfo=UTC))


def test_an_event_says_who_reports_and_when() -> None:
    cluster = FakeCluster()
    asyncio.run(recorder(cluster).tell(RESOURCE, "Normal", "TakenOver", "its Lease is gone"))
    (event,) = cluster.events
    assert (event["type"], event["reason"], event["note"]) == (
        "Normal",
        "TakenOver",
        "its Lease is gone",
    )
    assert event["reportingInstance"] == "operator-1"
    assert event["eventTime"] == "2026-01-01T00:00:00.000000Z"


@pytest.mark.parametrize("failure", [Conflict("exists"), Refused("exceeded quota", status=403)])
def test_an_event_that_is_there_or_refused_is_no_failure(failure: ClusterError) -> None:
    cluster = FakeCluster()
    cluster.fails["record Event"] = failure
    asyncio.run(recorder(cluster).warn_once(RESOURCE, "NotUnderstood", "why"))


def test_an_event_that_does_not_reach_the_api_server_is_a_failure() -> None:
    cluster = FakeCluster()
    cluster.fails["record Event"] = Unavailable("away")
    with pytest.raises(Unavailable):
        asyncio.run(recorder(cluster).tell(RESOURCE, "Warning", "SetBack", "why"))
