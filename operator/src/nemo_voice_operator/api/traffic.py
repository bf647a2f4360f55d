"""The parts of a spec that shape who reaches the pods, and whom they reach."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from nemo_voice_operator.api.base import ObjectName, Part, Text, cel, rules
from nemo_voice_operator.api.metadata import Annotations
from nemo_voice_operator.api.placement import IpBlock, Selector


class Peer(Part):
    """Who may call, or be called, as in a NetworkPolicy."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            cel(
                "has(self.ipBlock) != (has(self.namespaceSelector) || has(self.podSelector))",
                "a peer has an ipBlock, or a namespaceSelector and a podSelector or one of them",
            )
        )
    )

    namespace_selector: Selector | None = None
    """Namespaces by their labels; `{}` is every namespace."""
    pod_selector: Selector | None = None
    """Pods by their labels."""
    ip_block: IpBlock | None = None
    """Addresses outside the cluster."""


class EgressPort(Part):
    """A port that the pods may call."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            cel(
                "!has(self.endPort) || (has(self.port) && self.endPort >= self.port)",
                "endPort needs a port, and must not be less than it",
            )
        )
    )

    protocol: Literal["TCP", "UDP", "SCTP"] = "TCP"
    """Its protocol."""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Its number; absent: every port."""
    end_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Last port of a range that begins with `port`."""


class Egress(Part):
    """Whom the pods may call, as in a NetworkPolicy."""

    to: Annotated[list[Peer], Field(max_length=8)] | None = None
    """Who may be called; absent: everybody."""
    ports: Annotated[list[EgressPort], Field(max_length=16)] | None = None
    """At which ports; absent: every port."""


class Network(Part):
    """Who may call the pods, and whom they may call."""

    enabled: bool = True
    """Whether there is a NetworkPolicy at all."""
    from_: list[Peer] | None = Field(default=None, alias="from", max_length=64)
    """Who may call; absent: every pod of every namespace."""
    # Each rule of a peer counts as often as there may be peers, and the API server has a budget.
    egress: Annotated[list[Egress], Field(max_length=8)] | None = None
    """Whom the serving pods may call besides DNS, such as a sidecar's collector of traces. They
    need nobody themselves."""


class DisruptionBudget(Part):
    """How many serving pods a node drain may take at once."""

    max_unavailable: Annotated[int, Field(ge=0, le=1000)] = 1
    """Pods that may be evicted at once. With 0 a drain waits until somebody has moved the pods."""


class Tls(Part):
    """The certificate that the pods show, over HTTP and gRPC."""

    secret_name: ObjectName
    """A Secret of the same namespace and of the type `kubernetes.io/tls`, as cert-manager writes
    it: `tls.crt` is the chain, `tls.key` its key."""


class ServiceOptions(Part):
    """The Service in front of the pods."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            cel(
                "!has(self.loadBalancerClass) || (has(self.type) && self.type == 'LoadBalancer')",
                "only a Service of type LoadBalancer has a loadBalancerClass",
            ),
            cel(
                "!has(self.externalTrafficPolicy) || "
                "(has(self.type) && self.type in ['NodePort', 'LoadBalancer'])",
                "only a Service of type NodePort or LoadBalancer has an externalTrafficPolicy",
            ),
            cel(
                "!(has(self.type) && self.type == 'LoadBalancer' && "
                "has(oldSelf.type) && oldSelf.type == 'LoadBalancer') || "
                "(has(self.loadBalancerClass) ? self.loadBalancerClass : '') == "
                "(has(oldSelf.loadBalancerClass) ? oldSelf.loadBalancerClass : '')",
                "loadBalancerClass cannot change while type is LoadBalancer: "
                "make it ClusterIP in between",
            ),
            cel(
                "!has(self.ipFamilies) || !has(oldSelf.ipFamilies) || "
                "self.ipFamilies[0] == oldSelf.ipFamilies[0]",
                "the first of ipFamilies cannot change: the Service's address is of it",
            ),
            cel(
                "!has(self.ipFamilies) || size(self.ipFamilies) < 2 || "
                "(has(self.ipFamilyPolicy) && self.ipFamilyPolicy != 'SingleStack')",
                "two ipFamilies need ipFamilyPolicy PreferDualStack or RequireDualStack",
            ),
        )
    )

    type: Literal["ClusterIP", "NodePort", "LoadBalancer"] = "ClusterIP"
    """Kind of Service."""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Its port; absent: 5000 for tts, 5001 for stt."""
    app_protocol: Literal["http", "kubernetes.io/ws"] = "http"
    """What its port of HTTP says that it speaks; with `tls`, `https` or `kubernetes.io/wss`.
    `kubernetes.io/ws` is for Gateways that pass on WebSockets only to such a port, as Contour."""
    annotations: Annotations | None = None
    """Annotations of the Service."""
    ip_family_policy: Literal["SingleStack", "PreferDualStack", "RequireDualStack"] | None = None
    """Whether it has an address of one family or of both; absent: as the cluster does."""
    ip_families: (
        Annotated[
            list[Literal["IPv4", "IPv6"]],
            Field(min_length=1, max_length=2, json_schema_extra={"x-kubernetes-list-type": "set"}),
        ]
        | None
    ) = None
    """Families of its addresses, the first one first; absent: the cluster's own."""
    load_balancer_class: Text | None = None
    """Which implementation makes the load balancer; absent: the cluster's own."""
    external_traffic_policy: Literal["Cluster", "Local"] | None = None
    """Whether calls from outside go to pods of every node, or stay on the node that they reach,
    which keeps the caller's address."""
    internal_traffic_policy: Literal["Cluster", "Local"] | None = None
    """Whether calls from inside go to pods of every node or of the caller's own only."""
    traffic_distribution: Literal["PreferClose", "PreferSameZone", "PreferSameNode"] | None = None
    """Which pods calls prefer, where the cluster knows that preference."""
