"""The last good pod template, recorded in a ControllerRevision as Kubernetes' controllers do.

Not one of the objects of `desired_state`: it records what was observed.
"""

from collections.abc import Mapping
from typing import Any

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.desired.names import good_revision_name, metadata_of
from nemo_voice_operator.kube.manifests import Manifest


def good_revision(service: VoiceService, template: Mapping[str, Any]) -> Manifest:
    """Returns the record of a template with which every replica was ready."""
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": metadata_of(service, good_revision_name(service, template)),
        "revision": service.metadata.generation,
        "data": {"template": dict(template)},
    }
