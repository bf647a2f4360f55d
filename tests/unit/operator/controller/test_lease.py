"""The lock on the Lease: what it reads and writes, and that a failure is returned, not raised."""

import json
from typing import Any

import pytest
from kubernetes.aio.client import ApiException
from kubernetes.aio.leaderelection.leaderelectionrecord import LeaderElectionRecord

from nemo_voice_operator.errors import Unavailable
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
