"""The parts that all pods have, whether they serve or download: security, volumes, placement.

Pod Security's "restricted" admits all of them.
"""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.service_contract import API_KEYS, MODEL_CACHE, USER
from nemo_voice_operator.api.spec import Task
from nemo_voice_operator.desired.names import claim_label
from nemo_voice_operator.kube.labels import CLAIM_LABEL
from nemo_voice_operator.kube.manifests import Json, Manifest
from nemo_voice_operator.settings import OperatorSettings

HOST_TOPOLOGY = "kubernetes.io/hostname"
SCRATCH, MODELS, KEYS = "scratch", "models", "keys"
"""The volumes of a pod: what it may write, the model cache, and the API keys if there are any."""
_SCRATCH_SIZE = "8Gi"
"""Holds sixteen of the largest uploads at once; a pod that writes more is evicted."""
_UNPACKED_DEMO_SIZE = "1Gi"
_READABLE_BY_GROUP = 0o440


def confined_pod(service: VoiceService) -> Manifest:
    """Returns the part of a pod's spec that is the same for every pod of a VoiceService."""
    spec = service.spec
    return {
        "automountServiceAccountToken": False,
        # A Service called nemo-voice would otherwise set NEMO_VOICE_PORT.
        "enableServiceLinks": False,
        "serviceAccountName": spec.service_account_name,
        "imagePullSecrets": plain(spec.image_pull_secrets),
        "priorityClassName": spec.priority_class_name,
        "nodeSelector": plain(spec.node_selector),
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }


def confined_container(service: VoiceService, settings: OperatorSettings, name: str) -> Manifest:
    """Returns the part of a container that is the same for every container of ours."""
    spec = service.spec
    default = settings.image_tts if spec.task is Task.TTS else settings.image_stt
    return {
        "name": name,
        "image": spec.image or default,
        "imagePullPolicy": spec.image_pull_policy or settings.image_pull_policy,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        # What a container wrote last is the reason that the status gives for its end.
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }


def volumes(claim: str | None) -> list[Json]:
    """Returns a pod's volumes. Without a claim the demo models are unpacked into one of its own."""
    models: Manifest = (
        {"persistentVolumeClaim": {"claimName": claim}}
        if claim
        else {"emptyDir": {"sizeLimit": _UNPACKED_DEMO_SIZE}}
    )
    return [
        {"name": SCRATCH, "emptyDir": {"sizeLimit": _SCRATCH_SIZE}},
        {"name": MODELS, **models},
    ]


def volume_mounts(*, writes_models: bool) -> list[Json]:
    """Returns where a container sees the pod's volumes."""
    return [
        {"name": SCRATCH, "mountPath": "/tmp"},  # noqa: S108 an emptyDir of the pod's own
        {
            "name": MODELS,
            "mountPath": MODEL_CACHE,
            "readOnly": None if writes_models else True,
        },
    ]


def key_volumes(service: VoiceService) -> list[Json]:
    """Returns the volume with the API keys, if the VoiceService names a Secret."""
    if service.spec.auth is None:
        return []
    reference = service.spec.auth.keys_secret_ref
    secret: Manifest = {"secretName": reference.name, "defaultMode": _READABLE_BY_GROUP}
    if reference.key is not None:
        # The services skip names that begin with a dot, which a key's may.
        secret = {**secret, "items": [{"key": reference.key, "path": "keys"}]}
    return [{"name": KEYS, "secret": secret}]


def key_mounts(service: VoiceService) -> list[Json]:
    """Returns where the serving container sees them.

    As a whole folder: the kubelet never updates a mount with a `subPath`.
    """
    if service.spec.auth is None:
        return []
    return [{"name": KEYS, "mountPath": API_KEYS, "readOnly": True}]


def near_claim(affinity: Manifest, claim: str) -> Manifest:
    """Returns the affinity, and that all pods of the claim be on one node.

    The first pod of a claim may go anywhere: Kubernetes lets a pod satisfy its own term.
    """
    term: Json = {
        "topologyKey": HOST_TOPOLOGY,
        "labelSelector": {"matchLabels": {CLAIM_LABEL: claim_label(claim)}},
    }
    return with_term(
        affinity, "podAffinity", "requiredDuringSchedulingIgnoredDuringExecution", term
    )


def with_term(affinity: Manifest, kind: str, rule: str, term: Json) -> Manifest:
    """Returns the affinity with one more term; what the user wrote stays as it is."""
    section = affinity.get(kind)
    known = dict(section) if isinstance(section, Mapping) else {}
    terms = known.get(rule)
    listed = terms if isinstance(terms, Sequence) and not isinstance(terms, str) else ()
    return {**affinity, kind: {**known, rule: [*listed, term]}}


def plain(value: object) -> Json:
    """Returns a part of the resource as the API writes it; what is empty is left out."""
    if not value:
        return None
    if isinstance(value, BaseModel):
        dumped: Manifest = value.model_dump(by_alias=True, exclude_none=True)
        return dumped
    if isinstance(value, list):
        return [plain(one) for one in value]
    assert isinstance(value, str | int | float | Mapping)  # noqa: S101 all that a spec holds
    return value
