"""The parts of a spec that shape its pods: accelerators, resources, environment, engine."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from nemo_voice_operator.api.base import (
    ObjectName,
    Part,
    Quantity,
    Text,
    cel,
    rules,
    shown,
)

OWNED_VARIABLES = (
    "NEMO_VOICE_MODEL",
    "NEMO_VOICE_MODEL_REVISION",
    "NEMO_VOICE_MODEL_SHA256",
    "NEMO_VOICE_MODEL_CACHE",
    "NEMO_VOICE_VOCODER",
    "NEMO_VOICE_VOCODER_REVISION",
    "NEMO_VOICE_VOCODER_SHA256",
    "NEMO_VOICE_OFFLINE",
    "NEMO_VOICE_DEVICE",
    "NEMO_VOICE_HOST",
    "NEMO_VOICE_PORT",
    "NEMO_VOICE_LOG_STYLE",
    "NEMO_VOICE_API_KEYS_FILE",
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
                    "self.matches('^[a-z0-9.-]+/[A-Za-z0-9._-]+$')",
                    "resourceName must be an extended resource like nvidia.com/gpu "
                    "or nvidia.com/mig-1g.10gb",
                )
            ),
        ),
    ] = "nvidia.com/gpu"
    """The extended resource that counts them; a MIG profile works."""


class Resources(Part):
    """Compute resources of the serving container, as in a pod."""

    requests: Annotated[dict[str, Quantity], Field(max_length=16)] | None = None
    """What the scheduler sets aside."""
    limits: Annotated[dict[str, Quantity], Field(max_length=16)] | None = None
    """What it may use at most."""


class KeyOf(Part):
    """A key of a Secret or ConfigMap in the same namespace."""

    name: ObjectName
    """The Secret or ConfigMap."""
    key: Annotated[str, Field(min_length=1, max_length=253)]
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
            )
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
                    f"!(self in [{', '.join(repr(name) for name in OWNED_VARIABLES)}])",
                    "the operator sets this variable from other fields of the VoiceService",
                ),
            ),
        ),
    ]
    """Its name. Variables that other fields decide (model, device, port …) are refused."""
    value: Annotated[str, Field(max_length=4096)] | None = None
    """Its value."""
    value_from: EnvSource | None = None
    """Where its value comes from."""


class Toleration(Part):
    """A taint that the pods tolerate."""

    key: Text | None = None
    """The taint's key; absent with `Exists`: every taint."""
    operator: Literal["Exists", "Equal"] = "Equal"
    """How the key's value is compared."""
    value: Annotated[str, Field(max_length=253)] | None = None
    """The value for `Equal`."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """Which effect is tolerated; absent: every one."""
    toleration_seconds: int | None = None
    """How long a `NoExecute` taint is tolerated."""


class LocalReference(Part):
    """An object of the same namespace."""

    name: ObjectName
    """Its name."""


class Engine(Part):
    """How the model runs. What is absent is the service's own default."""

    precision: Literal["float32", "bfloat16", "float16"] | None = None
    """Number format of the heavy layers."""
    max_batch: Annotated[int, Field(ge=1, le=256)] | None = None
    """Most items in one batch."""
    max_wait_ms: Annotated[int, Field(ge=0, le=1000)] | None = None
    """How long the oldest item waits for company, in milliseconds."""
    max_queue: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    """Work that may wait or run before requests get 429: characters (tts), audio seconds (stt)."""
    threads: Annotated[int, Field(ge=1, le=256)] | None = None
    """CPU threads of one operation."""
