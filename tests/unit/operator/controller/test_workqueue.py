"""The queue of keys: one worker each, nothing lost, failures later and later."""

import asyncio

import pytest

from nemo_voice_operator.controller.workqueue import WorkQueue


@pytest.mark.looptime
async def test_a_key_that_is_added_twice_is_worked_on_once() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add("a")
    queue.add("a")
    queue.add("b")
    assert [await queue.get(), await queue.get()] == ["a", "b"]
    assert len(queue) == 2
    queue.done("a")
    queue.done("b")
    assert len(queue) == 0


@pytest.mark.looptime
async def test_key_added_while_in_work_is_worked_on_again() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add("a")
    await queue.get()
    queue.add("a")
    other = asyncio.create_task(queue.get())
    await asyncio.sleep(1)
    assert not other.done(), "two workers never have the same key"
    queue.done("a")
    assert await other == "a"


@pytest.mark.looptime
async def test_delayed_key_is_ready_at_its_time() -> None:
    queue: WorkQueue[str] = WorkQueue()
    now = asyncio.get_running_loop().time
    began_s = now()
    queue.add_after("late", 60)
    queue.add_after("soon", 5)
    assert await queue.get() == "soon"
    assert now() - began_s == pytest.approx(5)
    assert await queue.get() == "late"
    assert now() - began_s == pytest.approx(60)


@pytest.mark.looptime
async def test_shorter_of_two_delays_counts() -> None:
    queue: WorkQueue[str] = WorkQueue()
    now = asyncio.get_running_loop().time
    began_s = now()
    queue.add_after("a", 60)
    queue.add_after("a", 5)
    queue.add_after("a", 30)
    await queue.get()
    assert now() - began_s == pytest.approx(5)
    queue.done("a")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.get(), 1000)


@pytest.mark.looptime
async def test_failing_key_is_requeued_with_growing_delays() -> None:
    queue: WorkQueue[str] = WorkQueue()
    now = asyncio.get_running_loop().time
    queue.add("a")
    delays = []
    for _ in range(14):
        await queue.get()
        failed_s = now()
        told_s = queue.failed("a")
        await queue.get()
        delays.append(now() - failed_s)
        assert delays[-1] == pytest.approx(told_s)
        queue._finish("a")
        queue.add("a")
    assert delays[:4] == pytest.approx([0.2, 0.4, 0.8, 1.6])
    assert delays[-1] == pytest.approx(120)


@pytest.mark.looptime
async def test_success_resets_the_backoff() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add("a")
    for _ in range(3):
        await queue.get()
        queue.failed("a")
    await queue.get()
    queue.done("a")
    queue.add("a")
    await queue.get()
    assert queue.failed("a") == pytest.approx(0.2)


@pytest.mark.looptime
async def test_forgotten_key_is_not_requeued() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add_after("gone", 5)
    queue.forget("gone")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.get(), 60)


@pytest.mark.looptime
async def test_waiting_workers_share_the_keys() -> None:
    queue: WorkQueue[int] = WorkQueue()
    workers = [asyncio.create_task(queue.get()) for _ in range(3)]
    await asyncio.sleep(1)
    for key in range(3):
        queue.add(key)
    assert sorted(await asyncio.gather(*workers)) == [0, 1, 2]


@pytest.mark.looptime
async def test_cancelled_waiting_worker_loses_no_key() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add_after("later", 100)
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    queue.add("now")
    assert [await queue.get(), await queue.get()] == ["now", "later"]


@pytest.mark.looptime
@pytest.mark.parametrize("steps", range(4))
async def test_a_cancellation_that_comes_with_a_key_is_not_lost(
    steps: int,
) -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add_after("later", 100)

    async def worker() -> None:
        while True:
            key = await queue.get()
            queue.done(key)

    working = asyncio.create_task(worker())
    await asyncio.sleep(1)
    queue.add("now")
    for _ in range(steps):
        await asyncio.sleep(0)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(working, 1000)


@pytest.mark.looptime
async def test_key_added_while_its_work_failed_is_worked_on_at_once() -> None:
    queue: WorkQueue[str] = WorkQueue()
    began_s = asyncio.get_running_loop().time()
    queue.add("a")
    await queue.get()
    queue.add("a")
    queue.failed("a")
    assert await queue.get() == "a"
    assert asyncio.get_running_loop().time() == began_s


@pytest.mark.looptime
async def test_failures_of_an_older_version_do_not_prolong_the_pause() -> None:
    queue: WorkQueue[str] = WorkQueue()
    pauses_s = []
    for version in (1, 1, 1, 2, 2):
        queue.add("a")
        await queue.get()
        pauses_s.append(queue.failed("a", version))
    assert pauses_s == [0.2, 0.4, 0.8, 0.2, 0.4]
