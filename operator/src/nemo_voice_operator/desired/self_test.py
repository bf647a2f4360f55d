"""The recording of the self-test, as a volume of the serving pods."""

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.pod_parts import SELF_TEST
from nemo_voice_operator.api.service_contract import SELF_TEST_CLIP
from nemo_voice_operator.api.speech import SelfTestClip
from nemo_voice_operator.kube.manifests import Json

_FOLDER, _, _FILE = SELF_TEST_CLIP.rpartition("/")


def self_test_volumes(service: VoiceService) -> list[Json]:
    """Returns the volume with the recording, if the VoiceService names one."""
    clip = _clip_of(service)
    if clip is None:
        return []
    reference = clip.config_map_ref
    items: list[Json] = [{"key": reference.key, "path": _FILE}]
    return [{"name": SELF_TEST, "configMap": {"name": reference.name, "items": items}}]


def self_test_mounts(service: VoiceService) -> list[Json]:
    """Returns where the serving container sees it."""
    if _clip_of(service) is None:
        return []
    return [{"name": SELF_TEST, "mountPath": _FOLDER, "readOnly": True}]


def _clip_of(service: VoiceService) -> SelfTestClip | None:
    return service.spec.self_test.clip if service.spec.self_test else None
