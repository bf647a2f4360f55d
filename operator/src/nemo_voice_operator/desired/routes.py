"""The Routes by which Gateways reach the Service: one of HTTP, and one of gRPC where it is wanted.

The Gateway API is found by discovery; without it there are none, which the status says.
"""

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.grpc_port import GRPC_PORT
from nemo_voice_operator.api.route import Hostnames, ParentRefs, Route
from nemo_voice_operator.desired.grpc_port import grpc_service_ports
from nemo_voice_operator.desired.names import labels_of, metadata_of
from nemo_voice_operator.desired.pod import plain
from nemo_voice_operator.kube.kinds import GRPC_ROUTE, HTTP_ROUTE, Kind
from nemo_voice_operator.kube.manifests import Json, Manifest
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import Capabilities, Plan


def wanted_routes(service: VoiceService) -> list[Kind]:
    """Returns the kinds of Routes that the spec asks for, whether the cluster knows them or not."""
    route = service.spec.route
    if route is None:
        return []
    return [HTTP_ROUTE, GRPC_ROUTE] if route.grpc and grpc_service_ports(service) else [HTTP_ROUTE]


def known_routes(service: VoiceService, capabilities: Capabilities) -> list[Kind]:
    """Returns those among them that the cluster knows."""
    return [kind for kind in wanted_routes(service) if capabilities.knows(kind)]


def http_route(service: VoiceService, plan: Plan, _settings: OperatorSettings) -> Manifest | None:
    """Returns the HTTPRoute; None where it is not wanted or the cluster does not know one."""
    route = service.spec.route
    if route is None or HTTP_ROUTE not in known_routes(service, plan.capabilities):
        return None
    rule: Manifest = {
        "matches": [{"path": {"type": "PathPrefix", "value": route.path or "/"}}],
        "backendRefs": _backend(service, service.spec.port),
        "timeouts": {"request": route.request_timeout} if route.request_timeout else None,
    }
    return _manifest(service, HTTP_ROUTE, route, route.hostnames, rule)


def grpc_route(service: VoiceService, plan: Plan, _settings: OperatorSettings) -> Manifest | None:
    """Returns the GRPCRoute; None where it is not wanted or the cluster does not know one."""
    route = service.spec.route
    if route is None or GRPC_ROUTE not in known_routes(service, plan.capabilities):
        return None
    own = route.grpc.hostnames if route.grpc else None
    rule: Manifest = {"backendRefs": _backend(service, GRPC_PORT)}
    return _manifest(service, GRPC_ROUTE, route, own or route.hostnames, rule)


def parents_of(route: Route, kind: Kind) -> ParentRefs:
    """Returns the references to Gateways of the Route of a kind."""
    own = route.grpc.parent_refs if route.grpc and kind is GRPC_ROUTE else None
    return own or route.parent_refs


def _manifest(
    service: VoiceService, kind: Kind, route: Route, hostnames: Hostnames | None, rule: Manifest
) -> Manifest:
    spec = service.spec
    labels = {**(spec.object_labels or {}), **(route.labels or {}), **labels_of(service)}
    annotations = {**(spec.object_annotations or {}), **(route.annotations or {})}
    return {
        "apiVersion": kind.api_version,
        "kind": kind.name,
        "metadata": {
            **metadata_of(service),
            "labels": labels,
            "annotations": annotations or None,
        },
        "spec": {
            "parentRefs": plain(parents_of(route, kind)),
            "hostnames": plain(hostnames),
            "rules": [rule],
        },
    }


def _backend(service: VoiceService, port: int) -> list[Json]:
    return [{"name": service.metadata.name, "port": port}]
