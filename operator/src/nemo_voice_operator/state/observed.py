"""What the cluster holds of one VoiceService at the start of a reconcile."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nemo_voice_operator.api.status import Load
from nemo_voice_operator.kube.objects import Object
from nemo_voice_operator.state.plan import Capabilities


@dataclass(frozen=True, slots=True)
class ScalingDecision:
    """The autoscaler's last decision on one VoiceService."""

    replicas: int
    """How many to ask for now."""
    wanted: int
    """How many the load asks for, whether they can be placed or not."""
    load: Load


@dataclass(frozen=True, slots=True)
class Preflight:
    """A Job that tries a change before a serving pod is replaced for it."""

    job: Object
    pods: tuple[Object, ...] = ()


@dataclass(frozen=True, slots=True)
class Observed:
    """The objects that a VoiceService owns or uses, and the autoscaler's last decision."""

    deployment: Object | None = None
    claim: Object | None = None
    """The claim of the cache, made by the operator or not."""
    job: Object | None = None
    """The cache Job of the work that the spec asks for now."""
    job_pods: tuple[Object, ...] = ()
    preflights: Mapping[str, Preflight] = field(default_factory=dict)
    """This VoiceService's preflight Jobs, by name."""
    pods: tuple[Object, ...] = ()
    """Serving pods, ordered by name."""
    good_template: Mapping[str, Any] | None = None
    """The pod template that last had every replica ready."""
    routes: Mapping[str, Object] = field(default_factory=dict)
    """The Routes of this VoiceService, by the name of their kind."""
    capabilities: Capabilities = field(default_factory=Capabilities)
    scaling_decision: ScalingDecision | None = None
    """None without `scaling`, and before the first decision."""
    events: Mapping[str, tuple[Object, ...]] = field(default_factory=dict)
    """Events of objects that wait or fail for a reason that they do not tell, by their uid."""
