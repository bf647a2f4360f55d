"""What the operator may do in a cluster, and why: the one source of its roles.

`docs/rights.md` lists it and the chart grants it; tests run the operator under exactly this.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from nemo_voice_operator.kube.kinds import (
    CLAIM,
    CONTROLLER_REVISION,
    DEPLOYMENT,
    DISRUPTION_BUDGET,
    EVENT,
    GRPC_ROUTE,
    HTTP_ROUTE,
    JOB,
    LEASE,
    NETWORK_POLICY,
    OPTIONAL,
    OWNED,
    POD,
    SERVICE,
    SERVICE_MONITOR,
    VOICE_SERVICE,
    Kind,
)
from nemo_voice_operator.kube.leases import LEASE_NAME
from nemo_voice_operator.kube.manifests import Manifest

_READ = ("get", "list", "watch")
_WRITE = ("create", "patch", "delete")
_OWNED_FOR: Mapping[Kind, str] = {
    DEPLOYMENT: "run the pods that serve",
    SERVICE: "give the pods one address",
    CLAIM: "store a model once for all pods",
    JOB: "download a model, and try a change before pods are replaced",
    DISRUPTION_BUDGET: "let a drain evict one pod at a time",
    NETWORK_POLICY: "limit who calls the pods, and whom they call",
    CONTROLLER_REVISION: "remember the last good pod template",
    SERVICE_MONITOR: "have a Prometheus operator read the metrics",
    HTTP_ROUTE: "have a Gateway pass on HTTP and WebSockets, and learn whether it does",
    GRPC_ROUTE: "have a Gateway pass on gRPC, and learn whether it does",
}
"""What each kind of owned object is for."""


@dataclass(frozen=True, slots=True)
class Right:
    """Verbs on one resource, and what the operator needs them for."""

    group: str
    resource: str
    verbs: tuple[str, ...]
    why: str
    names: tuple[str, ...] = ()
    """The only objects that it covers; empty for all of them."""

    @property
    def rule(self) -> Manifest:
        """Itself as a rule of a Role or a ClusterRole."""
        names = {"resourceNames": list(self.names)} if self.names else {}
        return {
            "apiGroups": [self.group],
            "resources": [self.resource],
            **names,
            "verbs": list(self.verbs),
        }


def managed_rights() -> list[Right]:
    """Returns what it may do where VoiceServices are: in a namespace, or in all of them."""
    return [
        _right(VOICE_SERVICE, _READ, "learn what is wanted"),
        _right(VOICE_SERVICE, ("patch",), "report; the spec is never written", part="status"),
        _right(POD, _READ, "learn why pods are not ready, and where to ask for their load"),
        *(
            _right(kind, (*_READ, *_WRITE), _OWNED_FOR[kind])
            for kind in OWNED
            if kind not in OPTIONAL
        ),
        # An optional kind is never watched: it may not be there.
        *(_right(kind, ("get", "list", *_WRITE), _OWNED_FOR[kind]) for kind in OPTIONAL),
        # What a pod waits for, a Secret or a volume, is said by Events alone.
        _right(EVENT, ("create", "list"), "tell what changed, and learn what pods wait for"),
    ]


def own_rights(deployment: str) -> list[Right]:
    """Returns what it may do in its own namespace.

    Args:
        deployment: Name of the operator's Deployment.
    """
    return [
        _right(LEASE, ("get", "create", "update"), "have one replica lead"),
        _right(DEPLOYMENT, ("get",), "have the Lease removed with it", names=(deployment,)),
    ]


def other_rights() -> list[Right]:
    """Returns what it may do in every namespace, whatever it manages."""
    why = "learn whether another operator still manages the VoiceServices that it has claimed"
    return [_right(LEASE, ("get",), why, names=(LEASE_NAME,))]


def definition_rights() -> list[Right]:
    """Returns what `crd apply` may do, with an account of its own."""
    name = f"{VOICE_SERVICE.plural}.{VOICE_SERVICE.group}"
    return [
        Right(
            group="apiextensions.k8s.io",
            resource="customresourcedefinitions",
            verbs=("create", "patch"),
            why="bring the definition of VoiceServices to the version of the operator",
            names=(name,),
        )
    ]


def rules() -> list[Manifest]:
    """Returns the rules of its role where VoiceServices are."""
    return [right.rule for right in managed_rights()]


def own_rules(deployment: str) -> list[Manifest]:
    """Returns the rules of its role in its own namespace, where its Deployment has this name."""
    return [right.rule for right in own_rights(deployment)]


def other_rules() -> list[Manifest]:
    """Returns the rules of its role in every namespace."""
    return [right.rule for right in other_rights()]


def definition_rules() -> list[Manifest]:
    """Returns the rules of the role of `crd apply`."""
    return [right.rule for right in definition_rights()]


def _right(
    kind: Kind, verbs: tuple[str, ...], why: str, part: str = "", names: tuple[str, ...] = ()
) -> Right:
    resource = f"{kind.plural}/{part}" if part else kind.plural
    return Right(kind.group, resource, verbs, why, names)
