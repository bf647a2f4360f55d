"""Leader election through a Lease; losing it ends the process."""

import asyncio
from collections.abc import Callable, Coroutine

from kubernetes.aio.leaderelection.electionconfig import Config
from kubernetes.aio.leaderelection.leaderelection import LeaderElection

from nemo_voice_operator.controller.lease import LeaseLock
from nemo_voice_operator.errors import LeadershipLost

CALLS_PER_LEASE = 6
"""A call may take at most this part of the lease: a renewal is two of them."""
_END_S = 5.0
"""Seconds that the work may take to end."""
Work = Callable[[], Coroutine[None, None, None]]


async def lead(lock: LeaseLock, *, lease_s: float, work: Work) -> None:
    """Waits until this replica leads, then works, and releases the Lease when the work ends.

    Args:
        lock: The lock on the Lease.
        lease_s: Seconds without a renewal after which another replica may lead.
        work: What the leader does; it should not end.

    Raises:
        LeadershipLost: The Lease could not be renewed in time: the caller must end the process.
    """
    outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    working: set[asyncio.Task[None]] = set()
    config = _config(lock, lease_s, _worker(work, working, outcome), outcome)
    election = asyncio.create_task(LeaderElection(config).run())
    try:
        await asyncio.wait({election, outcome}, return_when=asyncio.FIRST_COMPLETED)
        if not outcome.done():
            election.result()
            raise LeadershipLost("the election ended")
        outcome.result()
    finally:
        # No other replica leads before this one's work has ended, unless it does not end.
        ending = {election, *working}
        for task in ending:
            task.cancel()
        await asyncio.wait(ending, timeout=_END_S)
        await lock.release()


def _worker(
    work: Work, working: "set[asyncio.Task[None]]", outcome: "asyncio.Future[None]"
) -> Work:
    """Returns the work, with its task and its outcome recorded."""

    async def worker() -> None:
        if task := asyncio.current_task():
            working.add(task)
        try:
            await work()
        except Exception as error:  # noqa: BLE001 raised where the outcome is awaited
            _fail(outcome, error)
        finally:
            # Also when the work is cancelled from inside: kopf ends itself so at a signal. When the
            # Lease is lost, the outcome is set before the work is cancelled.
            if not outcome.done():
                outcome.set_result(None)

    return worker


def _config(
    lock: LeaseLock, lease_s: float, worker: Work, outcome: "asyncio.Future[None]"
) -> Config:
    async def lost() -> None:
        _fail(outcome, LeadershipLost("the Lease could not be renewed in time"))

    return Config(
        lock,
        lease_duration=round(lease_s),
        # The last renewal begins before two thirds of the lease are over and takes at most the
        # last third: a leader stops before another replica can lead.
        renew_deadline=lease_s * 0.4,
        retry_period=max(1.0, lease_s * 2 / 15),
        onstarted_leading=worker,
        onstopped_leading=lost,
    )


def _fail(outcome: "asyncio.Future[None]", error: Exception) -> None:
    if not outcome.done():
        outcome.set_exception(error)
