"""The model cache: the claim, and the Job that fills it by the services' own `fetch`.

A Job is shared by every VoiceService that needs the same work in the same claim, so it names none
of them, and its own name is the digest of what it does.
"""

from collections.abc import Sequence

from nemo_voice_operator.api import REFRESH_ANNOTATION, VoiceService
from nemo_voice_operator.api.model_source import Cache
from nemo_voice_operator.api.service_contract import FETCH_ARGUMENTS, PROGRESS_PORT
from nemo_voice_operator.desired.environment import fetch_environment
from nemo_voice_operator.desired.job_placement import (
    REQUESTS,
    ignored_failures,
    job_affinity,
    job_tolerations,
)
from nemo_voice_operator.desired.names import claim_name, job_name, metadata_of, shared_labels
from nemo_voice_operator.desired.pod import (
    confined_container,
    confined_pod,
    volume_mounts,
    volumes,
)
from nemo_voice_operator.kube.labels import CACHE, RETAIN_ANNOTATION
from nemo_voice_operator.kube.manifests import Json, Manifest
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import CacheWork, Plan

FETCH_CONTAINER = "fetch"
_RETRIES = 3
"""New pods after a failure; `fetch` itself retries much longer when the network fails."""


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

    All that the pod is made of, so that equal names mean equal Jobs, which cannot be changed.
    """
    claim = claim_of(service)
    return {
        "claim": claim,
        "refresh": service.metadata.annotations.get(REFRESH_ANNOTATION),
        "labels": dict(shared_labels(service, claim)),
        "pod": _fetch_pod(service, settings, claim),
    }


def cache_claim(service: VoiceService, plan: Plan, settings: OperatorSettings) -> Manifest | None:
    """Returns the claim; None for one that somebody else made, and where nothing is cached."""
    if plan.cache is None or not plan.cache.creates_claim:
        return None
    cache = service.spec.cache or Cache()
    metadata = metadata_of(service, plan.cache.claim, CACHE)
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {**metadata, "annotations": {RETAIN_ANNOTATION: str(cache.retain).lower()}},
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
    labels: Manifest = dict(shared_labels(service, work.claim))
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": work.job,
            "namespace": service.metadata.namespace,
            "labels": labels,
        },
        "spec": {
            "backoffLimit": _RETRIES,
            "podFailurePolicy": {"rules": ignored_failures(FETCH_CONTAINER)},
            "template": {
                "metadata": {"labels": labels},
                "spec": _placed(_fetch_pod(service, settings, work.claim), service, work),
            },
        },
    }


def _access_modes(service: VoiceService) -> list[Json]:
    modes = service.spec.cache.access_modes if service.spec.cache else None
    return list(modes or ("ReadWriteOnce",))


def _fetch_pod(service: VoiceService, settings: OperatorSettings, claim: str) -> Manifest:
    return {
        **confined_pod(service),
        # Each failed try stays as a pod, whose status shows why it failed.
        "restartPolicy": "Never",
        "tolerations": job_tolerations(service),
        "affinity": job_affinity(service) or None,
        "containers": [
            {
                **confined_container(service, settings, FETCH_CONTAINER),
                "args": list(FETCH_ARGUMENTS),
                "env": fetch_environment(service),
                "ports": [{"name": "progress", "containerPort": PROGRESS_PORT}],
                "resources": {"requests": REQUESTS},
                "volumeMounts": volume_mounts(writes_models=True),
            }
        ],
        "volumes": volumes(claim),
    }


def _placed(pod: Manifest, service: VoiceService, work: CacheWork) -> Manifest:
    if not work.single_node:
        return pod
    return {**pod, "affinity": job_affinity(service, near=work.claim)}
