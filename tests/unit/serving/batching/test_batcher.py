"""The batcher under faked time: no item is lost or late, and none gets another's error."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

import pytest
from typing_extensions import override

from nemo_voice_serving import logs
from nemo_voice_serving.batching.batcher import Batcher
from nemo_voice_serving.batching.scheduler import Limits
from nemo_voice_serving.errors import (
    BackendFailed,
    DeadlineExceeded,
    DeviceLost,
    NotReady,
    OutOfMemory,
)
from support.models.observers import RecordingObserver

Out = TypeVar("Out")

pytestmark = pytest.mark.looptime


class SlowDevice:
    """A device whose every batch takes a second of faked time."""

    def __init__(self) -> None:
        self.began_s: list[float] = []

    async def run(self, call: Callable[[], Sequence[Out]]) -> Sequence[Out]:
        self.began_s.append(asyncio.get_running_loop().time())
        await asyncio.sleep(1.0)
        return call()


class Doubling:
    """A stage that doubles numbers, and fails on one of them."""

    def __init__(self, poison: int | None = None, error: Exception | None = None) -> None:
        self.batches: list[list[int]] = []
        self._poison = poison
        self._error = error or RuntimeError("poisoned")

    def __call__(self, batch: Sequence[int]) -> Sequence[int]:
        self.batches.append(list(batch))
        if self._poison in batch:
            raise self._error
        return [2 * number for number in batch]


def batcher_of(
    stage: Doubling,
    limits: Limits,
    observer: RecordingObserver | None = None,
    in_flight: Callable[[], int] | None = None,
    **options: object,
) -> Batcher[int, int]:
    lost = options.get("lost")
    max_run_s = options.get("max_run_s", float("inf"))
    assert isinstance(max_run_s, float)
    return Batcher(
        "doubling",
        stage,
        limits=limits,
        device=SlowDevice(),
        observer=observer or RecordingObserver(),
        on_device_lost=lost.append if isinstance(lost, list) else lambda _reason: None,
        in_flight=in_flight,
        max_run_s=max_run_s,
        memory_advice=str(options.get("advice", "")),
    )


async def test_items_that_arrive_within_the_window_share_a_batch() -> None:
    stage = Doubling()
    batcher = batcher_of(stage, Limits(max_items=8, max_wait_s=5.0))
    batcher.start()
    outputs = await asyncio.gather(*(batcher.submit(number, length=1) for number in (1, 2, 3)))
    assert [served.output for served in outputs] == [2, 4, 6]
    assert stage.batches == [[1, 2, 3]]
    assert asyncio.get_running_loop().time() == 6.0
    assert outputs[0].wait_s == 5.0
    assert outputs[0].run_s == 1.0
    assert outputs[0].batch_items == 3
    await batcher.close()


async def test_the_only_request_in_the_service_is_run_at_once() -> None:
    batcher = batcher_of(Doubling(), Limits(max_items=8, max_wait_s=5.0), in_flight=lambda: 1)
    batcher.start()
    served = await batcher.submit(1, length=1)
    assert (served.wait_s, served.batch_items) == (0.0, 1)
    await batcher.close()


async def test_an_item_waits_for_requests_that_are_still_on_their_way_to_the_queue() -> None:
    stage = Doubling()
    batcher = batcher_of(stage, Limits(max_items=8, max_wait_s=5.0), in_flight=lambda: 2)
    batcher.start()
    first = asyncio.create_task(batcher.submit(1, length=1))
    await asyncio.sleep(2.0)
    second = await batcher.submit(2, length=1)
    assert stage.batches == [[1, 2]]
    assert ((await first).wait_s, second.wait_s) == (2.0, 0.0)
    await batcher.close()


async def test_items_gather_while_the_device_is_busy() -> None:
    stage = Doubling()
    batcher = batcher_of(stage, Limits(max_items=8))
    batcher.start()
    first = asyncio.create_task(batcher.submit(1, length=1))
    await asyncio.sleep(0.5)
    rest = [asyncio.create_task(batcher.submit(number, length=1)) for number in (2, 3)]
    await asyncio.gather(first, *rest)
    assert stage.batches == [[1], [2, 3]]
    await batcher.close()


async def test_a_failing_batch_fails_its_own_items_only() -> None:
    stage = Doubling(poison=13)
    batcher = batcher_of(stage, Limits(max_items=1))
    batcher.start()
    results = await asyncio.gather(
        *(batcher.submit(number, length=1) for number in (1, 13, 2)), return_exceptions=True
    )
    assert getattr(results[0], "output", None) == 2
    assert isinstance(results[1], BackendFailed)
    assert "poisoned" not in str(results[1])
    assert getattr(results[2], "output", None) == 4
    await batcher.close()


async def test_a_stage_that_returns_too_few_outputs_fails_its_batch() -> None:
    class Short(Doubling):
        @override
        def __call__(self, batch: Sequence[int]) -> Sequence[int]:
            return super().__call__(batch)[1:]

    batcher = batcher_of(Short(), Limits())
    batcher.start()
    with pytest.raises(BackendFailed):
        await batcher.submit(1, length=1)
    await batcher.close()


async def test_a_cancelled_item_is_dropped_before_the_batch() -> None:
    stage, observer = Doubling(), RecordingObserver()
    batcher = batcher_of(stage, Limits(max_items=1), observer)
    batcher.start()
    first = asyncio.create_task(batcher.submit(1, length=1))
    gone = asyncio.create_task(batcher.submit(2, length=1))
    await asyncio.sleep(0.5)
    gone.cancel()
    await first
    await batcher.submit(3, length=1)
    assert stage.batches == [[1], [3]]
    assert observer.dropped == ["cancelled"]
    await batcher.close()


async def test_a_cancelled_item_of_a_running_batch_leaves_the_others_alone() -> None:
    batcher = batcher_of(Doubling(), Limits(max_wait_s=0.1))
    batcher.start()
    gone = asyncio.create_task(batcher.submit(1, length=1))
    kept = asyncio.create_task(batcher.submit(2, length=1))
    await asyncio.sleep(0.5)
    gone.cancel()
    assert (await kept).output == 4
    await batcher.close()


async def test_an_item_that_waits_past_its_deadline_fails_at_that_moment() -> None:
    stage, observer = Doubling(), RecordingObserver()
    batcher = batcher_of(stage, Limits(max_items=1), observer)
    batcher.start()
    first = asyncio.create_task(batcher.submit(1, length=1))
    await asyncio.sleep(0)
    with pytest.raises(DeadlineExceeded):
        await batcher.submit(2, length=1, timeout_s=0.25)
    assert asyncio.get_running_loop().time() == 0.25
    assert observer.dropped == ["deadline"]
    await first
    assert stage.batches == [[1]]
    await batcher.close()


async def test_a_deadline_does_not_stop_a_batch_that_began() -> None:
    batcher = batcher_of(Doubling(), Limits())
    batcher.start()
    assert (await batcher.submit(1, length=1, timeout_s=0.5)).output == 2
    await batcher.close()


async def test_a_lost_device_fails_everything_that_waits_and_is_reported() -> None:
    lost: list[str] = []
    stage = Doubling(poison=1, error=DeviceLost("illegal memory access"))
    batcher = batcher_of(stage, Limits(max_items=1), lost=lost)
    batcher.start()
    results = await asyncio.gather(
        *(batcher.submit(number, length=1) for number in (1, 2)), return_exceptions=True
    )
    assert [type(result) for result in results] == [DeviceLost, DeviceLost]
    assert lost == ["illegal memory access"]
    await batcher.close()


async def test_closing_refuses_what_still_waits() -> None:
    batcher = batcher_of(Doubling(), Limits(max_wait_s=100))
    batcher.start()
    waiting = asyncio.create_task(batcher.submit(1, length=1))
    await asyncio.sleep(1)
    assert len(batcher) == 1
    await batcher.close()
    with pytest.raises(NotReady):
        await waiting


async def test_closing_before_starting_is_harmless() -> None:
    await batcher_of(Doubling(), Limits()).close()


async def test_the_batch_line_lists_the_request_ids(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    batcher = batcher_of(Doubling(), Limits())
    batcher.start()
    token = logs.request_id.set("abc")
    await batcher.submit(1, length=1)
    logs.request_id.reset(token)
    line = next(record for record in caplog.records if record.message == "batch finished")
    assert line.__dict__["request_ids"] == ["abc"]
    await batcher.close()


async def test_a_batch_holds_what_is_expected_to_run_in_time() -> None:
    stage = Doubling()
    batcher = batcher_of(stage, Limits(max_items=8), max_run_s=3.0)
    batcher.start()
    await batcher.submit(0, length=10)  # ten units a second
    await asyncio.gather(*(batcher.submit(number, length=10) for number in range(7)))
    assert [len(batch) for batch in stage.batches[:2]] == [1, 3]
    await batcher.close()


async def test_the_time_that_a_batch_may_take_is_shortened_and_restored() -> None:
    stage = Doubling()
    batcher = batcher_of(stage, Limits(max_items=8), max_run_s=3.0)
    batcher.start()
    await batcher.submit(0, length=10)  # ten units a second
    for most_s, items in ((1.0, 1), (None, 3)):
        batcher.limit_run(most_s)
        stage.batches.clear()
        await asyncio.gather(*(batcher.submit(number, length=10) for number in range(3)))
        assert len(stage.batches[0]) == items
        batcher.speed._seconds_per_unit = 0.1  # three items of the same length took no longer
    await batcher.close()


async def test_items_are_in_work_until_their_batch_has_run() -> None:
    batcher = batcher_of(Doubling(), Limits(max_items=1))
    batcher.start()
    submitted = [asyncio.create_task(batcher.submit(number, length=1)) for number in range(3)]
    counts = []
    for _ in range(4):
        await asyncio.sleep(0.9)
        counts.append(batcher.in_work)
    await asyncio.gather(*submitted)
    await batcher.close()
    assert counts == [3, 2, 1, 0]


async def test_what_follows_in_a_request_waits_as_long_as_batches_end() -> None:
    stage = Doubling()
    batcher = batcher_of(stage, Limits(max_items=1))
    batcher.start()
    work = [batcher.submit(n, length=1, timeout_s=1.5, is_patient=True) for n in range(9)]
    served = await asyncio.gather(*work)
    assert [one.output for one in served] == [2 * number for number in range(9)]
    await batcher.close()


async def test_without_batches_even_what_follows_fails_in_time() -> None:
    batcher = batcher_of(Doubling(), Limits(max_items=8, max_wait_s=60))
    batcher.start()
    with pytest.raises(DeadlineExceeded):
        await batcher.submit(1, length=1, timeout_s=5, is_patient=True)
    assert asyncio.get_running_loop().time() == 5
    await batcher.close()


async def test_while_one_long_batch_runs_only_what_is_first_fails() -> None:
    batcher = batcher_of(Doubling(), Limits(max_items=1))
    batcher.start()
    running = asyncio.create_task(batcher.submit(1, length=1))
    await asyncio.sleep(0.1)
    later = asyncio.create_task(batcher.submit(2, length=1, timeout_s=0.2, is_patient=True))
    with pytest.raises(DeadlineExceeded):
        await batcher.submit(3, length=1, timeout_s=0.2)
    assert (await running).output == 2
    assert (await later).output == 4
    await batcher.close()


class Full(Doubling):
    """A stage whose memory holds two items."""

    @override
    def __call__(self, batch: Sequence[int]) -> Sequence[int]:
        doubled = super().__call__(batch)
        if len(batch) > 2 or 99 in batch:
            raise OutOfMemory("full")
        return doubled


async def test_a_batch_that_the_memory_does_not_hold_is_served_in_halves() -> None:
    stage, observer = Full(), RecordingObserver()
    batcher = batcher_of(stage, Limits(max_items=4, max_wait_s=1.0), observer)
    batcher.start()
    outputs = await asyncio.gather(*(batcher.submit(number, length=1) for number in range(4)))
    assert [served.output for served in outputs] == [0, 2, 4, 6]
    assert stage.batches == [[0, 1, 2, 3], [0, 1], [2, 3]]
    assert observer.overflows == ["doubling"]
    assert observer.batches == [(4, False)]
    # The next batches are as large as the memory proved to hold.
    await asyncio.gather(*(batcher.submit(number, length=1) for number in range(4)))
    assert [len(batch) for batch in stage.batches[3:]] == [2, 2]
    await batcher.close()


async def test_an_item_that_is_too_large_alone_fails_alone_and_says_what_to_lower() -> None:
    batcher = batcher_of(Full(), Limits(max_items=3, max_wait_s=1.0), advice="Lower LIMIT.")
    batcher.start()
    results = await asyncio.gather(
        *(batcher.submit(number, length=1) for number in (1, 99, 3)), return_exceptions=True
    )
    assert [getattr(one, "output", None) for one in results] == [2, None, 6]
    error = results[1]
    assert isinstance(error, OutOfMemory)
    assert (error.status, error.code, error.headers()["Retry-After"]) == (
        503,
        "out_of_memory",
        "10",
    )
    assert "even alone" in error.message
    assert error.message.endswith("Lower LIMIT.")
    assert len(batcher) == 0
    await batcher.close()
