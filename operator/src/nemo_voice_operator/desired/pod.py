"""The parts that all pods have, whether they serve or download: security, volumes, placement.

Pod Security's "restricted" admits all of them.
"""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.pod_parts import (
    KEYS,
    MODELS,
    SCRATCH,
    ContainerSecurity,
    ExtraContainer,
)
from nemo_voice_operator.api.service_contract import API_KEYS, MODEL_CACHE, USER
from nemo_voice_operator.api.spec import Task
from nemo_voice_operator.desired.names import claim_label
from nemo_voice_operator.kube.labels import CLAIM_LABEL
from nemo_voice_operator.kube.manifests import Json, Manifest
from nemo_voice_operator.settings import OperatorSettings

HOST_TOPOLOGY = "kubernetes.io/hostname"
_SCRATCH_SIZE = "8Gi"
"""Holds sixteen of the largest uploads at once; a pod that writes more is evicted."""
_UNPACKED_DEMO_SIZE = "1Gi"
READABLE_BY_GROUP = 0o440
_LAST_OUTPUT: Manifest = {"terminationMessagePolicy": "FallbackToLogsOnError"}
"""What a container wrote last is the reason that the status gives for its end."""
_DENIED = {"privileged", "allow_privilege_escalation", "run_as_non_root"}
"""What a container's security context may only have as it is without it."""


def pod_metadata(service: VoiceService, labels: Mapping[str, str]) -> Manifest:
    """Returns the metadata of a pod: the spec's labels and annotations, and these labels."""
    return {
        "labels": {**(service.spec.pod_labels or {}), **labels},
        "annotations": plain(service.spec.pod_annotations),
    }


def confined_pod(service: VoiceService, settings: OperatorSettings) -> Manifest:
    """Returns the part of a pod's spec that is the same for every pod of a VoiceService."""
    spec = service.spec
    ids: Manifest = {"runAsUser": USER, "runAsGroup": USER, "fsGroup": USER}
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
            # OpenShift gives each namespace numbers of its own and refuses all others.
            **(ids if settings.fixed_user else {}),
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "initContainers": _extra_containers(service),
    }


def confined_container(service: VoiceService, settings: OperatorSettings, name: str) -> Manifest:
    """Returns the part of a container that is the same for every container of ours."""
    spec = service.spec
    default = settings.image_tts if spec.task is Task.TTS else settings.image_stt
    return {
        "name": name,
        "image": spec.image or default,
        "imagePullPolicy": spec.image_pull_policy or settings.image_pull_policy,
        "securityContext": {**_confinement(None), "readOnlyRootFilesystem": True},
        **_LAST_OUTPUT,
    }


def _extra_containers(service: VoiceService) -> Json:
    """Returns the spec's init containers and sidecars, confined like ours.

    A sidecar is an init container that is always restarted: a Job does not wait for its end.
    """
    first = map(_confined, service.spec.init_containers or ())
    beside = map(_confined, service.spec.sidecars or ())
    return [*first, *({**one, "restartPolicy": "Always"} for one in beside)] or None


def _confined(container: ExtraContainer) -> Manifest:
    return {
        **_LAST_OUTPUT,
        **container.model_dump(by_alias=True, exclude_none=True),
        "securityContext": _confinement(container.security_context),
    }


def _confinement(given: ContainerSecurity | None) -> Manifest:
    """Returns a security context that Pod Security's "restricted" admits.

    Whatever is given: of a spec that was stored under another definition no rule may be checked.
    """
    theirs = given.model_dump(by_alias=True, exclude_none=True, exclude=_DENIED) if given else {}
    return {
        **theirs,
        "allowPrivilegeEscalation": False,
        "capabilities": {**theirs.get("capabilities", {}), "drop": ["ALL"]},
    }


def _listed(parts: Sequence[BaseModel] | None) -> list[Manifest]:
    return [part.model_dump(by_alias=True, exclude_none=True) for part in parts or ()]


def volumes(service: VoiceService, claim: str | None) -> list[Json]:
    """Returns a pod's volumes: ours, then the spec's.

    Without a claim the demo models are unpacked into a volume of the pod's own.
    """
    models: Manifest = (
        {"persistentVolumeClaim": {"claimName": claim}}
        if claim
        else {"emptyDir": {"sizeLimit": _UNPACKED_DEMO_SIZE}}
    )
    return [
        {"name": SCRATCH, "emptyDir": {"sizeLimit": _SCRATCH_SIZE}},
        {"name": MODELS, **models},
        *_listed(service.spec.volumes),
    ]


def volume_mounts(service: VoiceService, *, writes_models: bool) -> list[Json]:
    """Returns where our container sees these volumes."""
    return [
        {"name": SCRATCH, "mountPath": "/tmp"},  # noqa: S108 an emptyDir of the pod's own
        {
            "name": MODELS,
            "mountPath": MODEL_CACHE,
            "readOnly": None if writes_models else True,
        },
        *_listed(service.spec.volume_mounts),
    ]


def key_volumes(service: VoiceService) -> list[Json]:
    """Returns the volume with the API keys, if the VoiceService names a Secret."""
    if service.spec.auth is None:
        return []
    reference = service.spec.auth.keys_secret_ref
    secret: Manifest = {"secretName": reference.name, "defaultMode": READABLE_BY_GROUP}
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
