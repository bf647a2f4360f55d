"""The Job that proves a changed pod before it takes the place of one that serves. Pure.

Where no GPU is spare, the old pod goes first. A pod without a GPU shows before that the image can
be had and starts, that it takes the settings, and that it can load the model out of the claim. What
only a GPU shows is left to the rollback.
"""

from collections.abc import Mapping
from typing import Any

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.service_contract import CHECK_ARGUMENTS
from nemo_voice_operator.desired.deployment import PULL_S
from nemo_voice_operator.desired.environment import serving_environment
from nemo_voice_operator.desired.job_placement import (
    PREFERRED,
    REQUESTS,
    ignored_failures,
    job_affinity,
    job_tolerations,
)
from nemo_voice_operator.desired.names import claim_label, metadata_of, preflight_name, selector_of
from nemo_voice_operator.desired.pod import (
    HOST_TOPOLOGY,
    confined_container,
    confined_pod,
    key_mounts,
    key_volumes,
    volume_mounts,
    volumes,
    with_term,
)
from nemo_voice_operator.kube.labels import CLAIM_LABEL, COMPONENT_LABEL, MANAGED_BY, PREFLIGHT
from nemo_voice_operator.kube.manifests import Json, Manifest
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import Plan

CHECK_CONTAINER = "check"


def preflight_work_name(service: VoiceService, plan: Plan, settings: OperatorSettings) -> str:
    """Returns the name of the Job that proves what the spec asks for."""
    return preflight_name(service, _template(service, plan, settings))


def is_preflight(job: Mapping[str, Any]) -> bool:
    """Returns whether a Job proves a change; any other of ours brings a model."""
    labels = job["metadata"].get("labels") or {}
    return bool(labels.get(COMPONENT_LABEL) == PREFLIGHT)


def preflight_job(service: VoiceService, plan: Plan, settings: OperatorSettings) -> Manifest | None:
    """Returns the Job; None while nothing has to be proven."""
    if plan.preflight is None:
        return None
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata_of(service, plan.preflight, PREFLIGHT),
        "spec": {
            # What fails is tried anew by another Job, later.
            "backoffLimit": 0,
            # A Secret or a volume that cannot be mounted keeps a pod for ever, without a word.
            "activeDeadlineSeconds": service.spec.warmup.timeout_seconds + PULL_S,
            "podFailurePolicy": {"rules": ignored_failures(CHECK_CONTAINER)},
            "template": _template(service, plan, settings),
        },
    }


def _template(service: VoiceService, plan: Plan, settings: OperatorSettings) -> Manifest:
    claim = plan.cache.claim if plan.cache else None
    mount_label = {CLAIM_LABEL: claim_label(claim)} if claim else {}
    return {
        # Without the VoiceService's own label: it is none of the pods that serve.
        "metadata": {"labels": {COMPONENT_LABEL: PREFLIGHT, **mount_label, **MANAGED_BY}},
        "spec": {
            **confined_pod(service),
            "restartPolicy": "Never",
            "tolerations": job_tolerations(service),
            "affinity": _affinity(service, plan),
            "containers": [_container(service, plan, settings)],
            "volumes": [*volumes(claim), *key_volumes(service)],
        },
    }


def _container(service: VoiceService, plan: Plan, settings: OperatorSettings) -> Manifest:
    has_claim = plan.cache is not None
    return {
        **confined_container(service, settings, CHECK_CONTAINER),
        "args": list(CHECK_ARGUMENTS),
        # The very same: a variable that the image does not know is found before it is too late.
        "env": serving_environment(service, plan),
        "resources": {"requests": REQUESTS},
        "volumeMounts": [*volume_mounts(writes_models=not has_claim), *key_mounts(service)],
    }


def _affinity(service: VoiceService, plan: Plan) -> Manifest:
    """Returns the affinity, and the wish for the node of a pod that serves.

    The GPU that it frees is there, and so the next one finds its image there.
    """
    near = plan.cache.claim if plan.cache and plan.cache.single_node else None
    beside: Json = {
        "weight": 100,
        "podAffinityTerm": {
            "topologyKey": HOST_TOPOLOGY,
            "labelSelector": {"matchLabels": dict(selector_of(service))},
        },
    }
    return with_term(job_affinity(service, near=near), "podAffinity", PREFERRED, beside)
