"""Where a model comes from and where it is kept."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from nemo_voice_operator.api.base import ObjectName, Part, SecretKeyName, cel, rules
from nemo_voice_operator.api.pods import KeyOf

DEMO = "demo"
"""The checkpoints that every image carries."""


class Checkpoint(Part):
    """Where a model comes from."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            cel(
                "!has(self.revision) || !(self.source == 'demo' || self.source.contains('://'))",
                "revision is a commit, tag or branch of a Hugging Face model; "
                "a URL or demo has none. Pin a URL by sha256 instead",
            ),
            cel(
                "!has(self.sha256) || self.source != 'demo'",
                "demo ships inside the image and takes no sha256",
            ),
        )
    )

    source: Annotated[
        str,
        Field(
            min_length=1,
            max_length=1024,
            json_schema_extra=rules(
                cel(
                    "self == 'demo' || "
                    "self.matches('^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*"
                    "(/[^\\\\x00-\\\\x1f\\\\x7f/@:?#%\\\\\\\\]+)*[.]nemo$') || "
                    "self.matches('^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$') || "
                    "self.matches('^https://[^\\\\x00-\\\\x20]+[.]nemo$') || "
                    "self.matches('^file:///[^\\\\x00-\\\\x20]+[.]nemo$')",
                    "source must be demo, a Hugging Face id like nvidia/tts_en_fastpitch, a file "
                    "in a repository like owner/name/file.nemo (its revision is a field of its "
                    "own), "
                    "https://….nemo, or file:///….nemo inside the claim",
                ),
                cel(
                    "self.contains('://') || "
                    "(!self.matches('^([^/]*/)?[^/]*([.][.]|--)') && "
                    "self.split('/').all(name, !(name in ['.', '..'])))",
                    "a Hugging Face id has neither '..' nor '--', and the path of a file in it "
                    "neither '.' nor '..'",
                ),
                cel(
                    "!self.startsWith('file:///') || "
                    "(self.substring(8).split('/').all(name, !(name in ['', '.', '..'])) && "
                    "!self.matches('[?#\\\\\\\\]|%(2[eEfF]|5[cC]|7[fF]|[01])'))",
                    "a file:/// source is the plain path of a file in the claim: "
                    "without '.', '..', '//', backslashes, '?' and '#'",
                ),
            ),
        ),
    ]
    """`demo`, a Hugging Face id, or a file of several in a repository (`owner/name/file.nemo`),
    `https://….nemo`, or `file:///….nemo` for a file in the cache's claim, counted from the claim's
    root."""
    revision: (
        Annotated[
            str,
            Field(
                min_length=1,
                max_length=200,
                json_schema_extra=rules(
                    cel(
                        "self.matches('^[A-Za-z0-9_][A-Za-z0-9_./-]*$') && !self.contains('..')",
                        "revision is a commit, a tag or a branch: letters, digits, "
                        "'_', '.', '/' and '-', without '..'",
                    )
                ),
            ),
        ]
        | None
    ) = None
    """Commit, tag or branch of a Hugging Face model. Without one the newest commit is resolved once
    and kept in status; the annotation `nemo-voice.dev/refresh` with a new value asks again."""
    sha256: (
        Annotated[
            str,
            Field(
                max_length=64,
                json_schema_extra=rules(
                    cel(
                        "self.matches('^[0-9a-f]{64}$')",
                        "sha256 must be 64 hexadecimal digits in lower case",
                    )
                ),
            ),
        ]
        | None
    ) = None
    """Digest that the .nemo file must have; another file is never served."""


class SecretKey(Part):
    """A key of a Secret in the same namespace."""

    name: ObjectName
    """The Secret."""
    key: SecretKeyName = "token"
    """The key in it."""


class CaBundle(Part):
    """Certificates of authorities, as PEM, in a key of a Secret or ConfigMap."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            cel(
                "has(self.secretKeyRef) != has(self.configMapKeyRef)",
                "caBundle takes exactly one of secretKeyRef and configMapKeyRef",
            )
        )
    )

    secret_key_ref: KeyOf | None = None
    """A key of a Secret."""
    config_map_key_ref: KeyOf | None = None
    """A key of a ConfigMap."""


class Hub(Part):
    """Where Hugging Face models are downloaded from, when not from huggingface.co itself."""

    endpoint: (
        Annotated[
            str,
            Field(
                max_length=1024,
                json_schema_extra=rules(
                    cel(
                        "self.matches('^https?://[^\\\\x00-\\\\x20]+$')",
                        "endpoint must be an http(s) address without blanks",
                    )
                ),
            ),
        ]
        | None
    ) = None
    """Address of a mirror that speaks the hub's protocol."""
    token_secret_ref: SecretKey | None = None
    """Token for private models. Only the download gets it; serving pods never do."""
    ca_bundle: CaBundle | None = None
    """Certificate authorities that the download trusts besides the system's, for a mirror or a file
    server with certificates of your own. Serving pods need none: they download nothing."""


class Cache(Part):
    """The volume that keeps downloaded models. Without it, the operator creates a claim."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            cel(
                "!(has(self.claimName) && has(self.size))",
                "give claimName for a claim that exists or size for one to be created, not both",
            ),
            cel(
                "!has(self.claimName) || !(has(self.storageClassName) || has(self.accessModes))",
                "storageClassName and accessModes describe a claim to be created; "
                "an existing claim (claimName) has its own",
            ),
            cel(
                "!has(oldSelf.storageClassName) || (has(self.storageClassName) && "
                "self.storageClassName == oldSelf.storageClassName)",
                "storageClassName cannot change; create a new VoiceService or name a claim",
            ),
            cel(
                "has(self.claimName) || has(oldSelf.claimName) || "
                "(has(self.accessModes) ? self.accessModes : ['ReadWriteOnce']) == "
                "(has(oldSelf.accessModes) ? oldSelf.accessModes : ['ReadWriteOnce'])",
                "accessModes cannot change, because those of a claim cannot; "
                "create a new VoiceService or name a claim",
            ),
            cel(
                "!(has(oldSelf.size) && has(self.size)) || "
                "quantity(self.size).compareTo(quantity(oldSelf.size)) >= 0",
                "a claim can grow but not shrink",
            ),
        )
    )

    claim_name: ObjectName | None = None
    """A PersistentVolumeClaim that exists; several VoiceServices may share it."""
    size: (
        Annotated[
            str,
            Field(
                max_length=32,
                json_schema_extra=rules(
                    cel(
                        "isQuantity(self) && quantity(self).isGreaterThan(quantity('0'))",
                        "size must be a quantity like 20Gi",
                    )
                ),
            ),
        ]
        | None
    ) = None
    """Size of the claim to create, like `20Gi`. It may grow later."""
    storage_class_name: ObjectName | None = None
    """Storage class of the claim to create; without one, the cluster's default."""
    access_modes: (
        Annotated[
            list[Literal["ReadWriteOnce", "ReadWriteMany"]],
            Field(min_length=1, max_length=2),
        ]
        | None
    ) = None
    """How the claim may be mounted; `ReadWriteMany` is what pods on several nodes need. Absent:
    `ReadWriteOnce`. `ReadWriteOncePod` is refused: no pod could start, and no model be downloaded,
    beside a pod that serves."""
    retain: bool = True
    """Whether the created claim outlives the VoiceService."""
