"""What a spec may add to the pods: volumes, mounts, and containers before and beside ours."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from nemo_voice_operator.api.base import AnyObject, Part, Text, cel, named, rules

SCRATCH, MODELS, KEYS, CA_BUNDLE, PRONUNCIATIONS, SELF_TEST, CERTIFICATE = OWN_VOLUMES = (
    "scratch",
    "models",
    "keys",
    "ca-bundle",
    "pronunciations",
    "self-test",
    "serving-certificate",
)
"""The operator's own volumes: what a pod may write, the models, the API keys, the certificate
authorities of a private mirror, the lists of pronunciations, the self-test's recording, and the
certificate of TLS."""
SERVE, FETCH, CHECK = OWN_CONTAINERS = ("serve", "fetch", "check")
"""The operator's own containers: of a serving pod, a download, and a preflight."""
OWN_PATHS = (
    "/tmp",  # noqa: S108 an emptyDir of the pod's own
    "/var/cache/nemo-voice",
    "/etc/nemo-voice",
    "/opt/nemo-voice",
    "/usr/bin",
    "/usr/lib",
    "/bin",
    "/lib",
    "/lib64",
    "/sbin",
    "/dev",
    "/proc",
    "/sys",
)
"""Folders of the services' containers that a mount must not cover: the program and its files."""

_SOURCES = (
    "configMap",
    "secret",
    "emptyDir",
    "persistentVolumeClaim",
    "projected",
    "downwardAPI",
    "csi",
    "ephemeral",
    "image",
)
PartName = Annotated[
    str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
]


def _listed_by(key: str) -> dict[str, object]:
    """Returns the mark of a list in which no two items have the same key."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]}


def _none_of(names: tuple[str, ...], message: str) -> dict[str, str]:
    return cel(f"!(self in [{', '.join(map(repr, names))}])", message)


class Volume(Part):
    """A volume of the pods. Its contents are as in a pod, and checked when the pod is applied."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            cel(
                f"[{', '.join(f'has(self.{one})' for one in _SOURCES)}].exists_one(one, one)",
                f"a volume has exactly one of {', '.join(_SOURCES)}; others, such as hostPath, "
                "reach the node",
            )
        )
    )

    name: Annotated[
        PartName,
        Field(
            json_schema_extra=rules(
                _none_of(
                    OWN_VOLUMES,
                    f"the volumes {', '.join(OWN_VOLUMES)} belong to the operator: "
                    "choose another name",
                )
            )
        ),
    ]
    """Its name; the operator's own are refused."""
    config_map: AnyObject | None = None
    """A ConfigMap."""
    secret: AnyObject | None = None
    """A Secret."""
    empty_dir: AnyObject | None = None
    """An empty folder that lives as long as the pod."""
    persistent_volume_claim: AnyObject | None = None
    """A claim."""
    projected: AnyObject | None = None
    """Several Secrets, ConfigMaps and tokens in one folder."""
    downward_api: AnyObject | None = Field(default=None, alias="downwardAPI")
    """Facts about the pod."""
    csi: AnyObject | None = None
    """A volume that a CSI driver makes for the pod, such as secrets of a vault."""
    ephemeral: AnyObject | None = None
    """A claim that is made for the pod and deleted with it."""
    image: AnyObject | None = None
    """The files of an image, where the cluster knows such volumes."""


class VolumeMount(Part):
    """Where our container of a pod sees one of `volumes`."""

    name: PartName
    """The volume."""
    mount_path: Annotated[
        str,
        Field(
            min_length=1,
            max_length=512,
            json_schema_extra=rules(
                cel(
                    "self.matches('^(/[^/:]+)+$') && !self.matches('/[.][.]?(/|$)')",
                    "mountPath must be absolute, like /etc/example, without '..' or ':' "
                    "and without a slash at its end",
                ),
                cel(
                    f"[{', '.join(map(repr, OWN_PATHS))}].all(own, self != own && "
                    "!self.startsWith(own + '/') && !own.startsWith(self + '/'))",
                    f"mountPath would cover what the service needs: {', '.join(OWN_PATHS)}",
                ),
            ),
        ),
    ]
    """The path in the container; it must neither cover nor lie below what the service needs."""
    sub_path: Annotated[str, Field(min_length=1, max_length=512)] | None = None
    """The path inside the volume; absent: its root."""
    read_only: bool | None = None
    """Whether the container may only read it."""


class Capabilities(Part):
    """Linux capabilities of a container."""

    add: Annotated[list[Literal["NET_BIND_SERVICE"]], Field(max_length=1)] | None = None
    """Those that it gets; only this one is admitted."""
    drop: Annotated[list[Text], Field(max_length=64)] | None = None
    """Those that it loses; all, whatever is written here."""


class ContainerSecurity(Part):
    """The security context of a container, within what Pod Security's `restricted` admits.

    Who may write VoiceServices could otherwise take over a node by the operator's hand.
    """

    model_config = ConfigDict(
        json_schema_extra=rules(
            cel(
                "!(has(self.privileged) && self.privileged) && "
                "!(has(self.allowPrivilegeEscalation) && self.allowPrivilegeEscalation) && "
                "!(has(self.runAsNonRoot) && !self.runAsNonRoot)",
                "containers of a VoiceService are neither privileged nor root: "
                "Pod Security's level restricted admits none",
            )
        )
    )

    run_as_user: Annotated[int, Field(ge=1)] | None = None
    """Its user; absent: the pod's."""
    run_as_group: Annotated[int, Field(ge=0)] | None = None
    """Its group; absent: the pod's."""
    run_as_non_root: bool | None = None
    """Never false."""
    read_only_root_filesystem: bool | None = None
    """Whether it may not write to its image's files."""
    allow_privilege_escalation: bool | None = None
    """Never true."""
    privileged: bool | None = None
    """Never true."""
    capabilities: Capabilities | None = None
    """Its capabilities; absent: none."""


_AS_IN_A_POD: dict[str, Any] = {"x-kubernetes-preserve-unknown-fields": True}


class PassedOn(Part):
    """A part of a pod that is passed on whole; only the fields that are limited are named here.

    Unknown fields are kept, so no field may have a second name that the definition does not check.
    """

    model_config = ConfigDict(
        extra="allow",
        populate_by_name=False,
        json_schema_extra=_AS_IN_A_POD,
    )


class ContainerPort(Part):
    """A port of a container. There is no `hostPort`: the node's ports are not the pod's."""

    container_port: Annotated[int, Field(ge=1, le=65535)]
    """Its number."""
    name: Annotated[PartName, Field(max_length=15)] | None = None
    """Its name."""
    protocol: Literal["TCP", "UDP", "SCTP"] | None = None
    """Its protocol; absent: TCP."""


class Address(PassedOn):
    """Where a probe or a hook calls."""

    host: (
        Annotated[
            str,
            Field(
                max_length=253,
                json_schema_extra=rules(
                    cel("self == ''", "probes and hooks call their own pod and no other host")
                ),
            ),
        ]
        | None
    ) = None
    """Never another host than the pod."""


class Handler(PassedOn):
    """A probe or a hook, as in a pod."""

    model_config = ConfigDict(json_schema_extra=_AS_IN_A_POD | named("probe or hook of a pod"))

    http_get: Address | None = None
    """A request over HTTP."""
    tcp_socket: Address | None = None
    """A connection."""


class Lifecycle(PassedOn):
    """Hooks of a container, as in a pod."""

    model_config = ConfigDict(json_schema_extra=_AS_IN_A_POD | named("lifecycle of a pod"))

    post_start: Handler | None = None
    """After its start."""
    pre_stop: Handler | None = None
    """Before its end."""


class ExtraContainer(PassedOn):
    """A container as in a pod, without privileges and capabilities."""

    name: Annotated[
        PartName,
        Field(
            json_schema_extra=rules(
                _none_of(
                    OWN_CONTAINERS,
                    f"the containers {', '.join(OWN_CONTAINERS)} belong to the operator: "
                    "choose another name",
                )
            )
        ),
    ]
    """Its name; the operator's own are refused."""
    image: Annotated[str, Field(min_length=1, max_length=512)]
    """Its image."""
    ports: Annotated[list[ContainerPort], Field(max_length=32)] | None = None
    """Its ports."""
    liveness_probe: Handler | None = None
    """Whether it lives. Neither a probe nor a hook may call another host: the node would do it."""
    readiness_probe: Handler | None = None
    """Whether it is ready."""
    startup_probe: Handler | None = None
    """Whether it has started."""
    lifecycle: Lifecycle | None = None
    """Its hooks."""
    security_context: ContainerSecurity | None = None
    """What it may do. Every other field is as in a pod, and checked when the pod is applied."""


Volumes = Annotated[list[Volume], Field(max_length=16, json_schema_extra=_listed_by("name"))]
VolumeMounts = Annotated[
    list[VolumeMount], Field(max_length=32, json_schema_extra=_listed_by("mountPath"))
]
ExtraContainers = Annotated[
    list[ExtraContainer], Field(max_length=8, json_schema_extra=_listed_by("name"))
]
