"""Reads the load of every scaled VoiceService and decides its replicas, every few seconds."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from nemo_voice_operator.api import VoiceService, readable
from nemo_voice_operator.api.scaling import Scaling
from nemo_voice_operator.api.status import Load
from nemo_voice_operator.clients.pod_client import PodReader
from nemo_voice_operator.clients.pod_readiness import address_of
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.kube.kinds import DEPLOYMENT, POD
from nemo_voice_operator.kube.objects import (
    Key,
    Object,
    is_leaving,
    is_ready,
    is_unschedulable,
    why_unscheduled,
)
from nemo_voice_operator.scaling.policy import (
    Decision,
    Observation,
    ScalingPolicy,
    ScalingState,
    scaling_decision,
)
from nemo_voice_operator.scaling.reasons import ScalingReason
from nemo_voice_operator.state.observed import ScalingDecision
from nemo_voice_operator.state.pod_reports import PodLoad

logger = logging.getLogger(__name__)

_REPORT_INTERVAL_S = 60.0
_URGENT = frozenset(
    {ScalingReason.NOT_ENOUGH_GPUS, ScalingReason.UNSCHEDULABLE, ScalingReason.LOAD_UNKNOWN}
)
"""Reasons that are reported at once when they come and when they go."""
_REPORTED_CHANGE = 0.2
"""Relative change of the load that is worth a new status, at most once a minute."""


@dataclass(slots=True)
class _Memory:
    uid: str
    state: ScalingState = field(default_factory=ScalingState)
    reported: Decision | None = None
    reported_s: float = 0.0


@dataclass(slots=True)
class Autoscaler:
    """Decides the replicas of every VoiceService with `scaling`; the reconciler applies them."""

    object_cache: ObjectCache
    reader: PodReader
    clock: Callable[[], float]
    on_decision: Callable[[Key, ScalingDecision], None]
    """Takes each decision that changes something or is worth reporting."""
    is_managed: Callable[[Object], bool]
    """Returns whether the VoiceService is this operator's, and not another one's."""
    _memories: dict[Key, _Memory] = field(default_factory=dict)

    async def run(self, interval_s: float) -> None:
        """Decides for all VoiceServices at an interval, until it is cancelled."""
        while True:
            began_s = self.clock()
            await self.decide_all()
            await asyncio.sleep(max(0.0, interval_s - (self.clock() - began_s)))

    async def decide_all(self) -> None:
        """Decides once for every VoiceService that has `scaling`."""
        scaled = dict(self._scaled())
        for key, memory in list(self._memories.items()):
            # Another VoiceService may have the name already.
            if key not in scaled or scaled[key].metadata.uid != memory.uid:
                del self._memories[key]
        await asyncio.gather(*(self._try(key, service) for key, service in scaled.items()))

    async def _try(self, key: Key, service: VoiceService) -> None:
        """Decides for one VoiceService; its failure does not affect the others."""
        try:
            await self._decide(key, service)
        except Exception:
            logger.exception("scaling decision failed", extra={"voiceservice": str(key)})

    def _scaled(self) -> list[tuple[Key, VoiceService]]:
        found = []
        for key in self.object_cache.voice_services():
            resource = self.object_cache.voice_service(key)
            if resource is None or is_leaving(resource) or "scaling" not in resource["spec"]:
                continue
            if not self.is_managed(resource):
                continue
            service = readable(resource)
            if service is not None and not service.spec.suspend:
                found.append((key, service))
        return found

    async def _decide(self, key: Key, service: VoiceService) -> None:
        scaling = service.spec.scaling
        deployment = self.object_cache.get(DEPLOYMENT, key.namespace, key.name)
        if scaling is None or deployment is None:
            return
        pods = [pod for pod in self.object_cache.of(key, POD) if not is_leaving(pod)]
        serving = [address_of(pod) for pod in pods if is_ready(pod)]
        loads = (await self.reader.read_loads(serving)).values() if serving else ()
        observation = Observation(
            time_s=self.clock(),
            replicas=int(deployment["spec"].get("replicas", 1)),
            loads=tuple(load for load in loads if isinstance(load, PodLoad)),
            unschedulable=sum(map(is_unschedulable, pods)),
            gpu_starved=sum(_lacks(pod, service.spec.gpu.resource_name) for pod in pods),
        )
        memory = self._memories.setdefault(key, _Memory(service.metadata.uid))
        decision, memory.state = scaling_decision(policy_of(scaling), observation, memory.state)
        if self._is_worth_reporting(memory, decision):
            memory.reported, memory.reported_s = decision, self.clock()
            if decision.is_change:
                logger.info("scaling", extra={"voiceservice": str(key), "why": decision.message})
            self.on_decision(
                key, ScalingDecision(decision.replicas, decision.wanted, load_status(decision))
            )

    def _is_worth_reporting(self, memory: _Memory, decision: Decision) -> bool:
        last = memory.reported
        if last is None or decision.is_change or last.replicas != decision.replicas:
            return True
        if last.reason is not decision.reason and _URGENT & {last.reason, decision.reason}:
            return True
        if self.clock() - memory.reported_s < _REPORT_INTERVAL_S:
            return False
        pairs = (
            (last.in_flight, decision.in_flight),
            (last.queue_s, decision.queue_s),
            (last.sessions, decision.sessions),
        )
        return last.reason is not decision.reason or any(
            abs(now - before) > _REPORTED_CHANGE * max(now, before) for before, now in pairs
        )


def policy_of(scaling: Scaling) -> ScalingPolicy:
    """Returns the resource's `scaling` as the decision takes it."""
    return ScalingPolicy(
        min=scaling.min,
        max=scaling.max,
        target_in_flight=scaling.target.in_flight,
        target_queue_s=scaling.target.queue_seconds,
        target_sessions=scaling.target.sessions,
        up_window_s=scaling.up_window_seconds,
        down_window_s=scaling.down_window_seconds,
        tolerance=scaling.tolerance,
    )


def load_status(decision: Decision) -> Load:
    """Returns a decision in the form of the status."""
    return Load(
        in_flight=round(decision.in_flight, 2),
        queue_seconds=round(decision.queue_s, 2),
        sessions=round(decision.sessions, 2),
        decision=decision.replicas,
        reason=decision.reason,
        message=decision.message,
    )


def _lacks(pod: Object, resource: str) -> bool:
    return is_unschedulable(pod) and f"Insufficient {resource}" in why_unscheduled(pod)
