"""The parts of a spec that shape its pods: accelerators, resources, environment, engine."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from nemo_voice_operator.api.base import (
    LABEL_VALUE,
    ObjectName,
    Part,
    Quantity,
    SecretKeyName,
    cel,
    rules,
    shown,
)
from nemo_voice_operator.api.grpc_port import VARIABLE_RULE
from nemo_voice_operator.api.metadata import LabelKey, qualified

OWNED_VARIABLES = (
    "NEMO_VOICE_MODEL",
    "NEMO_VOICE_MODEL_REVISION",
    "NEMO_VOICE_MODEL_SHA256",
    "NEMO_VOICE_MODEL_CACHE",
    "NEMO_VOICE_CA_BUNDLE",
    "NEMO_VOICE_VOCODER",
    "NEMO_VOICE_VOCODER_REVISION",
    "NEMO_VOICE_VOCODER_SHA256",
    "NEMO_VOICE_OFFLINE",
    "NEMO_VOICE_DEVICE",
    "NEMO_VOICE_HOST",
    "NEMO_VOICE_PORT",
    "NEMO_VOICE_LOG_STYLE",
    "NEMO_VOICE_API_KEYS_FILE",
    "NEMO_VOICE_TLS__CERTIFICATE_FILE",
    "NEMO_VOICE_TLS__KEY_FILE",
    "NEMO_VOICE_WARMUP_TEXTS",
)
"""Environment variables that follow from other fields, which `env` must not contradict."""


class Gpu(Part):
    """Accelerators of one pod."""

    count: Annotated[int, Field(ge=0, le=16, json_schema_extra=shown())] = 1
    """How many; 0 computes on the CPU. With 1 or more, a pod that finds none fails with a message
    that names the reason."""
    resource_name: Annotated[
        str,
        Field(
            max_length=253,
            json_schema_extra=shown()
            | rules(
                cel(
                    "self.contains('/') && !self.contains('kubernetes.io/') && "
                    f"{qualified('self')}",
                    "resourceName must be an extended resource like nvidia.com/gpu "
                    "or nvidia.com/mig-1g.10gb",
                )
            ),
        ),
    ] = "nvidia.com/gpu"
    """The extended resource that counts them; a MIG profile works."""


_QUANTITIES = cel(
    "self.all(name, isQuantity(string(self[name])) && "
    "!quantity(string(self[name])).isLessThan(quantity('0')))",
    "the amount of a resource is a quantity of at least 0, like 500m, 2 or 4Gi",
)
_WHOLE = cel(
    "self.all(name, !(name.contains('/') || name.startsWith('hugepages-')) || "
    "!isQuantity(string(self[name])) || quantity(string(self[name])).isInteger())",
    "the amount of an extended resource or of huge pages is a whole number",
)
_RESOURCE_NAMES = cel(
    "self.all(name, name in ['cpu', 'memory', 'ephemeral-storage'] || "
    f"((name.startsWith('hugepages-') || name.contains('/')) && {qualified('name')}))",
    "a resource is cpu, memory, ephemeral-storage, hugepages-<size> "
    "or an extended one like vendor.example/device",
)
ResourceQuantities = Annotated[
    dict[str, Quantity],
    Field(max_length=16, json_schema_extra=rules(_RESOURCE_NAMES, _QUANTITIES, _WHOLE)),
]


class Resources(Part):
    """Compute resources of a container, as in a pod."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            cel(
                "!has(self.requests) || !has(self.limits) || "
                "self.requests.all(name, !(name in self.limits) || "
                "!isQuantity(string(self.requests[name])) || "
                "!isQuantity(string(self.limits[name])) || "
                "quantity(string(self.requests[name]))"
                ".compareTo(quantity(string(self.limits[name]))) <= 0)",
                "a request must not be greater than the limit of the same resource",
            ),
            cel(
                "!has(self.requests) || self.requests.all(name, "
                "!(name.contains('/') || name.startsWith('hugepages-')) || "
                "(has(self.limits) && name in self.limits && "
                "string(self.limits[name]) == string(self.requests[name])))",
                "an extended resource or huge pages have a limit, and a request that equals it",
            ),
        )
    )

    requests: ResourceQuantities | None = None
    """What the scheduler sets aside."""
    limits: ResourceQuantities | None = None
    """What it may use at most."""


class KeyOf(Part):
    """A key of a Secret or ConfigMap in the same namespace."""

    name: ObjectName
    """The Secret or ConfigMap."""
    key: SecretKeyName
    """The key in it."""


class EnvSource(Part):
    """Where the value of an environment variable comes from."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            cel(
                "has(self.secretKeyRef) != has(self.configMapKeyRef)",
                "valueFrom takes exactly one of secretKeyRef and configMapKeyRef",
            )
        )
    )

    secret_key_ref: KeyOf | None = None
    """A key of a Secret."""
    config_map_key_ref: KeyOf | None = None
    """A key of a ConfigMap."""


class EnvVar(Part):
    """An environment variable of the serving container."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            cel(
                "!(has(self.value) && has(self.valueFrom))",
                "an environment variable has a value or a valueFrom, not both",
            ),
            VARIABLE_RULE,
        )
    )

    name: Annotated[
        str,
        Field(
            min_length=1,
            max_length=128,
            json_schema_extra=rules(
                cel(
                    "self.matches('^[A-Za-z_][A-Za-z0-9_]*$')",
                    "an environment variable's name has letters, digits and underscores",
                ),
                cel(
                    f"!(self.upperAscii() in [{', '.join(map(repr, OWNED_VARIABLES))}])",
                    "the operator sets this variable from other fields of the VoiceService",
                ),
            ),
        ),
    ]
    """Its name. Variables that other fields decide (model, device, port …) are refused."""
    value: (
        Annotated[
            str,
            Field(
                max_length=4096,
                json_schema_extra=rules(
                    cel(
                        "!self.contains('\\u0000')",
                        "the value of an environment variable cannot have a null character",
                    )
                ),
            ),
        ]
        | None
    ) = None
    """Its value."""
    value_from: EnvSource | None = None
    """Where its value comes from."""


class Toleration(Part):
    """A taint that the pods tolerate."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            cel(
                "!(has(self.operator) && self.operator == 'Exists') || "
                "!has(self.value) || self.value == ''",
                "a toleration with operator Exists has no value",
            ),
            cel(
                "has(self.key) || (has(self.operator) && self.operator == 'Exists')",
                "a toleration without a key has the operator Exists",
            ),
            cel(
                "!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
                "tolerationSeconds need the effect NoExecute",
            ),
        )
    )

    key: LabelKey | None = None
    """The taint's key; absent with `Exists`: every taint."""
    operator: Literal["Exists", "Equal"] = "Equal"
    """How the key's value is compared."""
    value: (
        Annotated[
            str,
            Field(
                max_length=253,
                json_schema_extra=rules(
                    cel(
                        f"self.matches('^{LABEL_VALUE}$')",
                        "the value of a taint has letters, digits, '-', '_' and '.', at most 63, "
                        "and letters or digits at both ends",
                    )
                ),
            ),
        ]
        | None
    ) = None
    """The value for `Equal`."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """Which effect is tolerated; absent: every one."""
    toleration_seconds: (
        Annotated[int, Field(json_schema_extra={"minimum": 0, "maximum": 31_536_000})] | None
    ) = None
    """How long a `NoExecute` taint is tolerated."""


class LocalReference(Part):
    """An object of the same namespace."""

    name: ObjectName
    """Its name."""


ImageReference = Annotated[
    str,
    Field(
        min_length=1,
        max_length=512,
        json_schema_extra=rules(
            cel(
                "self.matches('^[A-Za-z0-9\\\\[][][A-Za-z0-9._:/@-]*$')",
                "image must be a reference like registry.example/speech/tts:1.0, without blanks",
            )
        ),
    ),
]
PullSecrets = Annotated[
    list[LocalReference],
    Field(
        max_length=16,
        json_schema_extra=rules(
            cel(
                "self.all(one, self.exists_one(other, other.name == one.name))",
                "imagePullSecrets names each Secret once",
            )
        ),
    ),
]


class Engine(Part):
    """How the model runs. What is absent is the service's own default."""

    precision: Literal["float32", "bfloat16", "float16", "int8"] | None = None
    """Number format of the heavy layers. `int8` is for stt without a GPU."""
    max_batch: Annotated[int, Field(ge=1, le=256)] | None = None
    """Most items in one batch."""
    max_wait_ms: Annotated[int, Field(ge=0, le=1000)] | None = None
    """How long the oldest item waits for company, in milliseconds."""
    max_queue: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    """Work that may wait or run before requests get 429: characters (tts), audio seconds (stt)."""
    threads: Annotated[int, Field(ge=1, le=256)] | None = None
    """CPU threads of one operation."""
    decoder: Literal["auto", "transducer", "ctc"] | None = None
    """Which decoder of a hybrid stt model is used. `ctc` is faster on a CPU, and errs more."""
    memory_fraction: Annotated[float, Field(gt=0, le=1)] | None = None
    """Largest part of a GPU's memory that one pod may take, for GPUs that several share."""
    tf32: bool | None = None
    """Whether float32 layers compute in TF32 on a GPU: faster, and less exact."""
