"""The Gateway API's own definitions on a real API server. No Gateway runs there."""

from collections.abc import Iterator
from contextlib import contextmanager

import yaml

from hack.go_programs import sources
from support.kubernetes.api_server import ApiServer
from support.kubernetes.definitions import DEFINITIONS
from support.waiting import until

_GROUP = "gateway.networking.k8s.io"
_KINDS = ("gateways", "httproutes", "grpcroutes", "backendtlspolicies")
_FILE = f"config/crd/standard/{_GROUP}_{{}}.yaml"


@contextmanager
def defined_gateways(server: ApiServer) -> Iterator[None]:
    """Makes the API server know Gateways and Routes, and forget them after the block.

    Raises:
        GoProgramsMissingError: The definitions can neither be found nor downloaded.
        TimeoutError: The API server never serves them.
    """
    folder = sources("gateway-api")
    for kind in _KINDS:
        definition = yaml.safe_load((folder / _FILE.format(kind)).read_text())
        server.send("POST", DEFINITIONS, definition)
    paths = [f"/apis/{_GROUP}/v1/{kind}" for kind in _KINDS]
    until("Gateways", lambda: all(server.http.get(path).is_success for path in paths), 30)
    yield
    for kind in _KINDS:
        server.send("DELETE", f"{DEFINITIONS}/{kind}.{_GROUP}")
    until("no Gateways", lambda: not any(server.http.get(path).is_success for path in paths), 30)
