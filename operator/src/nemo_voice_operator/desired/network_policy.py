"""The NetworkPolicy: who may call the pods; they resolve names, and call whom the spec names."""

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.spec import container_port
from nemo_voice_operator.desired.grpc_port import grpc_port
from nemo_voice_operator.desired.names import metadata_of, selector_of
from nemo_voice_operator.desired.pod import plain
from nemo_voice_operator.kube.manifests import Json, Manifest
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import Plan

_NAMESPACE_NAME = "kubernetes.io/metadata.name"
_DNS_PORTS: list[Json] = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]


def serving_policy(
    service: VoiceService, _plan: Plan, settings: OperatorSettings
) -> Manifest | None:
    """Returns the NetworkPolicy; None where it is switched off."""
    if not service.spec.network_policy.enabled:
        return None
    numbers = (container_port(service.spec.task), grpc_port(service))
    ports: list[Json] = [{"protocol": "TCP", "port": number} for number in numbers if number]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata_of(service),
        "spec": {
            "podSelector": {"matchLabels": dict(selector_of(service))},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": _callers(service, settings), "ports": ports}],
            # To anywhere: node-local DNS has an address of the node.
            "egress": [{"ports": list(_DNS_PORTS)}, *_more_egress(service)],
        },
    }


def _more_egress(service: VoiceService) -> list[Json]:
    return [
        rule.model_dump(by_alias=True, exclude_none=True)
        for rule in service.spec.network_policy.egress or ()
    ]


def _callers(service: VoiceService, settings: OperatorSettings) -> Json:
    """Returns the spec's callers, the operator and Prometheus; None stands for everybody.

    A Service with a port to the outside may be called from there unless the spec names callers.
    """
    callers = service.spec.network_policy.from_
    if callers is None:
        is_inside = service.spec.service.type == "ClusterIP"
        return [{"namespaceSelector": {}}] if is_inside else None
    reserved = dict.fromkeys((settings.namespace, settings.monitoring_namespace))
    return [*map(plain, callers), *map(_namespace, reserved)]


def _namespace(name: str) -> Manifest:
    return {"namespaceSelector": {"matchLabels": {_NAMESPACE_NAME: name}}}
