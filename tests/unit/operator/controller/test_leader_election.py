"""Leading: one replica at a time, until its work ends or the Lease is lost, in exact time."""

import asyncio
from types import SimpleNamespace

import pytest
from kubernetes.aio.leaderelection import leaderelection
from typing_extensions import override

from nemo_voice_operator.controller.leader_election import CALLS_PER_LEASE, lead
from nemo_voice_operator.errors import LeadershipLost, Unavailable
from support.operator.fake_leases import FakeLeases

pytestmark = pytest.mark.looptime

LEASE_S = 15.0


@pytest.fixture(autouse=True)
def _one_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the library read the time of the loop, as everything else here does."""
    clock = SimpleNamespace(time=lambda: asyncio.get_running_loop().time())
    monkeypatch.setattr(leaderelection, "time", clock)


@pytest.fixture
def leases() -> FakeLeases:
    """The Lease that there will be."""
    return FakeLeases()


class Work:
    """What a leader does: it records its beginning and end, and ends when a test lets it."""

    def __init__(self) -> None:
        self.began, self.may_end = asyncio.Event(), asyncio.Event()
        self.ended_s: float | None = None
        self.error: Exception | None = None

    async def __call__(self) -> None:
        self.began.set()
        try:
            await self.may_end.wait()
            if self.error is not None:
                raise self.error
        finally:
            self.ended_s = asyncio.get_running_loop().time()


def leading(
    leases: FakeLeases, work: Work, identity: str = "one", lease_s: float = LEASE_S
) -> "asyncio.Task[None]":
    lock = leases.lock(identity, timeout_s=lease_s / CALLS_PER_LEASE)
    return asyncio.create_task(lead(lock, lease_s=lease_s, work=work))


async def test_leader_works_and_releases_the_lease_at_the_end(leases: FakeLeases) -> None:
    work = Work()
    task = leading(leases, work)
    await work.began.wait()
    assert leases.holder == "one"
    work.may_end.set()
    await task
    assert leases.holder == ""


async def test_error_of_the_work_is_raised(leases: FakeLeases) -> None:
    work = Work()
    work.error = ValueError("a fault")
    task = leading(leases, work)
    work.may_end.set()
    with pytest.raises(ValueError, match="a fault"):
        await task
    assert leases.holder == ""


async def test_the_lease_is_renewed_for_as_long_as_the_work_takes(leases: FakeLeases) -> None:
    first, second = Work(), Work()
    one, two = leading(leases, first), leading(leases, second, "two")
    await asyncio.sleep(20 * LEASE_S)
    assert leases.holder == "one"
    assert not second.began.is_set()
    first.may_end.set()
    second.may_end.set()
    await one
    await asyncio.wait_for(two, LEASE_S)
    assert second.began.is_set()


async def test_another_replica_leads_after_the_leader_died(leases: FakeLeases) -> None:
    leases.held_by("dead")
    work = Work()
    task = leading(leases, work)
    await asyncio.wait_for(work.began.wait(), LEASE_S + 5)
    assert asyncio.get_running_loop().time() >= LEASE_S
    work.may_end.set()
    await task


@pytest.mark.parametrize("lease_s", [5.0, 15.0, 60.0])
@pytest.mark.parametrize("hangs", [False, True], ids=["refused", "silent"])
async def test_leader_that_cannot_renew_stops_before_another_may_lead(
    leases: FakeLeases, hangs: bool, lease_s: float
) -> None:
    work = Work()
    task = leading(leases, work, lease_s=lease_s)
    await work.began.wait()
    await asyncio.sleep(100)
    cut_s = asyncio.get_running_loop().time()
    leases.hangs = hangs
    leases.fails = Unavailable("away")
    with pytest.raises(LeadershipLost):
        await task
    assert work.ended_s is not None
    assert work.ended_s - cut_s < lease_s


async def test_lease_is_released_after_the_work_has_ended(leases: FakeLeases) -> None:
    class Tidy(Work):
        @override
        async def __call__(self) -> None:
            try:
                await super().__call__()
            finally:
                await asyncio.sleep(2)
                assert leases.holder == "one"
                self.ended_s = asyncio.get_running_loop().time()

    work = Tidy()
    task = leading(leases, work)
    await work.began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert work.ended_s == asyncio.get_running_loop().time()
    assert leases.holder == ""


async def test_work_that_ignores_cancellation_does_not_block_the_end(leases: FakeLeases) -> None:
    free = asyncio.Event()

    class Stubborn(Work):
        @override
        async def __call__(self) -> None:
            self.began.set()
            while not free.is_set():
                try:
                    await free.wait()
                except asyncio.CancelledError:
                    continue

    work = Stubborn()
    task = leading(leases, work)
    await work.began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 60)
    assert leases.holder == ""
    free.set()


async def test_work_that_is_cancelled_from_inside_ends_the_lead_in_order(
    leases: FakeLeases,
) -> None:
    async def work() -> None:
        raise asyncio.CancelledError

    await lead(leases.lock(), lease_s=LEASE_S, work=work)
    assert leases.holder == ""


async def test_waiting_replica_can_be_cancelled(leases: FakeLeases) -> None:
    leases.held_by("other")
    work = Work()
    task = leading(leases, work)
    await asyncio.sleep(5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert leases.holder == "other"
    assert not work.began.is_set()


async def test_failed_election_is_raised(leases: FakeLeases) -> None:
    lock = leases.lock()
    leases.lease = {"metadata": None, "spec": None}
    with pytest.raises(AttributeError):
        await lead(lock, lease_s=LEASE_S, work=Work())
