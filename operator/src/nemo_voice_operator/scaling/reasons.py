"""Why a service has the replicas it has: the reasons, and the sentence of each.

`policy.py` chooses the reason; status, Events and metrics carry it. Each has its place in
`docs/scaling.md`.
"""

from enum import StrEnum


class ScalingReason(StrEnum):
    """Why the replicas are what they are: a closed set of reasons."""

    LOAD_ROSE = "LoadRose"
    LOAD_FELL = "LoadFell"
    STEADY = "Steady"
    RISE_TOO_RECENT = "RiseTooRecent"
    FALL_TOO_RECENT = "FallTooRecent"
    AT_MAXIMUM = "AtMaximum"
    AT_MINIMUM = "AtMinimum"
    OUTSIDE_LIMITS = "OutsideLimits"
    LOAD_UNKNOWN = "LoadUnknown"
    PODS_MISSING = "PodsMissing"
    NOT_ENOUGH_GPUS = "NotEnoughGPUs"
    UNSCHEDULABLE = "Unschedulable"


def sentence(reason: ScalingReason, **numbers: object) -> str:
    """Returns the reason as a sentence for people, with the numbers in it."""
    return _SENTENCES[reason].format(**numbers)


def counted(replicas: int) -> str:
    """Returns the count with its noun."""
    return f"{replicas} replica" if replicas == 1 else f"{replicas} replicas"


_SENTENCES = {
    ScalingReason.LOAD_ROSE: (
        "The load asked for more for {up_window_s:g} s, now {load}: "
        "{replicas} instead of {current}."
    ),
    ScalingReason.LOAD_FELL: (
        "The load asked for less for {down_window_s:g} s, now {load}: "
        "{replicas} instead of {current}."
    ),
    ScalingReason.STEADY: "{load}: right for {current}.",
    ScalingReason.RISE_TOO_RECENT: (
        "{load} ask for {asked}; kept at {current} until that has held for {up_window_s:g} s."
    ),
    ScalingReason.FALL_TOO_RECENT: (
        "{load} ask for {asked}; kept at {current} until that has held for {down_window_s:g} s."
    ),
    ScalingReason.AT_MAXIMUM: "{load} ask for {asked}; the maximum is {most}.",
    ScalingReason.AT_MINIMUM: "{load} ask for {asked}; the minimum is {fewest}.",
    ScalingReason.OUTSIDE_LIMITS: (
        "There were {observed}, outside {fewest} to {most}: {replicas} from now on."
    ),
    ScalingReason.LOAD_UNKNOWN: "No pod gave its load: kept at {current}.",
    ScalingReason.PODS_MISSING: (
        "{missing} of {observed} gave no load and may be full; the others have {load}: "
        "kept at {current}."
    ),
    ScalingReason.NOT_ENOUGH_GPUS: (
        "{gpu_starved} of {observed} found no free GPU. The load asks for {wanted}; "
        "no more are asked for until all have their place."
    ),
    ScalingReason.UNSCHEDULABLE: (
        "{unschedulable} of {observed} found no node. The load asks for {wanted}; "
        "no more are asked for until all have their place."
    ),
}
