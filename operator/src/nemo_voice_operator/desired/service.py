"""The Service in front of the pods. It exists from the start, so that its address never changes."""

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.service_contract import PORT_NAME
from nemo_voice_operator.desired.grpc_port import grpc_service_ports
from nemo_voice_operator.desired.names import metadata_of, selector_of
from nemo_voice_operator.desired.pod import plain
from nemo_voice_operator.kube.manifests import Manifest
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import Plan


def serving_service(service: VoiceService, _plan: Plan, _settings: OperatorSettings) -> Manifest:
    """Returns the Service."""
    options = service.spec.service
    port: Manifest = {
        "name": PORT_NAME,
        "port": service.spec.port,
        "targetPort": PORT_NAME,
        "appProtocol": "http",
    }
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            **metadata_of(service),
            "annotations": {
                **(service.spec.object_annotations or {}),
                **(options.annotations or {}),
            }
            or None,
        },
        "spec": {
            "type": str(options.type),
            "ipFamilyPolicy": options.ip_family_policy,
            "ipFamilies": plain(options.ip_families),
            "loadBalancerClass": options.load_balancer_class,
            "externalTrafficPolicy": options.external_traffic_policy,
            "internalTrafficPolicy": options.internal_traffic_policy,
            "trafficDistribution": options.traffic_distribution,
            "selector": dict(selector_of(service)),
            "ports": [port, *grpc_service_ports(service)],
        },
    }
