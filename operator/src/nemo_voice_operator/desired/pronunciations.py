"""The lists of pronunciations, as a volume of the serving pods."""

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.pod_parts import PRONUNCIATIONS
from nemo_voice_operator.api.service_contract import PRONUNCIATIONS_FOLDER
from nemo_voice_operator.kube.manifests import Json, Manifest


def pronunciation_volumes(service: VoiceService) -> list[Json]:
    """Returns the volume with the lists, if the VoiceService names a ConfigMap."""
    if service.spec.pronunciations is None:
        return []
    reference = service.spec.pronunciations.config_map_ref
    source: Manifest = {"name": reference.name}
    if reference.key is not None:
        # The services skip names that begin with a dot, which a key's may.
        source = {**source, "items": [{"key": reference.key, "path": "pronunciations"}]}
    return [{"name": PRONUNCIATIONS, "configMap": source}]


def pronunciation_mounts(service: VoiceService) -> list[Json]:
    """Returns where the serving container sees them.

    As a whole folder: the kubelet never updates a mount with a `subPath`.
    """
    if service.spec.pronunciations is None:
        return []
    return [{"name": PRONUNCIATIONS, "mountPath": PRONUNCIATIONS_FOLDER, "readOnly": True}]
