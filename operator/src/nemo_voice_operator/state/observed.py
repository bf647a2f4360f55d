"""What is there now of one VoiceService, and questions that several parts ask of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nemo_voice_operator.api.status import Load
from nemo_voice_operator.kube.objects import Object
from nemo_voice_operator.state.plan import Capabilities
from nemo_voice_operator.state.pod_reports import CacheProgress, PodReadiness


@dataclass(frozen=True, slots=True)
class Scaled:
    """What the scaler decided last of one VoiceService."""

    replicas: int
    """How many to ask for now."""
    wanted: int
    """How many the load asks for, whether they can be placed or not."""
    load: Load


@dataclass(frozen=True, slots=True)
class Preflight:
    """A Job that proves a change before a pod goes for it."""

    job: Object
    pods: tuple[Object, ...] = ()


@dataclass(frozen=True, slots=True)
class Observed:
    """The children of a VoiceService, and what its pods say."""

    deployment: Object | None = None
    claim: Object | None = None
    """The claim of the cache, whoever made it."""
    job: Object | None = None
    """The cache Job of the work that the spec asks for now."""
    job_pods: tuple[Object, ...] = ()
    preflights: Mapping[str, Preflight] = field(default_factory=dict)
    """The Jobs that prove this VoiceService's changes, by name."""
    pods: tuple[Object, ...] = ()
    """Serving pods, ordered by name."""
    good_template: Mapping[str, Any] | None = None
    """The pod template that last had every replica ready."""
    readiness: Mapping[str, PodReadiness] = field(default_factory=dict)
    """What the pods that were asked say, by name."""
    progress: CacheProgress | None = None
    capabilities: Capabilities = field(default_factory=Capabilities)
    refusal: str | None = None
    """What was said when a child was refused."""
    refused_as: str = "ApplyRefused"
    """The same in one word."""
    wanted_replicas: int | None = None
    """What the scaler decided; None where it has no say or has not spoken yet."""
