"""The Services in front of the pods: one address for all, and one name for each by itself.

The first exists from the start, so that its address never changes.
"""

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.service_contract import PORT_NAME
from nemo_voice_operator.api.spec import container_port
from nemo_voice_operator.desired.grpc_port import grpc_pod_ports, grpc_service_ports
from nemo_voice_operator.desired.names import headless_name, metadata_of, selector_of
from nemo_voice_operator.desired.pod import plain
from nemo_voice_operator.desired.tls import http_protocol
from nemo_voice_operator.kube.labels import HEADLESS
from nemo_voice_operator.kube.manifests import Manifest
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import Plan


def serving_service(service: VoiceService, _plan: Plan, _settings: OperatorSettings) -> Manifest:
    """Returns the Service."""
    options = service.spec.service
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
            "ports": [_http_port(service, service.spec.port), *grpc_service_ports(service)],
        },
    }


def headless_service(
    service: VoiceService, _plan: Plan, _settings: OperatorSettings
) -> Manifest | None:
    """Returns the Service whose name resolves to the addresses of all ready pods.

    For clients that spread their calls themselves. They call the pods at the port that they name,
    so the ports are the pods' own. None while suspended: there are no pods to find.
    """
    if service.spec.suspend:
        return None
    options = service.spec.service
    return {
        "apiVersion": "v1",
        "kind": "Service",
        # Not one of the serving Services: a ServiceMonitor would have each pod scraped twice.
        "metadata": metadata_of(service, headless_name(service), HEADLESS),
        "spec": {
            "type": "ClusterIP",
            "clusterIP": "None",
            "ipFamilyPolicy": options.ip_family_policy,
            "ipFamilies": plain(options.ip_families),
            "selector": dict(selector_of(service)),
            "ports": [
                _http_port(service, container_port(service.spec.task)),
                *grpc_pod_ports(service),
            ],
        },
    }


def _http_port(service: VoiceService, number: int) -> Manifest:
    return {
        "name": PORT_NAME,
        "port": number,
        "targetPort": PORT_NAME,
        "appProtocol": http_protocol(service),
    }
