"""The objects that a VoiceService owns: one builder for each kind.

The same input gives the same bytes. Owner references and the field manager are added where the
objects are applied.
"""

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.desired.cache import cache_claim, cache_job
from nemo_voice_operator.desired.deployment import serving_deployment
from nemo_voice_operator.desired.disruption_budget import serving_budget
from nemo_voice_operator.desired.monitor import serving_monitor
from nemo_voice_operator.desired.network_policy import serving_policy
from nemo_voice_operator.desired.preflight_job import preflight_job
from nemo_voice_operator.desired.service import serving_service
from nemo_voice_operator.kube.manifests import Json, Manifest, pruned
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import Plan


def desired_state(
    service: VoiceService, plan: Plan, settings: OperatorSettings
) -> tuple[Manifest, ...]:
    """Returns every child that should exist, in the order in which they are best applied."""
    children = (
        cache_claim(service, plan, settings),
        cache_job(service, plan, settings),
        preflight_job(service, plan, settings),
        serving_service(service),
        serving_policy(service, settings),
        serving_deployment(service, plan, settings),
        serving_budget(service),
        serving_monitor(service, plan.capabilities, settings),
    )
    return tuple(_without_none(child) for child in children if child is not None)


def _without_none(child: Manifest) -> Manifest:
    cleaned = pruned(child)
    assert isinstance(cleaned, dict)  # noqa: S101 a mapping stays one
    fields: dict[str, Json] = cleaned
    return fields
