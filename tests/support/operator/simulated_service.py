"""A simulated voice service whose replicas follow `scaling_decision`: requests in, decisions out.

Not a recording of real pods: arrivals are random around an offered load, each pod works on a fixed
number of requests at once, new pods take their time. Same seed, same run.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from nemo_voice_operator.scaling.policy import (
    Decision,
    Observation,
    ScalingPolicy,
    ScalingState,
    scaling_decision,
)
from nemo_voice_operator.state.pod_reports import PodLoad

INTERVAL_S = 5
_STEP_S = 0.5
_READINGS_STEPS = int(INTERVAL_S / _STEP_S)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the simulated pods are like, and what befalls them."""

    at_once: int = 8
    """Requests that one pod works on at the same time; others wait."""
    work_s: float = 2.0
    """Mean seconds of work of a request."""
    room: int = 64
    """Requests that one pod admits; it refuses more."""
    start_s: float = 40.0
    """Seconds from a pod's creation to its first response."""
    gpus: int = 1000
    """Pods that find a place."""
    silence: float = 0.0
    """How often a pod's load is not read in time."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One reading and what was decided on it."""

    time_s: float
    ready: int
    decision: Decision


@dataclass(slots=True)
class _Pod:
    ready_s: float | None
    """When it is ready; None while it is unschedulable."""
    work: list[float] = field(default_factory=list)

    def is_ready(self, now_s: float) -> bool:
        return self.ready_s is not None and self.ready_s <= now_s

    def pass_time(self, at_once: int) -> None:
        begun = [left - _STEP_S for left in self.work[:at_once]]
        self.work = [left for left in begun if left > 0] + self.work[at_once:]

    def load(self, at_once: int) -> PodLoad:
        return PodLoad(len(self.work), sum(self.work) / at_once)


def offered_load(series: Path) -> list[tuple[float, float]]:
    """Returns the corners of a series: seconds, and requests per second from there to the next."""
    lines = [line.split("#")[0].split() for line in series.read_text().splitlines()]
    return [(float(line[0]), float(line[1])) for line in lines if line]


def simulated_run(
    policy: ScalingPolicy,
    corners: list[tuple[float, float]],
    conditions: Conditions,
    *,
    seed: int,
    replicas: int = 1,
) -> list[Moment]:
    """Returns every decision from the series' first second to its last."""
    random = np.random.default_rng(seed)
    pods = [_Pod(ready_s=0.0) for _ in range(replicas)]
    state = ScalingState()
    moments: list[Moment] = []
    for step in range(int(corners[-1][0] / _STEP_S)):
        now_s = step * _STEP_S
        ready = [pod for pod in pods if pod.is_ready(now_s)]
        for _ in range(random.poisson(_offered(corners, now_s) * _STEP_S)):
            queue = ready[random.integers(len(ready))].work if ready else []
            if len(queue) < conditions.room:
                queue.append(random.exponential(conditions.work_s))
        for pod in pods:
            pod.pass_time(conditions.at_once)
        if step % _READINGS_STEPS == 0:
            observation = _observed(pods, now_s, conditions, random)
            decision, state = scaling_decision(policy, observation, state)
            moments.append(Moment(now_s, len(ready), decision))
            _follow(pods, decision.replicas, now_s, conditions)
    return moments


def _offered(corners: list[tuple[float, float]], now_s: float) -> float:
    for (from_s, rate), (to_s, next_rate) in pairwise(corners):
        if from_s <= now_s < to_s:
            return rate + (next_rate - rate) * (now_s - from_s) / (to_s - from_s)
    return 0.0


def _observed(
    pods: list[_Pod], now_s: float, conditions: Conditions, random: np.random.Generator
) -> Observation:
    read = [
        pod.load(conditions.at_once)
        for pod in pods
        if pod.is_ready(now_s) and random.random() >= conditions.silence
    ]
    placeless = sum(pod.ready_s is None for pod in pods)
    return Observation(now_s, len(pods), tuple(read), placeless, placeless)


def _follow(pods: list[_Pod], replicas: int, now_s: float, conditions: Conditions) -> None:
    # Kubernetes takes pods away in this order too: without a place, not ready, then the youngest.
    pods.sort(key=lambda pod: float("inf") if pod.ready_s is None else pod.ready_s)
    del pods[replicas:]
    while len(pods) < replicas:
        pods.append(_Pod(None))
    placed = sum(pod.ready_s is not None for pod in pods)
    for pod in pods[placed : conditions.gpus]:
        pod.ready_s = now_s + conditions.start_s
