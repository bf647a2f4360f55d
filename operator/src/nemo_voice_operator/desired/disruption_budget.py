"""How many pods a node drain may take at once."""

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.desired.names import metadata_of, selector_of
from nemo_voice_operator.kube.manifests import Manifest
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import Plan


def serving_budget(service: VoiceService, _plan: Plan, _settings: OperatorSettings) -> Manifest:
    """Returns the budget; by default one pod at a time, so that one replica blocks no drain."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata_of(service),
        "spec": {
            "maxUnavailable": service.spec.disruption_budget.max_unavailable,
            "selector": {"matchLabels": dict(selector_of(service))},
            # A pod that is not ready serves no requests: it must not keep a node from draining.
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }
