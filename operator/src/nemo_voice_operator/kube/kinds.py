"""The kinds of objects that the operator reads and writes, and where the API server has them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nemo_voice_operator.api import API_VERSION, KIND, PLURAL


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of namespaced object."""

    api_version: str
    name: str
    plural: str

    @property
    def group(self) -> str:
        """Its API group; empty for the core."""
        return self.api_version.rpartition("/")[0]

    @property
    def version(self) -> str:
        """Its version without the group."""
        return self.api_version.rpartition("/")[2]

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        """Returns the path of a collection, over all namespaces without one, or of an object."""
        root = "/apis/" if self.group else "/api/"
        parts = [f"{root}{self.api_version}"]
        parts += [f"namespaces/{namespace}"] if namespace else []
        parts += [self.plural]
        parts += [name] if name else []
        return "/".join(parts)


@dataclass(frozen=True, slots=True)
class Reference:
    """Which object: its kind, namespace and name."""

    kind: Kind
    namespace: str
    name: str

    @property
    def path(self) -> str:
        """Path of the object on the API server."""
        return self.kind.path(self.namespace, self.name)


VOICE_SERVICE = Kind(API_VERSION, KIND, PLURAL)
DEPLOYMENT = Kind("apps/v1", "Deployment", "deployments")
CONTROLLER_REVISION = Kind("apps/v1", "ControllerRevision", "controllerrevisions")
SERVICE = Kind("v1", "Service", "services")
CLAIM = Kind("v1", "PersistentVolumeClaim", "persistentvolumeclaims")
POD = Kind("v1", "Pod", "pods")
JOB = Kind("batch/v1", "Job", "jobs")
DISRUPTION_BUDGET = Kind("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets")
NETWORK_POLICY = Kind("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies")
SERVICE_MONITOR = Kind("monitoring.coreos.com/v1", "ServiceMonitor", "servicemonitors")
HTTP_ROUTE = Kind("gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes")
GRPC_ROUTE = Kind("gateway.networking.k8s.io/v1", "GRPCRoute", "grpcroutes")
LEASE = Kind("coordination.k8s.io/v1", "Lease", "leases")
EVENT = Kind("events.k8s.io/v1", "Event", "events")

OPTIONAL = (SERVICE_MONITOR, HTTP_ROUTE, GRPC_ROUTE)
"""Kinds that a cluster may not know. They are never watched, but listed from time to time."""
OWNED = (
    DEPLOYMENT,
    SERVICE,
    CLAIM,
    JOB,
    DISRUPTION_BUDGET,
    NETWORK_POLICY,
    CONTROLLER_REVISION,
    *OPTIONAL,
)
"""Kinds that are applied and pruned."""
WATCHED = (VOICE_SERVICE, *(kind for kind in OWNED if kind not in OPTIONAL), POD)
"""Kinds that every cluster knows and whose changes are followed."""

_BY_NAME = {kind.name: kind for kind in (VOICE_SERVICE, *OWNED, POD, EVENT, LEASE)}


def kind_of(manifest: Mapping[str, Any]) -> Kind:
    """Returns the kind of a manifest.

    Raises:
        KeyError: It is of no kind that the operator knows.
    """
    return _BY_NAME[str(manifest["kind"])]


def reference_of(thing: Mapping[str, Any]) -> Reference:
    """Returns which object a manifest describes.

    Raises:
        KeyError: It is of no kind that the operator knows.
    """
    metadata = thing["metadata"]
    return Reference(kind_of(thing), str(metadata["namespace"]), str(metadata["name"]))
