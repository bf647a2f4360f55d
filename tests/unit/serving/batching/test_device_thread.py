"""The device thread: one at a time, in order, and honest about being busy."""

import asyncio
import threading
from functools import partial

import pytest

from nemo_voice_serving.batching.device_thread import DeviceThread


async def test_calls_run_one_after_the_other_on_one_thread() -> None:
    device = DeviceThread()
    order: list[int] = []

    def call(number: int) -> str:
        order.append(number)
        return threading.current_thread().name

    names = await asyncio.gather(*(device.run(partial(call, number)) for number in range(20)))
    assert order == list(range(20))
    assert len(set(names)) == 1
    device.close()


async def test_busy_time_is_that_of_the_present_call() -> None:
    now_s = [10.0]
    device = DeviceThread(clock=lambda: now_s[0])
    inside, release = threading.Event(), threading.Event()

    def hang() -> None:
        inside.set()
        release.wait(10)

    task = asyncio.create_task(device.run(hang))
    await asyncio.to_thread(inside.wait, 10)
    now_s[0] = 17.0
    assert device.busy_s() == 7.0
    release.set()
    await task
    assert device.busy_s() == 0.0
    device.close()


async def test_an_error_reaches_the_caller_and_frees_the_thread() -> None:
    device = DeviceThread()
    with pytest.raises(ZeroDivisionError):
        await device.run(lambda: 1 // 0)
    assert device.busy_s() == 0.0
    assert await device.run(lambda: 1) == 1
    device.close()


async def test_idle_time_counts_from_the_last_call_that_succeeded() -> None:
    now_s = [10.0]
    device = DeviceThread(clock=lambda: now_s[0])
    assert device.idle_s() == float("inf")
    assert await device.run(device.idle_s) == 0.0
    now_s[0] = 13.0
    assert device.idle_s() == 3.0
    with pytest.raises(ZeroDivisionError):
        await device.run(lambda: 1 // 0)
    assert device.idle_s() == 3.0
    device.close()


async def test_a_call_is_stuck_that_runs_four_times_as_long_as_the_slowest_ever_did() -> None:
    now_s = [0.0]
    device = DeviceThread(clock=lambda: now_s[0], stuck_after_s=10)

    def takes(seconds: float) -> list[bool]:
        began_s, stuck = now_s[0], []
        for share in (0.5, 1.0):
            now_s[0] = began_s + share * seconds
            stuck.append(device.is_stuck())
        return stuck

    assert await device.run(partial(takes, 1000)) == [True, True]  # it is loaded and warmed up
    device.warmed_up(slowest_s=1)
    assert await device.run(partial(takes, 10)) == [False, False]
    assert await device.run(partial(takes, 40)) == [False, False]
    device.warmed_up(slowest_s=1)
    assert await device.run(partial(takes, 40)) == [True, True]
    device.warmed_up(slowest_s=40)
    assert await device.run(partial(takes, 160)) == [False, False]
    assert await device.run(partial(takes, 641)) == [False, True]
    # It ended at last; the next one must not take four times as long for that.
    assert await device.run(partial(takes, 641)) == [False, True]
    device.close()
