"""The model cache: the claim, and the Job that fills it by the services' own `fetch`.

A Job is shared by every VoiceService that needs the same work in the same claim, so it names none
of them, and its own name is the digest of what it does.
"""

from collections.abc import Sequence

from nemo_voice_operator.api import REFRESH_ANNOTATION, VoiceService
from nemo_voice_operator.api.model_source import Cache
from nemo_voice_operator.api.pod_parts import FETCH
from nemo_voice_operator.api.service_contract import FETCH_ARGUMENTS, PROGRESS_PORT, REFUSED
from nemo_voice_operator.desired.ca_bundle import bundle_mounts, bundle_volumes
from nemo_voice_operator.desired.environment import fetch_environment
from nemo_voice_operator.desired.job_placement import (
    ignored_failures,
    job_affinity,
    job_tolerations,
)
from nemo_voice_operator.desired.job_resources import job_resources
from nemo_voice_operator.desired.names import claim_name, job_name, metadata_of, shared_labels
from nemo_voice_operator.desired.pod import (
    confined_container,
    confined_pod,
    plain,
    pod_metadata,
    volume_mounts,
    volumes,
)
from nemo_voice_operator.kube.labels import CACHE, RETAIN_ANNOTATION
from nemo_voice_operator.kube.manifests import Json, Manifest
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import CacheWork, Plan

_RETRIES = 3
"""New pods after a failure; `fetch` itself retries much longer when the network fails."""
_REFUSAL: Manifest = {
    "action": "FailJob",
    "onExitCodes": {"containerName": FETCH, "operator": "In", "values": [REFUSED]},
}
"""A checkpoint that was refused is not tried again."""


def claim_of(service: VoiceService) -> str:
    """Returns the name of the claim that holds the models."""
    cache = service.spec.cache or Cache()
    return cache.claim_name or claim_name(service)


def place_of(service: VoiceService) -> str:
    """Returns where models are kept: the claim, and the mirror whose name their folders bear."""
    mirror = service.spec.hub.endpoint if service.spec.hub else None
    return f"{claim_of(service)} from {mirror}" if mirror else claim_of(service)


def mounts_on_one_node(service: VoiceService, observed_modes: Sequence[str]) -> bool:
    """Returns whether the claim's pods all have to be on one node.

    Args:
        service: Its spec says the access modes of a claim that is created.
        observed_modes: The access modes of a claim that exists.
    """
    is_named = service.spec.cache is not None and service.spec.cache.claim_name is not None
    return "ReadWriteMany" not in (observed_modes if is_named else _access_modes(service))


def cache_work_name(service: VoiceService, settings: OperatorSettings) -> str:
    """Returns the name of the Job that downloads what the spec asks for."""
    return job_name(job_identity(service, settings))


def job_identity(service: VoiceService, settings: OperatorSettings) -> Manifest:
    """Returns everything that makes one download another than the next.

    All that the pod is made of and what its failures mean, so that equal names mean equal Jobs,
    which cannot be changed.
    """
    claim = claim_of(service)
    return {
        "claim": claim,
        "refresh": service.metadata.annotations.get(REFRESH_ANNOTATION),
        "metadata": _job_metadata(service, claim),
        "pod": _template(service, claim, _fetch_pod(service, settings, claim)),
        "failures": _failure_policy(),
    }


def cache_claim(service: VoiceService, plan: Plan, settings: OperatorSettings) -> Manifest | None:
    """Returns the claim; None for one that somebody else made, and where nothing is cached."""
    if plan.cache is None or not plan.cache.creates_claim:
        return None
    cache = service.spec.cache or Cache()
    metadata = metadata_of(service, plan.cache.claim, CACHE)
    annotations = {
        **(service.spec.object_annotations or {}),
        RETAIN_ANNOTATION: str(cache.retain).lower(),
    }
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {**metadata, "annotations": annotations},
        "spec": {
            "accessModes": _access_modes(service),
            "storageClassName": cache.storage_class_name,
            "resources": {"requests": {"storage": cache.size or settings.cache_size}},
        },
    }


def cache_job(service: VoiceService, plan: Plan, settings: OperatorSettings) -> Manifest | None:
    """Returns the Job; None once its result is recorded, and where nothing is cached."""
    work = plan.cache
    if work is None or not work.wants_job:
        return None
    pod = _placed(_fetch_pod(service, settings, work.claim), service, work)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": work.job,
            "namespace": service.metadata.namespace,
            **_job_metadata(service, work.claim),
        },
        "spec": {
            "backoffLimit": _RETRIES,
            "podFailurePolicy": _failure_policy(),
            "template": _template(service, work.claim, pod),
        },
    }


def _failure_policy() -> Manifest:
    return {"rules": [_REFUSAL, *ignored_failures(FETCH)]}


def _access_modes(service: VoiceService) -> list[Json]:
    modes = service.spec.cache.access_modes if service.spec.cache else None
    return list(modes or ("ReadWriteOnce",))


def _job_metadata(service: VoiceService, claim: str) -> Manifest:
    """Returns labels and annotations of the Job, the same for every VoiceService that shares it."""
    labels = {**(service.spec.object_labels or {}), **shared_labels(service, claim)}
    return {"labels": labels, "annotations": plain(service.spec.object_annotations)}


def _template(service: VoiceService, claim: str, pod: Manifest) -> Manifest:
    return {"metadata": pod_metadata(service, shared_labels(service, claim)), "spec": pod}


def _fetch_pod(service: VoiceService, settings: OperatorSettings, claim: str) -> Manifest:
    return {
        **confined_pod(service, settings),
        # Each failed try stays as a pod, whose status shows why it failed.
        "restartPolicy": "Never",
        "tolerations": job_tolerations(service),
        "affinity": job_affinity(service) or None,
        "containers": [
            {
                **confined_container(service, settings, FETCH),
                "args": list(FETCH_ARGUMENTS),
                "env": fetch_environment(service),
                "ports": [{"name": "progress", "containerPort": PROGRESS_PORT}],
                "resources": job_resources(service),
                "volumeMounts": [
                    *volume_mounts(service, writes_models=True),
                    *bundle_mounts(service),
                ],
            }
        ],
        "volumes": [*volumes(service, claim), *bundle_volumes(service)],
    }


def _placed(pod: Manifest, service: VoiceService, work: CacheWork) -> Manifest:
    if not work.single_node:
        return pod
    return {**pod, "affinity": job_affinity(service, near=work.claim)}
