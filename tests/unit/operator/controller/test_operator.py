"""The operator put together: workers, resyncs and autoscaler."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from nemo_voice_operator.api import API_VERSION, KIND
from nemo_voice_operator.api.status import Load
from nemo_voice_operator.controller.health import LIVE_PATH, READY_PATH
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.controller.operator import Operator, _until_one_ends, next_resync_s
from nemo_voice_operator.controller.workqueue import WorkQueue
from nemo_voice_operator.errors import Forbidden, LeadershipLost, Refused, Unavailable
from nemo_voice_operator.kube.kinds import DEPLOYMENT, SERVICE_MONITOR
from nemo_voice_operator.kube.objects import Key
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.observed import ScalingDecision
from support.operator.fake_cluster import FakeCluster
from support.operator.fake_leases import FakeLeases
from support.ports import free_port

KEY = Key("speech", "narrator")
Start = Callable[..., Awaitable[Operator]]
RECONCILES = "nemo_voice_operator_reconciles_total"


def voice(name: str = "narrator", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": name, "namespace": "speech"},
        "spec": {"task": "tts", "model": {"source": "demo"}, "replicas": 0, **spec},
    }


class Events:
    """A source of events that has none, and lasts as long as a test wants."""

    def __init__(self) -> None:
        self.began, self.may_end = asyncio.Event(), asyncio.Event()

    async def __call__(
        self, object_cache: ObjectCache, queue: WorkQueue[Key], settings: OperatorSettings
    ) -> None:
        """Waits for the test to let it end."""
        self.began.set()
        await self.may_end.wait()


@pytest.fixture
def cluster() -> FakeCluster:
    """A cluster of dictionaries with one VoiceService."""
    cluster = FakeCluster()
    cluster.create(voice())
    return cluster


@pytest.fixture
async def events() -> Events:
    """The source of events."""
    return Events()


@pytest.fixture
async def operator(cluster: FakeCluster, events: Events) -> AsyncIterator[Operator]:
    """An operator of that cluster, which does nothing by itself yet."""
    settings = OperatorSettings(metrics_port=0, health_port=0, workers=2, identity="one")
    async with aiohttp.ClientSession() as session:
        yield Operator(cluster, session, settings, events)


def outcomes(operator: Operator) -> dict[str, float]:
    found = {}
    for outcome in ("done", "failed", "refused"):
        value = operator.metrics.registry.get_sample_value(RECONCILES, {"outcome": outcome})
        found[outcome] = value or 0.0
    return found


async def worked_off(operator: Operator) -> None:
    """Reconciles everything that is queued now."""
    for _ in range(len(operator.queue)):
        await operator._reconcile(await operator.queue.get())


@pytest.mark.looptime
async def test_resync_comes_before_the_first_reconcile(
    operator: Operator, cluster: FakeCluster
) -> None:
    await operator._resync()
    assert not [call for call in cluster.calls if not call.startswith("list")]
    await worked_off(operator)
    assert cluster.names("Deployment") == ["narrator"]
    assert outcomes(operator) == {"done": 1, "failed": 0, "refused": 0}


@pytest.mark.looptime
async def test_failed_reconcile_is_requeued_soon_and_a_successful_one_later(
    operator: Operator, cluster: FakeCluster
) -> None:
    loop = asyncio.get_running_loop()
    await operator._resync()
    cluster.fails["apply Service"] = Unavailable("away")
    await worked_off(operator)
    assert outcomes(operator) == {"done": 0, "failed": 1, "refused": 0}
    failed_s = loop.time()
    cluster.fails.clear()
    assert await operator.queue.get() == KEY
    assert loop.time() - failed_s == pytest.approx(0.2)
    await operator._reconcile(KEY)
    done_s = loop.time()
    assert await operator.queue.get() == KEY
    assert loop.time() - done_s == pytest.approx(next_resync_s(KEY, done_s, 600))


def test_every_voice_service_has_its_own_time_in_each_resync_period() -> None:
    keys = [Key("speech", f"voice-{number}") for number in range(1000)]
    first_s = [next_resync_s(key, 0.0, 600) for key in keys]
    assert all(0 < turn_s <= 600 for turn_s in first_s)
    in_each_minute = [sum(s // 60 == minute for s in first_s) for minute in range(10)]
    assert min(in_each_minute) > 50
    for key, turn_s in zip(keys, first_s, strict=True):
        assert next_resync_s(key, turn_s + 1.0, 600) == pytest.approx(599)


@pytest.mark.looptime
async def test_refused_reconcile_is_counted_as_refused(
    operator: Operator, cluster: FakeCluster
) -> None:
    await operator._resync()
    cluster.fails["apply Deployment"] = Refused("unknown field", status=422)
    await worked_off(operator)
    assert outcomes(operator) == {"done": 0, "failed": 0, "refused": 1}
    assert cluster.get(KIND, "narrator")["status"]["phase"] == "Failed"
    assert cluster.get(KIND, "narrator")["status"]["conditions"][-1]["reason"] == "ApplyRefused"


@pytest.mark.looptime
async def test_worker_survives_every_failure_and_logs_it(
    operator: Operator, cluster: FakeCluster, caplog: pytest.LogCaptureFixture
) -> None:
    await operator._resync()
    broken: Any = RuntimeError("a fault of ours")
    cluster.fails["apply Service"] = broken
    worker = asyncio.create_task(operator._worker())
    with caplog.at_level(logging.ERROR):
        await asyncio.sleep(0.1)
    assert "a fault of ours" in caplog.text
    assert not worker.done()
    cluster.fails.clear()
    await asyncio.sleep(10)
    assert outcomes(operator)["done"] == 1
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker


@pytest.mark.looptime
async def test_unreadable_resource_is_logged_and_requeued(
    operator: Operator, cluster: FakeCluster
) -> None:
    cluster.create(voice("odd", task="translate"))
    await operator._resync()
    await worked_off(operator)
    assert outcomes(operator) == {"done": 1, "failed": 1, "refused": 0}
    status = cluster.get(KIND, "odd")["status"]
    assert (status["phase"], status["conditions"][0]["reason"]) == ("Failed", "NotUnderstood")
    assert "task" in status["conditions"][0]["message"]
    cluster.calls.clear()
    for _ in range(3):
        await operator._reconcile(await operator.queue.get())
    assert cluster.calls == [], "the same is not written twice"


@pytest.mark.looptime
async def test_deleted_voice_service_is_not_requeued(
    operator: Operator, cluster: FakeCluster
) -> None:
    await operator._resync()
    await worked_off(operator)
    del cluster.objects[KIND, "speech", "narrator"]
    await operator._resync()
    await worked_off(operator)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(operator.queue.get(), 10_000)


@pytest.mark.looptime
async def test_resync_finds_what_no_event_reported(
    operator: Operator, cluster: FakeCluster
) -> None:
    operator._settings = operator._settings.model_copy(update={"resync_s": 3600.0})
    resyncing = asyncio.create_task(operator._resync_periodically())
    await operator._resync()
    await worked_off(operator)
    del cluster.objects["Deployment", "speech", "narrator"]
    assert await asyncio.wait_for(operator.queue.get(), 301) == KEY
    await operator._reconcile(KEY)
    assert cluster.names("Deployment") == ["narrator"]
    resyncing.cancel()


@pytest.mark.looptime
async def test_failed_resync_is_repeated(
    operator: Operator, cluster: FakeCluster, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.fails["list Pod"] = Unavailable("away")
    resyncing = asyncio.create_task(operator._resync_periodically())
    await asyncio.sleep(301)
    assert "resync failed: away" in caplog.text
    cluster.fails.clear()
    await asyncio.sleep(300)
    assert not resyncing.done()
    assert operator.object_cache.get(DEPLOYMENT, "speech", "narrator") is None
    assert list(operator.object_cache.voice_services()) == [KEY]
    resyncing.cancel()


@pytest.mark.looptime
async def test_optional_kind_is_used_while_the_cluster_knows_it(
    operator: Operator, cluster: FakeCluster
) -> None:
    await operator._discover_kinds()
    await operator._resync()
    await worked_off(operator)
    assert cluster.names("ServiceMonitor") == []
    cluster.optional.add("ServiceMonitor")
    await operator._discover_kinds()
    await worked_off(operator)
    assert cluster.names("ServiceMonitor") == ["narrator"]
    del cluster.objects["ServiceMonitor", "speech", "narrator"]
    await operator._resync()
    await worked_off(operator)
    assert cluster.names("ServiceMonitor") == ["narrator"], "somebody deleted it"
    cluster.optional.clear()
    await operator._discover_kinds()
    cluster.calls.clear()
    await worked_off(operator)
    assert operator.object_cache.all(SERVICE_MONITOR) == []
    assert "delete ServiceMonitor" not in cluster.calls, "it went with its kind"
    await operator._discover_kinds()
    assert len(operator.queue) == 0, "nothing changed"


@pytest.mark.looptime
async def test_scaling_decision_is_counted_and_applied(
    operator: Operator, cluster: FakeCluster
) -> None:
    cluster.change(KIND, "narrator", spec=voice(scaling={"max": 9})["spec"])
    await operator._resync()
    for replicas in (2, 2, 5, 3):
        load = Load(decision=replicas, reason="LoadRose")
        operator._scaled(KEY, ScalingDecision(replicas, replicas, load))
    name = "nemo_voice_operator_scaling_decisions_total"
    counted = [
        operator.metrics.registry.get_sample_value(
            name, {"direction": direction, "reason": "LoadRose"}
        )
        for direction in ("up", "down")
    ]
    assert counted == [1, 1]
    await worked_off(operator)
    assert cluster.get("Deployment", "narrator")["spec"]["replicas"] == 3


@pytest.mark.looptime
async def test_a_leader_works_until_its_events_end(
    operator: Operator, cluster: FakeCluster, events: Events
) -> None:
    cluster.optional.add("ServiceMonitor")
    working = asyncio.create_task(operator.work())
    await asyncio.sleep(60)
    assert operator.metrics.registry.get_sample_value("nemo_voice_operator_leading") == 1
    assert cluster.names("Deployment") == ["narrator"]
    assert cluster.names("ServiceMonitor") == ["narrator"]
    events.may_end.set()
    await asyncio.wait_for(working, 1)


async def test_an_optional_kind_that_the_roles_do_not_cover_yet_stops_nothing(
    operator: Operator, cluster: FakeCluster, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.optional.add("HTTPRoute")
    cluster.fails["list HTTPRoute"] = Forbidden("httproutes is forbidden", status=403)
    cluster.fails["apply HTTPRoute"] = Forbidden("cannot patch resource httproutes", status=403)
    await operator._discover_kinds()
    await operator._resync()
    await worked_off(operator)
    assert "HTTPRoute not listed: httproutes is forbidden" in caplog.text
    assert cluster.names("Deployment") == ["narrator"]


@pytest.mark.looptime
async def test_work_ends_when_the_first_resync_fails(
    operator: Operator, cluster: FakeCluster
) -> None:
    cluster.fails["list Deployment"] = Unavailable("away")
    with pytest.raises(Unavailable):
        await operator.work()
    assert not [call for call in cluster.calls if call.startswith(("apply", "delete"))]


@pytest.mark.looptime
async def test_what_another_operator_manages_is_looked_at_again_and_counted(
    operator: Operator, cluster: FakeCluster
) -> None:
    cluster.change(KIND, "narrator", status={"operator": "other/nemo-voice-operator"})
    cluster.fails["read Lease"] = Refused("leases is forbidden", status=403)
    await operator._resync()
    await worked_off(operator)
    assert cluster.names("Deployment") == []
    name = "nemo_voice_operator_managed_elsewhere"
    assert operator.metrics.registry.get_sample_value(name) == 1
    assert "speech/narrator" in operator._why_not_ready(FakeLeases().lock())
    cluster.fails.clear()
    began_s = asyncio.get_running_loop().time()
    assert await operator.queue.get() == KEY
    assert asyncio.get_running_loop().time() - began_s == pytest.approx(5)


@pytest.mark.looptime
async def test_set_backs_are_counted_by_kind(operator: Operator, cluster: FakeCluster) -> None:
    await operator._resync()
    await worked_off(operator)
    spec = cluster.get("Deployment", "narrator")["spec"]
    cluster.change("Deployment", "narrator", spec={**spec, "replicas": 7})
    await operator._resync()
    await worked_off(operator)
    name = "nemo_voice_operator_set_backs_total"
    assert operator.metrics.registry.get_sample_value(name, {"kind": "Deployment"}) == 1


async def test_a_replica_of_another_release_in_the_namespace_is_not_ready(
    operator: Operator,
) -> None:
    leases = FakeLeases()
    leases.held_by("other")
    assert leases.lease is not None
    leases.lease["metadata"]["ownerReferences"] = [{"kind": "Deployment", "name": "first"}]
    lock = leases.lock(deployment="second")
    await lock.get("nemo-voice-operator", "nemo-voice")
    assert "Deployment first of another release" in operator._why_not_ready(lock)
    assert operator._why_not_ready(leases.lock(deployment="first")) == ""


async def test_liveness_and_readiness_respond_while_waiting_for_the_lead(
    cluster: FakeCluster,
) -> None:
    metrics, health = free_port(), free_port()
    settings = OperatorSettings(metrics_port=metrics, health_port=health, identity="one")
    leases = FakeLeases()
    leases.held_by("other")
    async with aiohttp.ClientSession() as session:
        running = asyncio.create_task(
            Operator(cluster, session, settings, Events()).run(leases.lock())
        )
        await asyncio.sleep(0)
        while not await _answers(session, f"http://127.0.0.1:{health}{LIVE_PATH}"):
            assert not running.done()
        assert await _answers(session, f"http://127.0.0.1:{health}{READY_PATH}")
        async with session.get(f"http://127.0.0.1:{metrics}/metrics") as response:
            assert "nemo_voice_operator_leading 0.0" in await response.text()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert leases.holder == "other"


async def _answers(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as response:
            return response.status == 200
    except aiohttp.ClientConnectionError:
        return False


async def test_first_task_to_end_cancels_the_others_and_its_error_is_raised() -> None:
    ended: list[str] = []

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("the other")

    async def fails() -> None:
        raise LeadershipLost("lost")

    with pytest.raises(LeadershipLost):
        await _until_one_ends(waits(), fails())
    assert ended == ["the other"]
