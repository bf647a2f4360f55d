"""Replicas by load: who is decided for, what is told and when, and that no fault spreads."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, cast

import pytest
from typing_extensions import override

from nemo_voice_operator.clients.pod_client import Fault, PodAddress, PodReader, Unread
from nemo_voice_operator.controller.autoscaler import Autoscaler
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.kube.objects import Key
from nemo_voice_operator.state.observed import ScalingDecision
from nemo_voice_operator.state.pod_reports import PodLoad
from support.operator.observations import CREATED, deployment, pod, unschedulable

KEY = Key("speech", "narrator")


class FakeReader:
    """Pods that have the load that a test gives them."""

    def __init__(self) -> None:
        self.loads: dict[str, PodLoad | Unread] = {}
        self.asked: list[list[str]] = []
        self.fails = False

    async def read_loads(self, pods: Sequence[PodAddress]) -> dict[str, PodLoad | Unread]:
        """Returns the loads of these pods."""
        self.asked.append([pod.name for pod in pods])
        if self.fails:
            raise RuntimeError("a fault of the reader")
        nothing = Unread(Fault.UNREACHABLE, "away")
        return {pod.name: self.loads.get(pod.name, nothing) for pod in pods}


class Service:
    """One scaled VoiceService with its pods, and what the autoscaler says of it."""

    def __init__(self) -> None:
        self.object_cache, self.reader = ObjectCache(), FakeReader()
        self.time_s = 1000.0
        self.told: list[tuple[Key, ScalingDecision]] = []
        self.autoscaler = Autoscaler(
            self.object_cache,
            cast("PodReader", self.reader),
            lambda: self.time_s,
            lambda key, scaled: self.told.append((key, scaled)),
        )
        self._versions = 0
        self.put()
        self.deploy(1)

    def put(self, uid: str = "1", **spec: Any) -> None:
        """Makes the VoiceService be so."""
        quick = {"min": 1, "max": 9, "upWindowSeconds": 0, "downWindowSeconds": 0}
        asked = {"task": "tts", "model": {"source": "demo"}, "scaling": quick, **spec}
        told = {name: value for name, value in asked.items() if value is not None}
        self._put("VoiceService", {"spec": told, "metadata": {"name": "narrator", "uid": uid}})

    def deploy(self, replicas: int, *, in_flight: float | None = None) -> None:
        """Asks for so many replicas; with a load, so many ready pods share it."""
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

    async def passed(self, seconds: float = 5.0) -> list[ScalingDecision]:
        """Returns what one pass tells, some time after the last one."""
        self.time_s += seconds
        self.told.clear()
        await self.autoscaler.decide_all()
        assert {key for key, _ in self.told} <= {KEY}
        return [scaled for _, scaled in self.told]


@pytest.fixture
def service() -> Service:
    """A VoiceService of one replica that scales at once."""
    return Service()


async def test_the_load_of_the_ready_pods_decides(service: Service) -> None:
    service.deploy(2, in_flight=40)
    (scaled,) = await service.passed()
    assert (scaled.replicas, scaled.wanted) == (5, 5)
    assert (scaled.load.in_flight, scaled.load.decision, scaled.load.reason) == (40, 5, "LoadRose")
    assert service.reader.asked == [["narrator-0", "narrator-1"]]


async def test_without_a_ready_pod_nobody_is_asked_and_nothing_grows(service: Service) -> None:
    service.object_cache.put(pod())
    (scaled,) = await service.passed()
    assert (scaled.replicas, scaled.load.reason) == (1, "LoadUnknown")
    assert service.reader.asked == []


async def test_a_pod_that_gives_no_load_counts_as_missing(service: Service) -> None:
    service.deploy(2, in_flight=2)
    service.reader.loads["narrator-1"] = Unread(Fault.TIMED_OUT, "late")
    (scaled,) = await service.passed()
    assert (scaled.replicas, scaled.load.reason) == (2, "PodsMissing")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("0/3 nodes are available: 3 Insufficient nvidia.com/gpu.", "NotEnoughGPUs"),
        ("0/3 nodes are available: 3 Insufficient cpu.", "Unschedulable"),
    ],
)
async def test_what_the_scheduler_lacks_is_told(
    service: Service, message: str, reason: str
) -> None:
    service.deploy(1, in_flight=40)
    service.deploy(2)
    service.object_cache.put(unschedulable("narrator-9", message))
    (scaled,) = await service.passed()
    assert (scaled.replicas, scaled.wanted, scaled.load.reason) == (2, 5, reason)


async def test_pods_on_their_way_out_are_not_asked(service: Service) -> None:
    service.deploy(1, in_flight=8)
    service.object_cache.put(pod("narrator-7", ready=True, leaving=True))
    await service.passed()
    assert service.reader.asked == [["narrator-0"]]


async def test_the_same_again_is_not_told_and_a_bit_more_only_after_a_minute(
    service: Service,
) -> None:
    service.deploy(2, in_flight=16)
    assert len(await service.passed()) == 1
    assert await service.passed() == []
    service.deploy(2, in_flight=12.5)
    service.put(scaling={"min": 2, "max": 9, "downWindowSeconds": 0})
    assert await service.passed() == []
    (scaled,) = await service.passed(60)
    assert scaled.load.in_flight == 12.5
    service.deploy(2, in_flight=11.5)
    assert await service.passed(61) == [], "less than a fifth is no news"


async def test_a_change_is_told_at_once_and_until_it_is_there(service: Service) -> None:
    service.deploy(1, in_flight=8)
    await service.passed()
    service.deploy(1, in_flight=16)
    assert [scaled.replicas for scaled in await service.passed()] == [2]
    assert [scaled.replicas for scaled in await service.passed()] == [2]
    service.deploy(2, in_flight=16)
    assert await service.passed() == []


async def test_silence_is_told_at_once_when_it_comes_and_when_it_goes(service: Service) -> None:
    service.deploy(1, in_flight=8)
    await service.passed()
    loads = dict(service.reader.loads)
    service.reader.loads.clear()
    assert [scaled.load.reason for scaled in await service.passed()] == ["LoadUnknown"]
    assert await service.passed() == []
    service.reader.loads = loads
    assert [scaled.load.reason for scaled in await service.passed()] == ["Steady"]


@pytest.mark.parametrize(
    "spec", [{"scaling": None}, {"suspend": True}, {"task": "no such task"}], ids=str
)
async def test_who_does_not_scale_is_not_decided_for(
    service: Service, spec: dict[str, Any]
) -> None:
    service.deploy(1, in_flight=40)
    service.put(**spec)
    assert await service.passed() == []
    assert service.reader.asked == []


async def test_without_a_deployment_there_is_nothing_to_decide() -> None:
    service = Service()
    service.object_cache.remove(deployment())
    assert await service.passed() == []


async def test_a_resource_that_cannot_be_read_does_not_stop_the_others(service: Service) -> None:
    metadata = {"name": "odd", "namespace": "speech", "uid": "odd", "resourceVersion": "1"}
    service.object_cache.put({"kind": "VoiceService", "metadata": metadata, "spec": {"scaling": 1}})
    service.deploy(1, in_flight=40)
    assert [scaled.replicas for scaled in await service.passed()] == [5]


async def test_a_fault_is_logged_and_the_next_pass_goes_on(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    service.deploy(1, in_flight=40)
    service.reader.fails = True
    with caplog.at_level(logging.ERROR):
        assert await service.passed() == []
    assert "a fault of the reader" in caplog.text
    service.reader.fails = False
    assert len(await service.passed()) == 1


async def test_what_was_decided_for_one_that_is_gone_is_forgotten(service: Service) -> None:
    service.deploy(1, in_flight=8)
    assert len(await service.passed()) == 1
    service.put(scaling=None)
    await service.passed()
    service.put()
    assert len(await service.passed()) == 1, "it is told anew"
    service.put(uid="2")
    assert len(await service.passed()) == 1, "another one of the name knows nothing of the first"
    assert await service.passed() == []


@pytest.mark.looptime
async def test_it_decides_every_interval_however_long_a_pass_takes() -> None:
    service = Service()
    loop = asyncio.get_running_loop()
    service.autoscaler.clock = loop.time
    passes: list[float] = []

    class SlowReader(FakeReader):
        @override
        async def read_loads(self, pods: Sequence[PodAddress]) -> dict[str, PodLoad | Unread]:
            passes.append(loop.time())
            await asyncio.sleep(1 if len(passes) < 3 else 9)
            return await super().read_loads(pods)

    service.deploy(1, in_flight=8)
    service.autoscaler.reader = cast("PodReader", SlowReader())
    began_s = loop.time()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(service.autoscaler.run(5.0), 25)
    assert [time_s - began_s for time_s in passes] == pytest.approx([0, 5, 10, 19])
