"""The preflight Job: tries a changed pod, without a GPU, before a serving pod is replaced.

Where no GPU is spare, the old pod is deleted first. The preflight shows before that the image can
be pulled and starts, that it accepts the settings, and that it can load the model from the claim.
What only a GPU shows is left to the rollback.
"""

from collections.abc import Mapping
from typing import Any

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.pod_parts import CHECK
from nemo_voice_operator.api.service_contract import CHECK_ARGUMENTS
from nemo_voice_operator.desired.deployment import PULL_S
from nemo_voice_operator.desired.environment import serving_environment
from nemo_voice_operator.desired.job_placement import (
    PREFERRED,
    ignored_failures,
    job_affinity,
    job_tolerations,
)
from nemo_voice_operator.desired.job_resources import job_resources
from nemo_voice_operator.desired.names import claim_label, metadata_of, preflight_name, selector_of
from nemo_voice_operator.desired.pod import (
    HOST_TOPOLOGY,
    confined_container,
    confined_pod,
    key_mounts,
    key_volumes,
    pod_metadata,
    volume_mounts,
    volumes,
    with_term,
)
from nemo_voice_operator.desired.pronunciations import pronunciation_mounts, pronunciation_volumes
from nemo_voice_operator.desired.self_test import self_test_mounts, self_test_volumes
from nemo_voice_operator.desired.tls import certificate_mounts, certificate_volumes
from nemo_voice_operator.kube.labels import CLAIM_LABEL, COMPONENT_LABEL, MANAGED_BY, PREFLIGHT
from nemo_voice_operator.kube.manifests import Json, Manifest
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import Plan


def preflight_work_name(service: VoiceService, plan: Plan, settings: OperatorSettings) -> str:
    """Returns the name of the preflight Job of what the spec asks for."""
    return preflight_name(service, _template(service, plan, settings))


def is_preflight(job: Mapping[str, Any]) -> bool:
    """Returns whether a Job is a preflight; any other of ours downloads a model."""
    labels = job["metadata"].get("labels") or {}
    return bool(labels.get(COMPONENT_LABEL) == PREFLIGHT)


def preflight_job(service: VoiceService, plan: Plan, settings: OperatorSettings) -> Manifest | None:
    """Returns the Job; None while no preflight is due."""
    if plan.preflight is None:
        return None
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata_of(service, plan.preflight, PREFLIGHT),
        "spec": {
            # A failed preflight is repeated by another Job, later.
            "backoffLimit": 0,
            # A pod whose Secret or volume cannot be mounted would wait without end or error.
            "activeDeadlineSeconds": service.spec.warmup.timeout_seconds + PULL_S,
            "podFailurePolicy": {"rules": ignored_failures(CHECK)},
            "template": _template(service, plan, settings),
        },
    }


def _template(service: VoiceService, plan: Plan, settings: OperatorSettings) -> Manifest:
    claim = plan.cache.claim if plan.cache else None
    mount_label = {CLAIM_LABEL: claim_label(claim)} if claim else {}
    return {
        # Without the VoiceService's own label: it is not one of the serving pods.
        "metadata": pod_metadata(
            service, {COMPONENT_LABEL: PREFLIGHT, **mount_label, **MANAGED_BY}
        ),
        "spec": {
            **confined_pod(service, settings),
            "restartPolicy": "Never",
            "tolerations": job_tolerations(service),
            "affinity": _affinity(service, plan),
            "containers": [_container(service, plan, settings)],
            "volumes": [
                *volumes(service, claim),
                *key_volumes(service),
                *pronunciation_volumes(service),
                *self_test_volumes(service),
                *certificate_volumes(service),
            ],
        },
    }


def _container(service: VoiceService, plan: Plan, settings: OperatorSettings) -> Manifest:
    has_claim = plan.cache is not None
    return {
        **confined_container(service, settings, CHECK),
        "args": list(CHECK_ARGUMENTS),
        # The same as of serving pods, so that an unknown variable is found before the rollout.
        "env": serving_environment(service, plan),
        "resources": job_resources(service),
        "volumeMounts": [
            *volume_mounts(service, writes_models=not has_claim),
            *key_mounts(service),
            *pronunciation_mounts(service),
            *self_test_mounts(service),
            *certificate_mounts(service),
        ],
    }


def _affinity(service: VoiceService, plan: Plan) -> Manifest:
    """Returns the affinity, with a preference for the node of a serving pod.

    That pod's GPU becomes free there, so the next pod finds its image pulled.
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
