"""The autoscaler: whose replicas it decides, what it reports, and that faults stay apart."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, cast

import pytest
from typing_extensions import override

from nemo_voice_operator.api.status import manager_of
from nemo_voice_operator.clients.pod_client import Fault, PodAddress, PodReader, Unread
from nemo_voice_operator.controller.autoscaler import Autoscaler
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.kube.objects import Key
from nemo_voice_operator.state.observed import ScalingDecision
from nemo_voice_operator.state.pod_reports import PodLoad
from support.operator.observations import CREATED, deployment, pod, unschedulable

KEY = Key("speech", "narrator")
OTHER = "other/nemo-voice-operator"


class FakeReader:
    """Pods that have the load that a test gives them."""

    def __init__(self) -> None:
        self.loads: dict[str, PodLoad | Unread] = {}
        self.read_pods: list[list[str]] = []
        self.fails = False

    async def read_loads(self, pods: Sequence[PodAddress]) -> dict[str, PodLoad | Unread]:
        """Returns the loads of these pods."""
        self.read_pods.append([pod.name for pod in pods])
        if self.fails:
            raise RuntimeError("a fault of the reader")
        nothing = Unread(Fault.UNREACHABLE, "away")
        return {pod.name: self.loads.get(pod.name, nothing) for pod in pods}


class Service:
    """One scaled VoiceService with its pods, and what the autoscaler decides."""

    def __init__(self) -> None:
        self.object_cache, self.reader = ObjectCache(), FakeReader()
        self.time_s = 1000.0
        self.reported: list[tuple[Key, ScalingDecision]] = []
        self.autoscaler = Autoscaler(
            self.object_cache,
            cast("PodReader", self.reader),
            lambda: self.time_s,
            lambda key, scaled: self.reported.append((key, scaled)),
            lambda resource: manager_of(resource) != OTHER,
        )
        self._versions = 0
        self.put()
        self.deploy(1)

    def put(self, uid: str = "1", operator: str = "", **spec: Any) -> None:
        """Creates or replaces the VoiceService, which an operator may have claimed."""
        quick = {"min": 1, "max": 9, "upWindowSeconds": 0, "downWindowSeconds": 0}
        fields = {"task": "tts", "model": {"source": "demo"}, "scaling": quick, **spec}
        reported = {name: value for name, value in fields.items() if value is not None}
        metadata = {"name": "narrator", "uid": uid}
        resource = {"spec": reported, "metadata": metadata, "status": {"operator": operator}}
        self._put("VoiceService", resource)

    def deploy(self, replicas: int, *, in_flight: float | None = None) -> None:
        """Sets the replicas of the Deployment; with a load, that many ready pods share it."""
        self._put("Deployment", deployment(replicas))
        if in_flight is not None:
            for number in range(replicas):
                name = f"narrator-{number}"
                self._put("Pod", pod(name, ready=True, podIP="10.0.0.1"))
                self.reader.loads[name] = PodLoad(in_flight / replicas, 0)

    def _put(self, kind: str, thing: dict[str, Any]) -> None:
        self._versions += 1
        metadata = {
            "namespace": "speech",
            "creationTimestamp": CREATED,
            **thing["metadata"],
            "resourceVersion": str(self._versions),
        }
        self.object_cache.put({**thing, "kind": kind, "metadata": metadata})

    async def decided(self, seconds: float = 5.0) -> list[ScalingDecision]:
        """Returns what one round reports, some time after the last one."""
        self.time_s += seconds
        self.reported.clear()
        await self.autoscaler.decide_all()
        assert {key for key, _ in self.reported} <= {KEY}
        return [scaled for _, scaled in self.reported]


@pytest.fixture
def service() -> Service:
    """A VoiceService of one replica that scales at once."""
    return Service()


async def test_load_of_the_ready_pods_decides_the_replicas(service: Service) -> None:
    service.deploy(2, in_flight=40)
    (scaled,) = await service.decided()
    assert (scaled.replicas, scaled.wanted) == (5, 5)
    assert (scaled.load.in_flight, scaled.load.decision, scaled.load.reason) == (40, 5, "LoadRose")
    assert service.reader.read_pods == [["narrator-0", "narrator-1"]]


async def test_a_voice_service_of_another_operator_is_not_scaled(service: Service) -> None:
    service.deploy(2, in_flight=40)
    service.put(operator=OTHER)
    assert await service.decided() == []
    assert service.reader.read_pods == []
    service.put()
    assert [scaled.replicas for scaled in await service.decided()] == [5]


async def test_live_sessions_decide_and_are_reported(service: Service) -> None:
    service.put(scaling={"min": 1, "max": 9, "target": {"sessions": 10}, "upWindowSeconds": 0})
    service.deploy(2, in_flight=0)
    for name in ("narrator-0", "narrator-1"):
        service.reader.loads[name] = PodLoad(0, 0, 25)
    (scaled,) = await service.decided()
    assert (scaled.replicas, scaled.load.sessions, scaled.load.reason) == (5, 50, "LoadRose")


async def test_without_a_ready_pod_no_load_is_read_and_nothing_grows(service: Service) -> None:
    service.object_cache.put(pod())
    (scaled,) = await service.decided()
    assert (scaled.replicas, scaled.load.reason) == (1, "LoadUnknown")
    assert service.reader.read_pods == []


async def test_pod_without_a_load_counts_as_missing(service: Service) -> None:
    service.deploy(2, in_flight=2)
    service.reader.loads["narrator-1"] = Unread(Fault.TIMED_OUT, "late")
    (scaled,) = await service.decided()
    assert (scaled.replicas, scaled.load.reason) == (2, "PodsMissing")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("0/3 nodes are available: 3 Insufficient nvidia.com/gpu.", "NotEnoughGPUs"),
        ("0/3 nodes are available: 3 Insufficient cpu.", "Unschedulable"),
    ],
)
async def test_lacking_resource_of_the_scheduler_is_the_reason(
    service: Service, message: str, reason: str
) -> None:
    service.deploy(1, in_flight=40)
    service.deploy(2)
    service.object_cache.put(unschedulable("narrator-9", message))
    (scaled,) = await service.decided()
    assert (scaled.replicas, scaled.wanted, scaled.load.reason) == (2, 5, reason)


async def test_terminating_pods_are_not_read(service: Service) -> None:
    service.deploy(1, in_flight=8)
    service.object_cache.put(pod("narrator-7", ready=True, leaving=True))
    await service.decided()
    assert service.reader.read_pods == [["narrator-0"]]


async def test_small_changes_are_reported_after_a_minute_only(
    service: Service,
) -> None:
    service.deploy(2, in_flight=16)
    assert len(await service.decided()) == 1
    assert await service.decided() == []
    service.deploy(2, in_flight=12.5)
    service.put(scaling={"min": 2, "max": 9, "downWindowSeconds": 0})
    assert await service.decided() == []
    (scaled,) = await service.decided(60)
    assert scaled.load.in_flight == 12.5
    service.deploy(2, in_flight=11.5)
    assert await service.decided(61) == [], "less than a fifth is not reported"


async def test_changed_replicas_are_reported_until_they_are_applied(service: Service) -> None:
    service.deploy(1, in_flight=8)
    await service.decided()
    service.deploy(1, in_flight=16)
    assert [scaled.replicas for scaled in await service.decided()] == [2]
    assert [scaled.replicas for scaled in await service.decided()] == [2]
    service.deploy(2, in_flight=16)
    assert await service.decided() == []


async def test_unknown_load_is_reported_at_once_when_it_begins_and_ends(service: Service) -> None:
    service.deploy(1, in_flight=8)
    await service.decided()
    loads = dict(service.reader.loads)
    service.reader.loads.clear()
    assert [scaled.load.reason for scaled in await service.decided()] == ["LoadUnknown"]
    assert await service.decided() == []
    service.reader.loads = loads
    assert [scaled.load.reason for scaled in await service.decided()] == ["Steady"]


@pytest.mark.parametrize(
    "spec", [{"scaling": None}, {"suspend": True}, {"task": "no such task"}], ids=str
)
async def test_voice_service_without_scaling_has_no_decision(
    service: Service, spec: dict[str, Any]
) -> None:
    service.deploy(1, in_flight=40)
    service.put(**spec)
    assert await service.decided() == []
    assert service.reader.read_pods == []


async def test_without_a_deployment_there_is_nothing_to_decide() -> None:
    service = Service()
    service.object_cache.remove(deployment())
    assert await service.decided() == []


async def test_a_resource_that_cannot_be_read_does_not_stop_the_others(service: Service) -> None:
    metadata = {"name": "odd", "namespace": "speech", "uid": "odd", "resourceVersion": "1"}
    service.object_cache.put({"kind": "VoiceService", "metadata": metadata, "spec": {"scaling": 1}})
    service.deploy(1, in_flight=40)
    assert [scaled.replicas for scaled in await service.decided()] == [5]


async def test_failed_decision_is_logged_and_the_next_round_runs(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    service.deploy(1, in_flight=40)
    service.reader.fails = True
    with caplog.at_level(logging.ERROR):
        assert await service.decided() == []
    assert "a fault of the reader" in caplog.text
    service.reader.fails = False
    assert len(await service.decided()) == 1


async def test_state_of_a_deleted_voice_service_is_forgotten(service: Service) -> None:
    service.deploy(1, in_flight=8)
    assert len(await service.decided()) == 1
    service.put(scaling=None)
    await service.decided()
    service.put()
    assert len(await service.decided()) == 1, "it is reported again"
    service.put(uid="2")
    assert len(await service.decided()) == 1, (
        "another one of the name begins without the state of the first"
    )
    assert await service.decided() == []


@pytest.mark.looptime
async def test_interval_includes_the_time_of_the_decisions() -> None:
    service = Service()
    loop = asyncio.get_running_loop()
    service.autoscaler.clock = loop.time
    rounds: list[float] = []

    class SlowReader(FakeReader):
        @override
        async def read_loads(self, pods: Sequence[PodAddress]) -> dict[str, PodLoad | Unread]:
            rounds.append(loop.time())
            await asyncio.sleep(1 if len(rounds) < 3 else 9)
            return await super().read_loads(pods)

    service.deploy(1, in_flight=8)
    service.autoscaler.reader = cast("PodReader", SlowReader())
    began_s = loop.time()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(service.autoscaler.run(5.0), 25)
    assert [time_s - began_s for time_s in rounds] == pytest.approx([0, 5, 10, 19])
