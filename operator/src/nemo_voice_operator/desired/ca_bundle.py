"""The certificate authorities of a private mirror, as a volume of the download's pod."""

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.model_source import CaBundle
from nemo_voice_operator.api.pod_parts import CA_BUNDLE
from nemo_voice_operator.api.service_contract import CA_BUNDLE_FILE
from nemo_voice_operator.desired.pod import READABLE_BY_GROUP
from nemo_voice_operator.kube.manifests import Json, Manifest


def bundle_of(service: VoiceService) -> CaBundle | None:
    """Returns where the certificates are, if the spec names some."""
    return service.spec.hub.ca_bundle if service.spec.hub else None


def bundle_volumes(service: VoiceService) -> list[Json]:
    """Returns the volume with the certificates, if the spec names some."""
    bundle = bundle_of(service)
    if bundle is None:
        return []
    _, _, file = CA_BUNDLE_FILE.rpartition("/")
    if (secret := bundle.secret_key_ref) is not None:
        source: Manifest = {"secretName": secret.name, "defaultMode": READABLE_BY_GROUP}
        items: list[Json] = [{"key": secret.key, "path": file}]
        return [{"name": CA_BUNDLE, "secret": {**source, "items": items}}]
    config = bundle.config_map_key_ref
    if config is None:  # the API server refuses that
        return []
    return [
        {
            "name": CA_BUNDLE,
            "configMap": {"name": config.name, "items": [{"key": config.key, "path": file}]},
        }
    ]


def bundle_mounts(service: VoiceService) -> list[Json]:
    """Returns where the download sees them."""
    if bundle_of(service) is None:
        return []
    folder, _, _ = CA_BUNDLE_FILE.rpartition("/")
    return [{"name": CA_BUNDLE, "mountPath": folder, "readOnly": True}]
