"""The Deployment of the serving pods: which template, how many, how a change reaches them."""

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.desired.container import grace_s, serving_container
from nemo_voice_operator.desired.names import (
    claim_label,
    labels_of,
    metadata_of,
    selector_of,
    with_digest,
)
from nemo_voice_operator.desired.pod import (
    HOST_TOPOLOGY,
    confined_pod,
    key_volumes,
    near_claim,
    plain,
    pod_metadata,
    volumes,
)
from nemo_voice_operator.desired.pronunciations import pronunciation_volumes
from nemo_voice_operator.desired.self_test import self_test_volumes
from nemo_voice_operator.desired.tls import certificate_volumes
from nemo_voice_operator.kube.labels import CLAIM_LABEL
from nemo_voice_operator.kube.manifests import Json, Manifest
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import Plan

PULL_S = 600
"""To find a node and pull an image of eight gigabytes, before the warm-up begins."""
_KEPT_REPLICA_SETS = 2
"""A few to inspect; a rollback uses the operator's own copy of the last good template."""


def serving_deployment(
    service: VoiceService, plan: Plan, settings: OperatorSettings
) -> Manifest | None:
    """Returns the Deployment; None before there ever was a verified model to serve."""
    template = pod_template(service, plan, settings) if plan.serves else plan.kept_template
    if template is None:
        return None
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata_of(service),
        "spec": {
            "replicas": plan.replicas,
            "revisionHistoryLimit": _KEPT_REPLICA_SETS,
            "progressDeadlineSeconds": service.spec.warmup.timeout_seconds + PULL_S,
            "selector": {"matchLabels": dict(selector_of(service))},
            "strategy": _strategy(service),
            "template": template,
        },
    }


def pod_template(service: VoiceService, plan: Plan, settings: OperatorSettings) -> Manifest:
    """Returns the template of the pods that the spec asks for."""
    spec = service.spec
    claim = plan.cache.claim if plan.cache else None
    mount_label = {CLAIM_LABEL: claim_label(claim)} if claim else {}
    template: Manifest = {
        "metadata": pod_metadata(service, {**labels_of(service), **mount_label}),
        "spec": {
            **confined_pod(service, settings),
            "runtimeClassName": spec.runtime_class_name,
            "tolerations": plain(spec.tolerations),
            "affinity": _affinity(service, plan),
            "topologySpreadConstraints": _spread(service),
            "terminationGracePeriodSeconds": grace_s(service),
            "containers": [serving_container(service, plan, settings, has_claim=bool(claim))],
            "volumes": [
                *volumes(service, claim),
                *key_volumes(service),
                *pronunciation_volumes(service),
                *self_test_volumes(service),
                *certificate_volumes(service),
            ],
        },
    }
    return with_digest(template)


def _strategy(service: VoiceService) -> Manifest:
    """Returns how pods are exchanged, always one by one.

    A surge takes one spare GPU and never more: pods that wait for a GPU would make an autoscaler
    buy nodes for the minutes of a rollout, and a bad image would be started many times over.
    """
    surges = service.spec.rollout.strategy == "surge"
    counts: Manifest = {"maxSurge": int(surges), "maxUnavailable": int(not surges)}
    return {"type": "RollingUpdate", "rollingUpdate": counts}


def _affinity(service: VoiceService, plan: Plan) -> Json:
    affinity: Manifest = dict(service.spec.affinity or {})
    if plan.cache and plan.cache.single_node:
        affinity = near_claim(affinity, plan.cache.claim)
    return affinity or None


def _spread(service: VoiceService) -> Json:
    """Returns the spec's constraints, else a preference for different nodes within a rollout."""
    return plain(service.spec.topology_spread_constraints) or [
        {
            "maxSkew": 1,
            "topologyKey": HOST_TOPOLOGY,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": dict(selector_of(service))},
            "matchLabelKeys": ["pod-template-hash"],
        }
    ]
