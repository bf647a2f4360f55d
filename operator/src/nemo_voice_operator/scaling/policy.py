"""How many replicas a service should have for its load, decided from readings and history.

`pod_client.py` reads the load, the autoscaler calls this, the reconciler acts on the decision. The
rule is that of Kubernetes' HorizontalPodAutoscaler, with three targets and two windows.
"""

import math
from dataclasses import dataclass

from nemo_voice_operator.scaling.reasons import ScalingReason, counted, sentence
from nemo_voice_operator.state.pod_reports import PodLoad

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class ScalingPolicy:
    """The limits, targets and windows of one service, as its `scaling` sets them."""

    min: int
    """Fewest replicas, at least 1."""
    max: int
    """Most replicas."""
    target_in_flight: float | None = None
    """Requests admitted and unfinished that one replica is meant to hold."""
    target_queue_s: float | None = None
    """Seconds of admitted work that one replica is meant to have before it."""
    target_sessions: float | None = None
    """Live sessions that one replica is meant to hold."""
    up_window_s: float = 15.0
    """A rise counts once every reading for so long has asked for it."""
    down_window_s: float = 300.0
    """A fall counts once no reading for so long has asked for more."""
    tolerance: float = 0.1
    """Load that is off by this part of what the replicas are for changes nothing."""

    def __post_init__(self) -> None:
        """Refuses numbers that no decision can be made from."""
        if not 1 <= self.min <= self.max:
            raise ValueError("Scaling needs 1 <= min <= max.")
        given = (self.target_in_flight, self.target_queue_s, self.target_sessions)
        targets = [target for target in given if target is not None]
        if not targets or min(targets) <= 0:
            raise ValueError("Scaling needs a target, and targets are above 0.")
        if min(self.up_window_s, self.down_window_s, self.tolerance) < 0:
            raise ValueError("Windows and tolerance are not negative.")

    def clamped(self, replicas: int) -> int:
        """Returns the nearest count within the limits."""
        return max(self.min, min(self.max, replicas))


@dataclass(frozen=True, slots=True)
class Observation:
    """What is known of a service's replicas at one time."""

    time_s: float
    """The present, on a clock that never goes back."""
    replicas: int
    """How many are asked for at present: the Deployment's `spec.replicas`."""
    loads: tuple[PodLoad, ...] = ()
    """The pods that gave their load; those being deleted are left out."""
    unschedulable: int = 0
    """Pods that the scheduler finds no place for."""
    gpu_starved: int = 0
    """Those among them that lack a GPU."""

    @property
    def missing(self) -> int:
        """Replicas that should have a load and gave none."""
        return max(0, self.replicas - len(self.loads) - self.unschedulable)

    @property
    def in_flight(self) -> float:
        """Requests in flight, over all pods."""
        return sum(load.in_flight for load in self.loads)

    @property
    def queue_s(self) -> float:
        """Seconds of work that one pod alone would need for what all pods have admitted."""
        return sum(load.queue_s for load in self.loads)

    @property
    def sessions(self) -> float:
        """Live sessions, over all pods."""
        return sum(load.sessions for load in self.loads)


@dataclass(frozen=True, slots=True)
class Mark:
    """A count that the load asked for, and until when it stood."""

    replicas: int
    stood_until_s: float


@dataclass(frozen=True, slots=True)
class ScalingState:
    """What a decision leaves to the next one; empty for a service not seen before.

    Only marks that can still be a window's highest or lowest are kept, so there are at most as many
    as there are counts between the limits, however often a decision is asked for.
    """

    highs: tuple[Mark, ...] = ()
    """Falling: the first is the highest count of the down window."""
    lows: tuple[Mark, ...] = ()
    """Rising: the first is the lowest count of the up window."""
    wanted: int = 0
    """What the last decision wanted, placed or not."""


@dataclass(frozen=True, slots=True)
class Decision:
    """How many replicas to ask for, and why."""

    replicas: int
    """How many to ask for now."""
    previous: int
    """How many were asked for before."""
    wanted: int
    """How many the load asks for, whether they can be placed or not: `desiredReplicas`."""
    reason: ScalingReason
    message: str
    """One sentence for people, with the numbers."""
    in_flight: float
    """Requests in flight, over the pods that gave their load."""
    queue_s: float
    """Seconds of work admitted, over the pods that gave their load."""
    sessions: float
    """Live sessions, over the pods that gave their load."""

    @property
    def is_change(self) -> bool:
        """Whether the replicas change."""
        return self.replicas != self.previous


def scaling_decision(
    policy: ScalingPolicy, observation: Observation, state: ScalingState
) -> tuple[Decision, ScalingState]:
    """Returns how many replicas to ask for, and the state for the next decision.

    With an empty state the present count stands in for the history: nothing grows before the up
    window has passed, nothing shrinks before the down window has.
    """
    current = policy.clamped(observation.replicas)
    asked = _asked(policy, observation, current, missing=observation.missing)
    recommended = policy.clamped(asked)
    now_s = max((observation.time_s, *(mark.stood_until_s for mark in state.highs[-1:])))
    newest = Mark(recommended, now_s)
    highs = _standing(state.highs or (Mark(current, now_s),), now_s, policy.down_window_s)
    highs = (*(mark for mark in highs if mark.replicas > recommended), newest)
    lows = state.lows or (Mark(current, now_s),)
    # Without any reading nothing shrinks, but a rise that is due stays due: it may be overload.
    if observation.loads:
        lows = _standing(lows, now_s, policy.up_window_s)
        lows = (*(mark for mark in lows if mark.replicas < recommended), newest)
    is_held = observation.unschedulable > 0
    base = max(current, state.wanted) if is_held else current
    wanted = policy.clamped(min(max(base, lows[0].replicas), highs[0].replicas))
    replicas = min(wanted, current) if is_held else wanted
    outcome = _Outcome(policy, observation, current, asked, wanted, replicas)
    reason = outcome.reason()
    decision = Decision(
        replicas,
        observation.replicas,
        wanted,
        reason,
        outcome.message(reason),
        observation.in_flight,
        observation.queue_s,
        observation.sessions,
    )
    return decision, ScalingState(highs, lows, wanted)


def _standing(marks: tuple[Mark, ...], now_s: float, window_s: float) -> tuple[Mark, ...]:
    # A count stands until the next reading, so a gap between readings never shortens a window.
    *older, newest = marks
    refreshed = (*older, Mark(newest.replicas, now_s))
    return tuple(mark for mark in refreshed if mark.stood_until_s > now_s - window_s)


def _asked(policy: ScalingPolicy, observation: Observation, current: int, *, missing: int) -> int:
    """Returns the largest count that a target asks for, limits and windows aside."""
    totals = (
        (policy.target_in_flight, observation.in_flight),
        (policy.target_queue_s, observation.queue_s),
        (policy.target_sessions, observation.sessions),
    )
    return max(
        _asked_by(total / target, current, missing=missing, tolerance=policy.tolerance)
        for target, total in totals
        if target is not None
    )


def _asked_by(filled: float, current: int, *, missing: int, tolerance: float) -> int:
    """Returns the count for a load that would fill so many replicas to their target.

    A missing replica counts as idle for growing and as full for shrinking.
    """
    if filled > current * (1 + tolerance):
        return math.ceil(filled - _ROUNDING)
    if filled + missing < current * (1 - tolerance):
        return math.ceil(filled + missing - _ROUNDING)
    return current


@dataclass(frozen=True, slots=True)
class _Outcome:
    """A decision, with all that its reason and message are made of."""

    policy: ScalingPolicy
    observation: Observation
    current: int
    asked: int
    wanted: int
    replicas: int

    def reason(self) -> ScalingReason:
        """Returns the first reason that applies; `Steady` always does."""
        return next(reason for reason, applies in self._reasons() if applies)

    def _reasons(self) -> tuple[tuple[ScalingReason, bool], ...]:
        seen, current, asked = self.observation, self.current, self.asked
        recommended = self.policy.clamped(asked)
        if_idle = _asked(self.policy, seen, current, missing=0)
        return (
            (ScalingReason.OUTSIDE_LIMITS, seen.replicas != current),
            (ScalingReason.LOAD_ROSE, self.replicas > current),
            (ScalingReason.LOAD_FELL, self.replicas < current),
            (ScalingReason.NOT_ENOUGH_GPUS, seen.gpu_starved > 0),
            (ScalingReason.UNSCHEDULABLE, seen.unschedulable > 0),
            (ScalingReason.LOAD_UNKNOWN, not seen.loads),
            (ScalingReason.RISE_TOO_RECENT, recommended > current),
            (ScalingReason.AT_MAXIMUM, asked > current),
            (ScalingReason.FALL_TOO_RECENT, recommended < current),
            (ScalingReason.PODS_MISSING, self.policy.clamped(if_idle) < current),
            (ScalingReason.AT_MINIMUM, asked < current),
            (ScalingReason.STEADY, True),
        )

    def message(self, reason: ScalingReason) -> str:
        """Returns the reason as a sentence."""
        policy, seen = self.policy, self.observation
        return sentence(
            reason,
            load=self._load(),
            asked=self.asked,
            wanted=self.wanted,
            current=counted(self.current),
            replicas=counted(self.replicas),
            observed=counted(seen.replicas),
            missing=seen.missing,
            unschedulable=seen.unschedulable,
            gpu_starved=seen.gpu_starved,
            fewest=policy.min,
            most=policy.max,
            up_window_s=policy.up_window_s,
            down_window_s=policy.down_window_s,
        )

    def _load(self) -> str:
        policy, seen = self.policy, self.observation
        parts = []
        if policy.target_in_flight is not None:
            parts.append(f"{seen.in_flight:g} in flight (target {policy.target_in_flight:g} each)")
        if policy.target_queue_s is not None:
            parts.append(f"{seen.queue_s:.1f} s queued (target {policy.target_queue_s:g} s each)")
        if policy.target_sessions is not None:
            parts.append(f"{seen.sessions:g} live (target {policy.target_sessions:g} each)")
        return ", ".join(parts)
