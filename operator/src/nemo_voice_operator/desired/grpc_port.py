"""The port of gRPC, which the services have unless `env` says otherwise."""

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.grpc_port import GRPC_PORT, GRPC_PORT_VARIABLE
from nemo_voice_operator.api.service_contract import GRPC_PORT_NAME
from nemo_voice_operator.desired.tls import grpc_protocol
from nemo_voice_operator.kube.manifests import Json, Manifest

_MAX_PORT = 65_535


def grpc_port(service: VoiceService) -> int | None:
    """Returns the port of the container; None where `env` turns gRPC off by 0.

    The default where `env` has a value that the service refuses with an error.
    """
    values = [one.value for one in service.spec.env or () if one.name.upper() == GRPC_PORT_VARIABLE]
    if not values or values[-1] is None or not values[-1].isdecimal():
        return GRPC_PORT
    port = int(values[-1])
    return port or None if port <= _MAX_PORT else GRPC_PORT


def grpc_container_ports(service: VoiceService) -> list[Json]:
    """Returns the container's port."""
    port = grpc_port(service)
    return [{"name": GRPC_PORT_NAME, "containerPort": port}] if port else []


def grpc_service_ports(service: VoiceService) -> list[Json]:
    """Returns the Service's port; none where the Service has that one for HTTP."""
    if grpc_port(service) is None or service.spec.port == GRPC_PORT:
        return []
    return [_port(service, GRPC_PORT)]


def grpc_pod_ports(service: VoiceService) -> list[Json]:
    """Returns the headless Service's port, which is the container's."""
    number = grpc_port(service)
    return [_port(service, number)] if number else []


def _port(service: VoiceService, number: int) -> Manifest:
    return {
        "name": GRPC_PORT_NAME,
        "port": number,
        "targetPort": GRPC_PORT_NAME,
        "appProtocol": grpc_protocol(service),
    }
