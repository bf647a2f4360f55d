"""The lock on the Lease: what it reads and writes, and that a failure is returned, not raised."""

import json
from typing import Any

import pytest
from kubernetes.aio.client import ApiException
from kubernetes.aio.leaderelection.leaderelectionrecord import LeaderElectionRecord

from nemo_voice_operator.errors import ClusterError, Refused, Unavailable
from support.operator.fake_leases import FakeLeases

PLACE = ("nemo-voice-operator", "nemo-voice")


@pytest.fixture
def leases() -> FakeLeases:
    """Where the Lease is, or will be."""
    return FakeLeases()


def record(identity: str = "one") -> LeaderElectionRecord:
    return LeaderElectionRecord(identity, "15", "local time", "local time")


def spec_of(leases: FakeLeases) -> dict[str, Any]:
    assert leases.lease is not None
    spec: dict[str, Any] = leases.lease["spec"]
    return spec


async def test_missing_lease_is_reported_as_the_library_expects(leases: FakeLeases) -> None:
    is_there, why = await leases.lock().get(*PLACE)
    assert not is_there
    assert isinstance(why, ApiException)
    assert json.loads(str(why.body))["code"] == 404


async def test_created_lease_has_times_in_utc(
    leases: FakeLeases,
) -> None:
    assert await leases.lock().create(*PLACE, record())
    is_there, found = await leases.lock().get(*PLACE)
    assert is_there
    assert isinstance(found, LeaderElectionRecord)
    assert (found.holder_identity, found.lease_duration) == ("one", "15")
    assert found.acquire_time == found.renew_time
    assert str(found.renew_time).endswith("Z")


async def test_an_empty_lease_has_no_holder(leases: FakeLeases) -> None:
    leases.lease = {"metadata": {"resourceVersion": "1"}}
    is_there, found = await leases.lock().get(*PLACE)
    assert is_there
    assert isinstance(found, LeaderElectionRecord)
    assert (found.holder_identity, found.lease_duration) == (None, None)


async def test_only_a_new_holder_sets_the_acquire_time(leases: FakeLeases) -> None:
    leases.held_by("other")
    lock = leases.lock()
    await lock.get(*PLACE)
    assert await lock.update(*PLACE, record())
    acquired = spec_of(leases)["acquireTime"]
    assert spec_of(leases)["holderIdentity"] == "one"
    assert acquired == spec_of(leases)["renewTime"]
    assert await lock.update(*PLACE, record())
    assert spec_of(leases)["acquireTime"] == acquired


async def test_slower_replica_does_not_get_the_lease(leases: FakeLeases) -> None:
    leases.held_by("other")
    slow = leases.lock()
    await slow.get(*PLACE)
    leases.held_by("quicker")
    assert not await slow.update(*PLACE, record())
    assert not await slow.create(*PLACE, record())
    assert leases.holder == "quicker"


async def test_lease_that_was_never_read_is_not_replaced(leases: FakeLeases) -> None:
    assert not await leases.lock().update(*PLACE, record())
    assert leases.lease is None


async def test_failing_api_server_is_reported_and_not_raised(leases: FakeLeases) -> None:
    lock = leases.lock()
    leases.fails = Unavailable("away", status=503)
    is_there, why = await lock.get(*PLACE)
    assert not is_there
    assert isinstance(why, ApiException)
    assert (why.status, why.reason, why.body) == (503, "away", None)
    assert not await lock.create(*PLACE, record())


@pytest.mark.looptime
async def test_lease_calls_time_out(leases: FakeLeases) -> None:
    leases.held_by("one")
    lock = leases.lock()
    await lock.get(*PLACE)
    leases.hangs = True
    is_there, why = await lock.get(*PLACE)
    assert not is_there
    assert isinstance(why, ApiException)
    assert why.reason == "no response within 2.5 s"
    assert not await lock.update(*PLACE, record())
    assert not await lock.create(*PLACE, record())


async def test_only_the_holder_releases_the_lease(leases: FakeLeases) -> None:
    await leases.lock().release()
    leases.held_by("other")
    lock = leases.lock()
    await lock.get(*PLACE)
    await lock.release()
    assert leases.holder == "other"
    assert await lock.update(*PLACE, record())
    await lock.release()
    assert leases.holder == ""


async def test_created_lease_can_be_released(leases: FakeLeases) -> None:
    lock = leases.lock()
    assert await lock.create(*PLACE, record())
    await lock.release()
    assert leases.holder == ""


DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "operator", "namespace": "nemo-voice", "uid": "uid-of-deployment"},
}


def metadata_of(leases: FakeLeases) -> dict[str, Any]:
    assert leases.lease is not None
    metadata: dict[str, Any] = leases.lease["metadata"]
    return metadata


@pytest.mark.parametrize(("watched", "scope"), [((), "*"), (("speech", "demo"), "speech,demo")])
async def test_lease_says_what_the_operator_watches(
    leases: FakeLeases, watched: tuple[str, ...], scope: str
) -> None:
    lock = leases.lock(watched=watched)
    assert await lock.create(*PLACE, record())
    assert metadata_of(leases)["annotations"]["nemo-voice.dev/watches"] == scope


async def test_an_older_operators_lease_says_it_from_the_first_renewal_on(
    leases: FakeLeases,
) -> None:
    leases.held_by("older")
    metadata_of(leases)["annotations"] = {"team": "voice"}
    leases.deployment = DEPLOYMENT
    lock = leases.lock(watched=("speech",), deployment="operator")
    await lock.find_owner()
    await lock.get(*PLACE)
    assert await lock.update(*PLACE, record())
    metadata = metadata_of(leases)
    assert metadata["annotations"] == {"team": "voice", "nemo-voice.dev/watches": "speech"}
    assert [one["uid"] for one in metadata["ownerReferences"]] == ["uid-of-deployment"]


async def test_lease_belongs_to_the_deployment_from_the_start_to_the_release(
    leases: FakeLeases,
) -> None:
    leases.deployment = DEPLOYMENT
    lock = leases.lock(deployment="operator")
    await lock.find_owner()
    assert await lock.create(*PLACE, record())
    owners = [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "name": "operator",
            "uid": "uid-of-deployment",
            "controller": True,
        }
    ]
    assert metadata_of(leases)["ownerReferences"] == owners
    await lock.release()
    assert (leases.holder, metadata_of(leases)["ownerReferences"]) == ("", owners)


@pytest.mark.parametrize("fault", [None, Unavailable("away"), Refused("forbidden", status=403)])
async def test_without_a_deployment_to_be_found_nothing_owns_the_lease(
    leases: FakeLeases, fault: ClusterError | None, caplog: pytest.LogCaptureFixture
) -> None:
    lock = leases.lock(deployment="operator")
    leases.fails = fault
    await lock.find_owner()
    assert "the Lease gets no owner" in caplog.text
    leases.fails = None
    assert await lock.create(*PLACE, record())
    assert metadata_of(leases)["ownerReferences"] == []


async def test_outside_of_a_deployment_none_is_looked_for(leases: FakeLeases) -> None:
    leases.fails = Unavailable("away")
    await leases.lock().find_owner()


async def test_the_owner_of_an_operator_that_was_here_before_is_dropped(
    leases: FakeLeases,
) -> None:
    leases.held_by("older")
    metadata_of(leases)["ownerReferences"] = [{"kind": "Deployment", "name": "gone", "uid": "1"}]
    lock = leases.lock()
    await lock.get(*PLACE)
    assert await lock.update(*PLACE, record())
    assert metadata_of(leases)["ownerReferences"] == []


async def test_a_release_of_another_deployment_in_the_namespace_is_recognised(
    leases: FakeLeases,
) -> None:
    leases.deployment = DEPLOYMENT
    first, second = leases.lock(deployment="operator"), leases.lock("two", deployment="second")
    standby = leases.lock("three", deployment="operator")
    await first.find_owner()
    assert await first.create(*PLACE, record())
    for lock in (second, standby):
        assert lock.other_release == ""
        await lock.get(*PLACE)
    assert (first.other_release, standby.other_release) == ("", "")
    assert second.other_release == "operator"
