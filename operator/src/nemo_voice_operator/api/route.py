"""How Gateways reach the Service: what a spec says of its HTTPRoute and its GRPCRoute."""

from typing import Annotated

from pydantic import ConfigDict, Field

from nemo_voice_operator.api.base import SUBDOMAIN, ObjectName, Part, cel, most_chars, named, rules
from nemo_voice_operator.api.grpc_port import GRPC_PORT_VARIABLE
from nemo_voice_operator.api.metadata import Annotations, Labels

ROOT_PATH_VARIABLE = "NEMO_VOICE_ROOT_PATH"
"""The prefix below which a service is reached."""
ROUTE_RULES = (
    cel(
        "!has(self.route) || !has(self.route.path) || !has(self.env) || "
        f"!self.env.exists(one, one.name.upperAscii() == '{ROOT_PATH_VARIABLE}')",
        f"route.path sets {ROOT_PATH_VARIABLE}: leave it out of env",
    ),
    cel(
        "!has(self.route) || !has(self.route.grpc) || !has(self.env) || "
        f"!self.env.exists(one, one.name.upperAscii() == '{GRPC_PORT_VARIABLE}' && "
        "has(one.value) && one.value == '0')",
        f"route.grpc needs gRPC, which {GRPC_PORT_VARIABLE} turns off in env: leave one of them "
        "out",
    ),
)
"""Of a spec: what a route has in common with the environment."""
OWN_PATHS = (
    "docs",
    "healthz",
    "metrics",
    "openai",
    "openapi.json",
    "page",
    "readyz",
    "synthesize",
    "transcribe",
    "v1",
)
"""What addresses of the services begin with: they refuse a prefix of such a name."""

Hostname = Annotated[
    str,
    Field(
        min_length=1,
        max_length=253,
        json_schema_extra=named(
            "host name",
            cel(
                f"self.matches('^([*][.])?{SUBDOMAIN}$')",
                "a host name has lower-case letters, digits, hyphens and dots, as "
                "speech.example.com, or a first label * for every name below another",
            ),
        ),
    ),
]
Hostnames = Annotated[
    list[Hostname],
    Field(min_length=1, max_length=16, json_schema_extra={"x-kubernetes-list-type": "set"}),
]
RoutePath = Annotated[
    str,
    Field(
        json_schema_extra=rules(
            cel(
                "self.matches('^(/[A-Za-z0-9._~-]+)+$') && !self.matches('/[.][.]?(/|$)')",
                "path is a plain prefix like /speech or /voice/en, without a slash at its end",
            ),
            cel(
                "!self.startsWith('/') || "
                f"!(self.split('/')[1] in [{', '.join(map(repr, OWN_PATHS))}])",
                "path must not begin as the services' own addresses do, such as /v1: "
                "choose a name of your own, like /speech",
            ),
        )
        | most_chars(256)
    ),
]
Duration = Annotated[
    str,
    Field(
        json_schema_extra=rules(
            cel(
                "self.matches('^([0-9]{1,5}(h|m|s|ms)){0,4}$')",
                "requestTimeout is a duration of the Gateway API, like 0s, 90s or 1h30m",
            )
        )
        | most_chars(32)
    ),
]


class ParentRef(Part):
    """A Gateway, or one of its listeners."""

    name: ObjectName
    """The Gateway."""
    namespace: ObjectName | None = None
    """Its namespace; absent: the VoiceService's own."""
    section_name: ObjectName | None = None
    """The listener; absent: every one that admits the Route."""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """The listeners' port; absent: every one."""


ParentRefs = Annotated[
    list[ParentRef],
    Field(
        min_length=1,
        max_length=8,
        json_schema_extra=rules(
            cel(
                "self.all(one, self.exists_one(other, one == other))",
                "parentRefs names each Gateway and listener once",
            )
        ),
    ),
]


class GrpcRoute(Part):
    """How gRPC is reached.

    Of an HTTPRoute and a GRPCRoute that share a host name on one listener, a Gateway accepts one.
    """

    model_config = ConfigDict(
        json_schema_extra=rules(
            cel(
                "has(self.hostnames) || has(self.parentRefs)",
                "route.grpc needs hostnames or parentRefs of its own: a Gateway accepts only one "
                "kind of Route for a host name on one listener",
            )
        )
    )

    parent_refs: ParentRefs | None = None
    """Gateways or listeners; absent: those of the HTTPRoute."""
    hostnames: Hostnames | None = None
    """Host names; absent: those of the HTTPRoute, which then needs other listeners."""


class Route(Part):
    """An HTTPRoute, and a GRPCRoute where `grpc` is set, in front of the Service."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            cel(
                "!has(self.grpc) || has(self.grpc.parentRefs) || !has(self.hostnames) || "
                "!has(self.grpc.hostnames) || "
                "!self.grpc.hostnames.exists(name, name in self.hostnames)",
                "a Gateway accepts only one kind of Route for a host name on one listener: give "
                "route.grpc other hostnames, or parentRefs with a listener of its own",
            )
        )
    )

    parent_refs: ParentRefs
    """The Gateways that serve it."""
    hostnames: Hostnames | None = None
    """Host names of requests; absent: those of the listeners."""
    path: RoutePath | None = None
    """Prefix of the addresses, such as `/speech`, for a host that several services share; absent:
    the whole host. The pods are told, so Gateways need not rewrite it; a change replaces them."""
    request_timeout: Duration = "0s"
    """Longest time that a Gateway gives a request, its streamed response and WebSockets included;
    `0s` is without end, and empty leaves it to the Gateway."""
    grpc: GrpcRoute | None = None
    """How gRPC is reached; absent: by no Gateway. It has no path: its host names are its own."""
    labels: Labels | None = None
    """Labels of the Routes, besides `objectLabels`."""
    annotations: Annotations | None = None
    """Annotations of the Routes, besides `objectAnnotations`."""
