"""Builds the manifests of the objects that a VoiceService owns: one builder for each kind.

The same input gives the same bytes. Owner references and the field manager are added where the
objects are applied.
"""

from collections.abc import Callable

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.desired.cache import cache_claim, cache_job
from nemo_voice_operator.desired.deployment import serving_deployment
from nemo_voice_operator.desired.disruption_budget import serving_budget
from nemo_voice_operator.desired.monitor import serving_monitor
from nemo_voice_operator.desired.network_policy import serving_policy
from nemo_voice_operator.desired.preflight_job import preflight_job
from nemo_voice_operator.desired.routes import grpc_route, http_route
from nemo_voice_operator.desired.service import headless_service, serving_service
from nemo_voice_operator.kube.manifests import Manifest, without_none
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import Plan

_BUILDERS: tuple[Callable[[VoiceService, Plan, OperatorSettings], Manifest | None], ...] = (
    cache_claim,
    cache_job,
    preflight_job,
    serving_service,
    serving_policy,
    serving_deployment,
    serving_budget,
    headless_service,
    serving_monitor,
    http_route,
    grpc_route,
)
"""The builder of each kind, in the order in which their objects are best applied."""


def desired_state(
    service: VoiceService, plan: Plan, settings: OperatorSettings
) -> tuple[Manifest, ...]:
    """Returns every object that should exist, in the order in which they are best applied."""
    built = (build(service, plan, settings) for build in _BUILDERS)
    return tuple(without_none(manifest) for manifest in built if manifest is not None)
